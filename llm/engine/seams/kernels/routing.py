"""Routing: the pairs of token and chosen expert, sorted by expert.

One launch replaces transformers' sort, histogram, sum and inversion: a decoding step has few pairs but
many layers, so the number of launches counts. Every expert's program reads all pairs, 2,048 at batch 256
of Qwen3's shape, which stay in the second-level cache.
"""

import torch
import triton
import triton.language as tl
from torch import Tensor

_BLOCK = 1024


def route(chosen: Tensor, experts: int) -> tuple[Tensor, Tensor]:
    """Return the pairs of `chosen` `(t, k)` in the order of their experts, and each expert's first place.

    `order` `(t * k,)` int32 holds pair numbers `token * k + place`, within an expert in rising order;
    `begins` `(experts + 1,)` int32. Pairs of experts that other processes hold (numbers from
    `experts` on) are left out: entries from `begins[-1]` on are worthless.
    """
    flat = chosen.reshape(-1)
    order = torch.empty(len(flat), dtype=torch.int32, device=chosen.device)
    begins = torch.empty(experts + 1, dtype=torch.int32, device=chosen.device)
    block = min(_BLOCK, triton.next_power_of_2(len(flat)))
    _route[(experts,)](flat, order, begins, len(flat), experts, BLOCK=block, num_warps=4)
    return order, begins


@triton.jit
def _route(chosen, order, begins, pairs, experts, BLOCK: tl.constexpr):
    expert = tl.program_id(0)
    before = expert * 0
    for begin in range(0, pairs, BLOCK):
        at = begin + tl.arange(0, BLOCK)
        ids = tl.load(chosen + at, mask=at < pairs, other=experts)
        before += tl.sum((ids < expert).to(tl.int32), 0)
    tl.store(begins + expert, before)
    for begin in range(0, pairs, BLOCK):
        at = begin + tl.arange(0, BLOCK)
        mine = tl.load(chosen + at, mask=at < pairs, other=experts) == expert
        places = before + tl.cumsum(mine.to(tl.int32), 0) - 1
        tl.store(order + places, at, mask=mine)
        before += tl.sum(mine.to(tl.int32), 0)
    if expert == experts - 1:
        tl.store(begins + experts, before)
