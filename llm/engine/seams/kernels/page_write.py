"""Writes new keys and values into pages, quantized if the pages are: one launch for both streams of a layer.

A program writes one token's entry of one head in both streams. Rounding is to the nearest, ties to
even, and the division is exact, so that pages hold the same bytes as the reference writes.
"""

import triton
import triton.language as tl
from torch import Tensor

from llm.engine.tensors.store import INT8_MAX, SMALLEST_SCALE, KvStream


def write_pages(streams: tuple[KvStream, KvStream], slots: Tensor, states: tuple[Tensor, Tensor]) -> None:
    """Write both streams' `(t, k, d)` into `slots` `(t,)`: as `TorchOps.write`."""
    (first, second), (keys, values) = streams, states
    _write[(len(slots), keys.shape[1])](
        keys, first.payload, first.scales, values, second.payload, second.scales, slots,
        keys.stride(0), keys.stride(1), values.stride(0), values.stride(1),
        HEADS=keys.shape[1], **_shape("FIRST", first), **_shape("SECOND", second),
        MOST=INT8_MAX, LEAST=SMALLEST_SCALE, num_warps=1,
    )  # fmt: skip


def can_write(states: tuple[Tensor, Tensor]) -> bool:
    """Whether the kernel takes these states: equal numbers of heads, the last dimension contiguous."""
    keys, values = states
    return keys.shape[1] == values.shape[1] and keys.stride(-1) == values.stride(-1) == 1


def _shape(name: str, stream: KvStream) -> dict[str, int]:
    group = stream.layout.group if stream.quantized else stream.layout.width
    return {
        f"{name}_GROUPS": triton.next_power_of_2(stream.layout.width // group),
        f"{name}_GROUP": group,
        f"{name}_PADDED": triton.next_power_of_2(group),
        f"{name}_WIDTH": stream.layout.width,
        f"{name}_QUANTIZED": stream.quantized,
    }


@triton.jit
def _write(
    keys, key_pages, key_scales, values, value_pages, value_scales, slots,
    key_stride, key_head_stride, value_stride, value_head_stride,
    HEADS: tl.constexpr,
    FIRST_GROUPS: tl.constexpr, FIRST_GROUP: tl.constexpr, FIRST_PADDED: tl.constexpr,
    FIRST_WIDTH: tl.constexpr, FIRST_QUANTIZED: tl.constexpr,
    SECOND_GROUPS: tl.constexpr, SECOND_GROUP: tl.constexpr, SECOND_PADDED: tl.constexpr,
    SECOND_WIDTH: tl.constexpr, SECOND_QUANTIZED: tl.constexpr,
    MOST: tl.constexpr, LEAST: tl.constexpr,
):  # fmt: skip
    token, head = tl.program_id(0).to(tl.int64), tl.program_id(1)
    place = tl.load(slots + token).to(tl.int64) * HEADS + head
    _write_entry(
        keys + token * key_stride + head * key_head_stride, key_pages, key_scales, place,
        FIRST_GROUPS, FIRST_GROUP, FIRST_PADDED, FIRST_WIDTH, FIRST_QUANTIZED, MOST, LEAST,
    )  # fmt: skip
    _write_entry(
        values + token * value_stride + head * value_head_stride, value_pages, value_scales, place,
        SECOND_GROUPS, SECOND_GROUP, SECOND_PADDED, SECOND_WIDTH, SECOND_QUANTIZED, MOST, LEAST,
    )  # fmt: skip


@triton.jit
def _write_entry(
    source, pages, scales, place,
    GROUPS: tl.constexpr, GROUP: tl.constexpr, PADDED: tl.constexpr, WIDTH: tl.constexpr,
    QUANTIZED: tl.constexpr, MOST: tl.constexpr, LEAST: tl.constexpr,
):  # fmt: skip
    groups, columns = tl.arange(0, GROUPS), tl.arange(0, PADDED)
    inside = (groups[:, None] * GROUP < WIDTH) & (columns[None, :] < GROUP)
    offsets = groups[:, None] * GROUP + columns[None, :]
    numbers = tl.load(source + offsets, mask=inside, other=0.0)
    if QUANTIZED:
        exact = numbers.to(tl.float32)
        scale = tl.maximum(tl.div_rn(tl.max(tl.abs(exact), 1), tl.full((GROUPS,), MOST, tl.float32)), LEAST)
        tl.store(scales + place * (WIDTH // GROUP) + groups, scale, mask=groups * GROUP < WIDTH)
        quotient = tl.div_rn(exact, tl.broadcast_to(scale[:, None], (GROUPS, PADDED)))
        # 1.5 x 2^23: the sum has no bits for a fraction, so the addition itself rounds to even.
        rounded = (quotient + 12582912.0) - 12582912.0
        tl.store(pages + place * WIDTH + offsets, rounded.to(tl.int8), mask=inside)
    else:
        tl.store(pages + place * WIDTH + offsets, numbers.to(pages.dtype.element_ty), mask=inside)
