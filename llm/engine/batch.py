"""A plan as tensors: all rows' tokens in one line, and where their keys and values stand."""

from dataclasses import dataclass
from itertools import accumulate

import torch
from torch import Tensor

from llm.engine.plan import Plan, Row


@dataclass(frozen=True, slots=True)
class DecodeRows:
    """The rows that compute one token each.

    `index` `(b,)` is each row's place in the line of tokens, `pages` `(b, p)` its pages in order,
    filled up with page 0, and `lengths` `(b,)` its tokens including the new one. All int64.
    """

    index: Tensor
    pages: Tensor
    lengths: Tensor


@dataclass(frozen=True, slots=True)
class Chunk:
    """A row that computes tokens `start..stop` of the line behind `past` tokens computed before.

    `pages` `(1, p)` int64 holds past and new tokens.
    """

    start: int
    stop: int
    past: int
    pages: Tensor


@dataclass(frozen=True, slots=True)
class Batch:
    """What one forward pass needs. `tokens` and `positions` are `(1, t)` int64.

    `slots` `(t,)` int64 is where each token's keys and values go; `sampled` `(s,)` int64 the
    places in the line whose logits are wanted, in plan order.
    """

    tokens: Tensor
    positions: Tensor
    slots: Tensor
    decode: DecodeRows | None
    chunks: tuple[Chunk, ...]
    sampled: Tensor
    adapter: str = ""


def pack(plan: Plan, page_tokens: int, device: torch.device) -> Batch:
    """Return the plan's rows as one line of tokens."""
    rows = plan.rows
    ends = list(accumulate(row.stop - row.start for row in rows))
    starts = [end - (row.stop - row.start) for row, end in zip(rows, ends, strict=True)]
    spans = list(zip(rows, starts, strict=True))
    tokens = [token for row in rows for token in row.sequence.tokens[row.start : row.stop]]
    positions = [position for row in rows for position in range(row.start, row.stop)]
    return Batch(
        tokens=_int64(tokens, device)[None],
        positions=_int64(positions, device)[None],
        slots=_int64([slot for row in rows for slot in _slots(row, page_tokens)], device),
        decode=_decode_rows([span for span in spans if not _is_chunk(span[0])], page_tokens, device),
        chunks=tuple(_chunk(row, at, page_tokens, device) for row, at in spans if _is_chunk(row)),
        sampled=_int64([end - 1 for row, end in zip(rows, ends, strict=True) if row.samples], device),
        adapter=plan.adapter,
    )


def _is_chunk(row: Row) -> bool:
    return row.stop - row.start > 1


def _slots(row: Row, page_tokens: int) -> list[int]:
    pages = row.sequence.pages
    return [
        pages[position // page_tokens] * page_tokens + position % page_tokens
        for position in range(row.start, row.stop)
    ]


def _decode_rows(rows: list[tuple[Row, int]], page_tokens: int, device: torch.device) -> DecodeRows | None:
    if not rows:
        return None
    tables = [row.sequence.pages[: -(-row.stop // page_tokens)] for row, _ in rows]
    width = max(len(table) for table in tables)
    return DecodeRows(
        index=_int64([at for _, at in rows], device),
        pages=_int64([table + [0] * (width - len(table)) for table in tables], device),
        lengths=_int64([row.stop for row, _ in rows], device),
    )


def _chunk(row: Row, at: int, page_tokens: int, device: torch.device) -> Chunk:
    pages = row.sequence.pages[: -(-row.stop // page_tokens)]
    return Chunk(at, at + row.stop - row.start, row.start, _int64([pages], device))


def _int64(values: list[int] | list[list[int]], device: torch.device) -> Tensor:
    return torch.tensor(values, dtype=torch.int64).to(device, non_blocking=True)
