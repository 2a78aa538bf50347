"""The chosen experts of a small batch: gate, up and activation in one product, then down, then the sum.

In a small batch an expert has a handful of rows, so the time of a step is that of reading the weights: a
program reads a strip of one expert's output columns and multiplies it with all of that expert's rows.
An expert without rows costs an empty program. Routing changes only the contents of tensors, not their
shapes, so a recorded graph stays valid; and no sum depends on the order of programs.
"""

from dataclasses import dataclass

import torch
import triton
import triton.language as tl
from torch import Tensor

from llm.engine.seams.experts import StoredWeights
from llm.engine.seams.kernels.product import LEAST_EDGE, product
from llm.engine.seams.kernels.routing import route


@dataclass(frozen=True, slots=True, kw_only=True)
class _Tiling:
    rows: int  # of an expert, multiplied at once
    columns: int  # of output, one program's strip
    depth: int  # numbers of a row and of a column that are multiplied in one stage
    stages: int  # of weights under way at once


def _tiling(pairs: int, experts: int, element_bytes: int) -> _Tiling:
    """Return the tiles of one program.

    Few rows: 16 rows are one matrix instruction. A strip of 32 columns, 256 bytes deep, is 8 KiB a
    stage, 16 KiB for gate and up together; four stages are 64 KiB, three programs to a processor: 144 KiB
    in flight. Eight experts of Qwen3's shape at batch 1 make 192 strips of gate and up for 132
    processors. Many rows an expert: larger tiles, because then the products take the time.
    """
    each = triton.next_power_of_2(max(1, 2 * pairs // experts))
    if each <= 2 * LEAST_EDGE:
        return _Tiling(rows=max(LEAST_EDGE, each), columns=32, depth=256 // element_bytes, stages=4)
    return _Tiling(rows=64, columns=64, depth=128 // element_bytes, stages=3)


def fused_experts(
    hidden: Tensor, chosen: Tensor, weights: Tensor, gate_up: StoredWeights, down: StoredWeights
) -> Tensor:
    """Return `(t, d)`: the weighted sum of the chosen experts' `(t, k)` outputs for `hidden` `(t, d)`.

    `gate_up` is `(e, 2 i, d)`, the gates first, activated by SiLU; `down` `(e, d, i)`.
    """
    tokens, width = hidden.shape
    experts, inner = len(down.numbers), down.numbers.shape[2]
    pairs, each = chosen.numel(), chosen.shape[1]
    order, begins = route(chosen, experts)
    tiling = _tiling(pairs, experts, gate_up.numbers.element_size())
    edges = {
        "ROWS": tiling.rows, "COLUMNS": tiling.columns, "DEPTH": tiling.depth, "num_warps": 4,
        "num_stages": tiling.stages,
    }  # fmt: skip
    hidden, chosen, weights = hidden.contiguous(), chosen.contiguous(), weights.contiguous()
    middle = torch.empty(pairs, inner, dtype=hidden.dtype, device=hidden.device)
    _gate_up[(triton.cdiv(inner, tiling.columns), experts)](
        hidden, gate_up.numbers, gate_up.scales, order, begins, middle,
        EACH=each, WIDTH=width, INNER=inner, SCALED=gate_up.scales is not None, **edges,
    )  # fmt: skip
    products = torch.empty(pairs, width, dtype=torch.float32, device=hidden.device)
    _down[(triton.cdiv(width, tiling.columns), experts)](
        middle, down.numbers, down.scales, order, begins, products,
        WIDTH=width, INNER=inner, SCALED=down.scales is not None, **edges,
    )  # fmt: skip
    output = torch.empty_like(hidden)
    block = min(1024, triton.next_power_of_2(width))
    _weighted_sum[(triton.cdiv(width, block), tokens)](
        products, chosen, weights, output, experts, EACH=each, WIDTH=width, BLOCK=block, num_warps=4
    )
    return output


@triton.jit
def _gate_up(
    hidden, gate_up, scales, order, begins, middle,
    EACH: tl.constexpr, WIDTH: tl.constexpr, INNER: tl.constexpr, SCALED: tl.constexpr,
    ROWS: tl.constexpr, COLUMNS: tl.constexpr, DEPTH: tl.constexpr,
):  # fmt: skip
    expert = tl.program_id(1).to(tl.int64)
    columns = tl.program_id(0) * COLUMNS + tl.arange(0, COLUMNS)
    inside = columns < INNER
    begin, end = tl.load(begins + expert), tl.load(begins + expert + 1)
    gate_rows = gate_up + (expert * 2 * INNER + columns)[None, :] * WIDTH
    for first in range(begin, end, ROWS):
        places = first + tl.arange(0, ROWS)
        live = places < end
        tokens = tl.load(order + places, mask=live, other=0) // EACH
        gate = tl.zeros((ROWS, COLUMNS), tl.float32)
        up = tl.zeros((ROWS, COLUMNS), tl.float32)
        for at in range(0, WIDTH, DEPTH):
            depth = at + tl.arange(0, DEPTH)
            deep = depth < WIDTH
            taken = tl.load(
                hidden + tokens[:, None].to(tl.int64) * WIDTH + depth[None, :],
                mask=live[:, None] & deep[None, :], other=0.0,
            )  # fmt: skip
            wanted = inside[None, :] & deep[:, None]
            gate_part = tl.load(gate_rows + depth[:, None], mask=wanted, other=0.0)
            up_part = tl.load(gate_rows + INNER * WIDTH + depth[:, None], mask=wanted, other=0.0)
            gate = product(taken, gate_part, gate)
            up = product(taken, up_part, up)
        if SCALED:
            row = scales + expert * 2 * INNER + columns
            gate *= tl.load(row, mask=inside, other=0.0)[None, :]
            up *= tl.load(row + INNER, mask=inside, other=0.0)[None, :]
        activated = gate * tl.sigmoid(gate) * up
        tl.store(
            middle + places[:, None].to(tl.int64) * INNER + columns[None, :],
            activated.to(middle.dtype.element_ty), mask=live[:, None] & inside[None, :],
        )  # fmt: skip


@triton.jit
def _down(
    middle, down, scales, order, begins, products,
    WIDTH: tl.constexpr, INNER: tl.constexpr, SCALED: tl.constexpr,
    ROWS: tl.constexpr, COLUMNS: tl.constexpr, DEPTH: tl.constexpr,
):  # fmt: skip
    expert = tl.program_id(1).to(tl.int64)
    columns = tl.program_id(0) * COLUMNS + tl.arange(0, COLUMNS)
    inside = columns < WIDTH
    begin, end = tl.load(begins + expert), tl.load(begins + expert + 1)
    strip = down + (expert * WIDTH + columns)[None, :] * INNER
    for first in range(begin, end, ROWS):
        places = first + tl.arange(0, ROWS)
        live = places < end
        result = tl.zeros((ROWS, COLUMNS), tl.float32)
        for at in range(0, INNER, DEPTH):
            depth = at + tl.arange(0, DEPTH)
            deep = depth < INNER
            taken = tl.load(
                middle + places[:, None].to(tl.int64) * INNER + depth[None, :],
                mask=live[:, None] & deep[None, :], other=0.0,
            )  # fmt: skip
            part = tl.load(strip + depth[:, None], mask=inside[None, :] & deep[:, None], other=0.0)
            result = product(taken, part, result)
        if SCALED:
            result *= tl.load(scales + expert * WIDTH + columns, mask=inside, other=0.0)[None, :]
        pairs = tl.load(order + places, mask=live, other=0).to(tl.int64)
        tl.store(
            products + pairs[:, None] * WIDTH + columns[None, :], result,
            mask=live[:, None] & inside[None, :],
        )  # fmt: skip


@triton.jit
def _weighted_sum(
    products, chosen, weights, output, experts, EACH: tl.constexpr, WIDTH: tl.constexpr, BLOCK: tl.constexpr
):
    token = tl.program_id(1).to(tl.int64)
    columns = tl.program_id(0) * BLOCK + tl.arange(0, BLOCK)
    inside = columns < WIDTH
    total = tl.zeros((BLOCK,), tl.float32)
    for place in range(EACH):
        pair = token * EACH + place
        here = tl.load(chosen + pair) < experts  # others hold the experts of the rest
        share = tl.load(weights + pair).to(tl.float32)
        values = tl.load(products + pair * WIDTH + columns, mask=inside, other=0.0)
        total += tl.where(here, share * values, 0.0)
    tl.store(output + token * WIDTH + columns, total.to(output.dtype.element_ty), mask=inside)
