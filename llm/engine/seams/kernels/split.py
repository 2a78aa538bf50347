"""Split attention: each sequence's tokens are divided among programs, whose results are merged.

A part keeps its weighted sum of values, not yet normalized, with its highest score and the sum of its
weights; parts merge exactly (Milakov and Gimelshein, 2018, section 3.1). Scores are kept as powers of
two: one instruction instead of two.
"""

from dataclasses import dataclass

import torch
import triton
import triton.language as tl
from torch import Tensor

LOG2_E = 1.4426950408889634
# With more parts, writing and merging them costs more than the better balance saves: at one sequence of
# Qwen3's shape, 32 parts write and read 1.0 MiB a layer beside 4 MiB of keys and values at 2,048 tokens.
_MOST_PARTS = 32
# Programs that run at once on each processor of an H100: a tile's two stages take 64 of its 228 KiB of
# shared memory. Fewer programs do not keep the memory busy.
_RESIDENT = 3


@dataclass(frozen=True, slots=True)
class Parts:
    """The results of each query head's parts, in float32."""

    weighed: Tensor  # (b, h, parts, d): weighted sums of values, not yet normalized
    peaks: Tensor  # (b, h, parts): highest scores; minus infinity for a part without tokens
    sums: Tensor  # (b, h, parts): sums of weights; 0 for a part without tokens

    @staticmethod
    def empty(rows: int, heads: int, parts: int, width: int, device: torch.device) -> "Parts":
        """Return uninitialized results."""
        weighed = torch.empty(rows, heads, parts, width, dtype=torch.float32, device=device)
        peaks, sums = torch.empty(2, rows, heads, parts, dtype=torch.float32, device=device)
        return Parts(weighed, peaks, sums)


def count_parts(programs: int, most_tokens: int, tile: int, processors: int) -> int:
    """Return the number of parts, a power of two, for each of `programs` pairs of sequence and head.

    The parts fill the processors once, and none is shorter than a tile if the sequence has `most_tokens`.
    The number depends on shapes only, so that a recorded graph stays valid.
    """
    wanted = -(-processors * _RESIDENT // programs)
    possible = -(-most_tokens // tile)
    return triton.next_power_of_2(max(1, min(wanted, possible, _MOST_PARTS)))  # type: ignore[no-any-return]


def merge(parts: Parts, sinks: Tensor | None, dtype: torch.dtype) -> Tensor:
    """Return `(b, h, d)` of `dtype`; `sinks` `(h,)` take their share of the weights and have no values."""
    rows, heads, count, width = parts.weighed.shape
    output = torch.empty(rows, heads, width, dtype=dtype, device=parts.weighed.device)
    _merge[(rows, heads)](
        parts.weighed, parts.peaks, parts.sums, parts.peaks if sinks is None else sinks, output, heads,
        PARTS=count, WIDTH=width, PADDED_WIDTH=triton.next_power_of_2(width), SINKS=sinks is not None,
        LOG2E=LOG2_E, num_warps=4,
    )  # fmt: skip
    return output


@triton.jit
def _merge(
    weighed, peaks, sums, sinks, output, heads,
    PARTS: tl.constexpr, WIDTH: tl.constexpr, PADDED_WIDTH: tl.constexpr, SINKS: tl.constexpr,
    LOG2E: tl.constexpr,
):  # fmt: skip
    head = tl.program_id(1)
    entry = (tl.program_id(0) * heads + head).to(tl.int64)
    parts = tl.arange(0, PARTS)
    columns = tl.arange(0, PADDED_WIDTH)
    inside = columns < WIDTH
    part_peaks = tl.load(peaks + entry * PARTS + parts)
    peak = tl.max(part_peaks, 0)
    if SINKS:
        sink = tl.load(sinks + head).to(tl.float32) * LOG2E
        peak = tl.maximum(peak, sink)
    decay = tl.exp2(part_peaks - peak)
    total = tl.sum(tl.load(sums + entry * PARTS + parts) * decay, 0)
    if SINKS:
        total += tl.exp2(sink - peak)
    places = (entry * PARTS + parts)[:, None] * WIDTH + columns[None, :]
    values = tl.load(weighed + places, mask=inside[None, :], other=0.0)
    result = tl.sum(values * decay[:, None], 0) / total
    tl.store(output + entry * WIDTH + columns, result.to(output.dtype.element_ty), mask=inside)
