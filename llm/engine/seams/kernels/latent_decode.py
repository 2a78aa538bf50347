"""Decode attention over pages of latents (MLA, absorbed): all heads of a sequence read the same latents.

Latents are both keys and values, so a tile is read once and used twice. INT8 latents are dequantized in
registers, 64 to a scale; that costs about 4 instructions a number, a third of what an H100 has time for
while the 672 bytes of a token arrive. The rotated part of the keys is never quantized.
"""

import triton
import triton.language as tl
from torch import Tensor

from llm.engine.seams.kernels.product import LEAST_EDGE, product
from llm.engine.seams.kernels.split import LOG2_E, Parts, count_parts, merge
from llm.engine.seams.ops import AttentionRule
from llm.engine.tensors.batch import DecodeRows
from llm.engine.tensors.store import KvStream

# 32 tokens of 512 latents are 32 KiB in bfloat16; the sums of 16 heads take another 64 registers of each
# of 128 threads. More heads or tokens would spill.
_TILE = 32
_HEADS = 16


def can_attend(latents: KvStream) -> bool:
    """Whether the kernel takes latents of this width: a power of two, as every published one (512)."""
    width = latents.layout.width
    return width >= LEAST_EDGE and width & (width - 1) == 0


def attend_latents(
    query: Tensor,
    latents: KvStream,
    rotated: KvStream,
    rows: DecodeRows,
    rule: AttentionRule,
    processors: int,
) -> Tensor:
    """Return `(b, h, r)`: as `TorchOps.attend_latents`."""
    batch, heads, _ = query.shape
    width, rotary, page_tokens = latents.layout.width, rotated.layout.width, latents.payload.shape[1]
    blocks = -(-heads // _HEADS)
    most = rows.pages.shape[1] * page_tokens
    parts = count_parts(batch * blocks, min(most, rule.window or most), _TILE, processors)
    left = Parts.empty(batch, heads, parts, width, query.device)
    _attend_part[(parts, blocks, batch)](
        query, latents.payload, latents.scales, rotated.payload, rows.pages, rows.lengths,
        left.weighed, left.peaks, left.sums,
        query.stride(0), query.stride(1), rows.pages.stride(0), rule.scaling * LOG2_E,
        PARTS=parts, HEADS=heads, WIDTH=width, ROTARY=rotary, PAGE_TOKENS=page_tokens,
        WINDOW=rule.window or 0, GROUPS=width // latents.layout.group if latents.quantized else 0,
        TILE=_TILE, MEMBERS=_HEADS, PADDED_ROTARY=max(LEAST_EDGE, triton.next_power_of_2(rotary)),
        num_warps=4, num_stages=2,
    )  # fmt: skip
    return merge(left, rule.sinks, query.dtype)


@triton.jit
def _attend_part(
    query, latents, scales, rotated, tables, lengths, weighed, peaks, sums,
    row_stride, head_stride, table_stride, scaling,
    PARTS: tl.constexpr, HEADS: tl.constexpr, WIDTH: tl.constexpr, ROTARY: tl.constexpr,
    PAGE_TOKENS: tl.constexpr, WINDOW: tl.constexpr, GROUPS: tl.constexpr, TILE: tl.constexpr,
    MEMBERS: tl.constexpr, PADDED_ROTARY: tl.constexpr,
):  # fmt: skip
    part, block, row = tl.program_id(0), tl.program_id(1), tl.program_id(2)
    length = tl.load(lengths + row).to(tl.int32)
    first = length * 0
    if WINDOW:
        first = tl.maximum(length - WINDOW, 0)
    share = tl.cdiv(tl.cdiv(length - first, PARTS), TILE) * TILE
    start = first + part * share
    stop = tl.minimum(start + share, length)

    heads = block * MEMBERS + tl.arange(0, MEMBERS)
    real = heads < HEADS
    columns, rotary = tl.arange(0, WIDTH), tl.arange(0, PADDED_ROTARY)
    turned = rotary < ROTARY
    asked_at = query + row * row_stride + heads[:, None] * head_stride
    asked = tl.load(asked_at + columns[None, :], mask=real[:, None], other=0.0)
    asked_rotary = tl.load(
        asked_at + WIDTH + rotary[None, :], mask=real[:, None] & turned[None, :], other=0.0
    )

    peak = tl.full((MEMBERS,), float("-inf"), tl.float32)
    total = tl.zeros((MEMBERS,), tl.float32)
    result = tl.zeros((MEMBERS, WIDTH), tl.float32)
    for begin in range(start, stop, TILE):
        positions = begin + tl.arange(0, TILE)
        known = positions < stop
        pages = tl.load(tables + row * table_stride + positions // PAGE_TOKENS, mask=known, other=0)
        slots = pages.to(tl.int64) * PAGE_TOKENS + positions % PAGE_TOKENS
        latent = tl.load(latents + slots[:, None] * WIDTH + columns[None, :], mask=known[:, None], other=0.0)
        if GROUPS:
            groups = tl.arange(0, GROUPS)
            scale = tl.load(
                scales + slots[:, None] * GROUPS + groups[None, :], mask=known[:, None], other=0.0
            )
            numbers = tl.reshape(latent.to(tl.float32), (TILE, GROUPS, WIDTH // GROUPS))
            latent = tl.reshape(numbers * scale[:, :, None], (TILE, WIDTH))
        latent = latent.to(asked.dtype)
        keys = tl.load(
            rotated + slots[None, :] * ROTARY + rotary[:, None],
            mask=known[None, :] & turned[:, None], other=0.0,
        )  # fmt: skip
        scores = product(asked, tl.trans(latent), tl.zeros((MEMBERS, TILE), tl.float32))
        scores = product(asked_rotary, keys, scores)
        scores = tl.where(known[None, :], scores * scaling, float("-inf"))
        new_peak = tl.maximum(peak, tl.max(scores, 1))
        decay = tl.exp2(peak - new_peak)
        weights = tl.exp2(scores - new_peak[:, None])
        total = total * decay + tl.sum(weights, 1)
        result = product(weights.to(asked.dtype), latent, result * decay[:, None])
        peak = new_peak

    entry = ((row * HEADS + heads) * PARTS + part).to(tl.int64)
    tl.store(peaks + entry, peak, mask=real)
    tl.store(sums + entry, total, mask=real)
    tl.store(weighed + entry[:, None] * WIDTH + columns[None, :], result, mask=real[:, None])
