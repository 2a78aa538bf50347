"""Decode attention over pages of keys and values (grouped-query attention).

A program computes one part of one sequence's tokens for one key head, with all query heads that share it,
so that a key is read once. INT8 pages are multiplied without dequantizing: integers up to 127 are exact
in bfloat16. A key's scale is folded into its score, a value's into its weight.
"""

import triton
import triton.language as tl
from torch import Tensor

from llm.engine.seams.kernels.product import LEAST_EDGE, product
from llm.engine.seams.kernels.split import LOG2_E, Parts, count_parts, merge
from llm.engine.seams.ops import AttentionRule
from llm.engine.tensors.batch import DecodeRows
from llm.engine.tensors.store import KvStream

# Bytes of keys that a program has under way in one stage: 16 KiB, and as many of values. Two stages are
# 64 KiB, three programs to a processor: 96 KiB in flight, where 3.35 TB/s x 700 ns / 132 need 18 KiB.
_TILE_BYTES = 16 * 1024
_LONGEST_TILE = 128


def tile_tokens(stream: KvStream) -> int:
    """Return the tokens of one tile, a power of two: 64 at 128 numbers in bfloat16, 128 in INT8."""
    row = stream.layout.width * stream.payload.element_size()
    tokens = _TILE_BYTES // triton.next_power_of_2(row)
    return int(max(LEAST_EDGE, min(_LONGEST_TILE, tokens)))


def attend_pages(
    query: Tensor, keys: KvStream, values: KvStream, rows: DecodeRows, rule: AttentionRule, processors: int
) -> Tensor:
    """Return `(b, h, d)`: as `TorchOps.attend_pages`."""
    query = query if query.stride(-1) == 1 else query.contiguous()
    batch, heads, width = query.shape
    key_heads, page_tokens = keys.layout.heads, keys.payload.shape[1]
    most = rows.pages.shape[1] * page_tokens
    tile = tile_tokens(keys)
    parts = count_parts(batch * key_heads, min(most, rule.window or most), tile, processors)
    left = Parts.empty(batch, heads, parts, values.layout.width, query.device)
    _attend_part[(parts, key_heads, batch)](
        query, keys.payload, keys.scales, values.payload, values.scales, rows.pages, rows.lengths,
        left.weighed, left.peaks, left.sums,
        query.stride(0), query.stride(1), rows.pages.stride(0), rule.scaling * LOG2_E,
        PARTS=parts, HEADS=heads, KEY_HEADS=key_heads, WIDTH=width, VALUE_WIDTH=values.layout.width,
        PAGE_TOKENS=page_tokens, WINDOW=rule.window or 0, QUANTIZED=keys.quantized, TILE=tile,
        MEMBERS=max(LEAST_EDGE, triton.next_power_of_2(heads // key_heads)),
        PADDED_WIDTH=max(LEAST_EDGE, triton.next_power_of_2(width)),
        PADDED_VALUE_WIDTH=max(LEAST_EDGE, triton.next_power_of_2(values.layout.width)),
        num_warps=4, num_stages=2,
    )  # fmt: skip
    return merge(left, rule.sinks, query.dtype)


@triton.jit
def _attend_part(
    query, keys, key_scales, values, value_scales, tables, lengths, weighed, peaks, sums,
    row_stride, head_stride, table_stride, scaling,
    PARTS: tl.constexpr, HEADS: tl.constexpr, KEY_HEADS: tl.constexpr, WIDTH: tl.constexpr,
    VALUE_WIDTH: tl.constexpr, PAGE_TOKENS: tl.constexpr, WINDOW: tl.constexpr, QUANTIZED: tl.constexpr,
    TILE: tl.constexpr, MEMBERS: tl.constexpr, PADDED_WIDTH: tl.constexpr, PADDED_VALUE_WIDTH: tl.constexpr,
):  # fmt: skip
    part, key_head, row = tl.program_id(0), tl.program_id(1), tl.program_id(2)
    length = tl.load(lengths + row).to(tl.int32)
    first = length * 0
    if WINDOW:
        first = tl.maximum(length - WINDOW, 0)
    share = tl.cdiv(tl.cdiv(length - first, PARTS), TILE) * TILE
    start = first + part * share
    stop = tl.minimum(start + share, length)

    group: tl.constexpr = HEADS // KEY_HEADS
    members = tl.arange(0, MEMBERS)
    heads = key_head * group + members
    columns, value_columns = tl.arange(0, PADDED_WIDTH), tl.arange(0, PADDED_VALUE_WIDTH)
    inside, value_inside = columns < WIDTH, value_columns < VALUE_WIDTH
    real = members < group
    asked = tl.load(
        query + row * row_stride + heads[:, None] * head_stride + columns[None, :],
        mask=real[:, None] & inside[None, :], other=0.0,
    )  # fmt: skip

    peak = tl.full((MEMBERS,), float("-inf"), tl.float32)
    total = tl.zeros((MEMBERS,), tl.float32)
    result = tl.zeros((MEMBERS, PADDED_VALUE_WIDTH), tl.float32)
    for begin in range(start, stop, TILE):
        positions = begin + tl.arange(0, TILE)
        known = positions < stop
        pages = tl.load(tables + row * table_stride + positions // PAGE_TOKENS, mask=known, other=0)
        places = (pages.to(tl.int64) * PAGE_TOKENS + positions % PAGE_TOKENS) * KEY_HEADS + key_head
        key = tl.load(
            keys + places[None, :] * WIDTH + columns[:, None],
            mask=known[None, :] & inside[:, None], other=0.0,
        )  # fmt: skip
        scores = product(asked, key, tl.zeros((MEMBERS, TILE), tl.float32)) * scaling
        if QUANTIZED:
            scores *= tl.load(key_scales + places, mask=known, other=0.0)[None, :]
        scores = tl.where(known[None, :], scores, float("-inf"))
        new_peak = tl.maximum(peak, tl.max(scores, 1))
        decay = tl.exp2(peak - new_peak)
        weights = tl.exp2(scores - new_peak[:, None])
        total = total * decay + tl.sum(weights, 1)
        if QUANTIZED:
            weights *= tl.load(value_scales + places, mask=known, other=0.0)[None, :]
        value = tl.load(
            values + places[:, None] * VALUE_WIDTH + value_columns[None, :],
            mask=known[:, None] & value_inside[None, :], other=0.0,
        )  # fmt: skip
        result = product(weights.to(asked.dtype), value, result * decay[:, None])
        peak = new_peak

    entry = ((row * HEADS + heads) * PARTS + part).to(tl.int64)
    tl.store(peaks + entry, peak, mask=real)
    tl.store(sums + entry, total, mask=real)
    tl.store(
        weighed + entry[:, None] * VALUE_WIDTH + value_columns[None, :], result,
        mask=real[:, None] & value_inside[None, :],
    )  # fmt: skip
