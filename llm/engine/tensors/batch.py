"""A plan as tensors: all rows' tokens in one line, and the slots of their keys and values."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import accumulate
from typing import Any

import numpy as np
import torch
from torch import Tensor

from llm.engine.scheduling.plan import Plan, Row
from llm.engine.tensors.transfer import to_device

Integers = np.ndarray[Any, np.dtype[np.int64]]


@dataclass(frozen=True, slots=True)
class DecodeRows:
    """The rows that compute one token each, as int64 tensors."""

    index: Tensor  # (b,): each row's place in the line of tokens
    pages: Tensor  # (b, p): each row's pages in order, padded with page 0
    lengths: Tensor  # (b,): each row's tokens, including the new one


@dataclass(frozen=True, slots=True, kw_only=True)
class Chunk:
    """A row that computes several tokens."""

    start: int  # its first token's place in the line
    stop: int  # the place behind its last token
    past: int  # tokens of its sequence that were computed before
    pages: Tensor  # (1, p) int64: the pages of past and new tokens


@dataclass(frozen=True, slots=True, kw_only=True)
class Batch:
    """The input of one forward pass; all tensors are int64."""

    tokens: Tensor  # (1, t): the line of tokens
    positions: Tensor  # (1, t): each token's position in its sequence
    slots: Tensor  # (t,): where each token's keys and values are written
    decode: DecodeRows | None  # the rows of one token, if there are any
    chunks: tuple[Chunk, ...]  # the rows of several tokens
    sampled: Tensor  # (s,): places in the line whose logits are needed, in plan order
    adapter: str = ""  # of all rows; empty for the model alone


def pack(plan: Plan, page_tokens: int, device: torch.device) -> Batch:
    """Return the plan's rows as one line of tokens, copied to the device at once."""
    rows = plan.rows
    ends = list(accumulate(row.stop - row.start for row in rows))
    spans = [(row, end - (row.stop - row.start)) for row, end in zip(rows, ends, strict=True)]
    decoding = [span for span in spans if not _is_chunk(span[0])]
    chunks = [span for span in spans if _is_chunk(span[0])]
    new_tokens, new_positions, new_slots = _places(rows, page_tokens)
    tokens, positions, slots, sampled, index, lengths, tables, *chunk_pages = _send(
        [
            np.array([new_tokens], np.int64),
            np.array([new_positions], np.int64),
            np.array(new_slots, np.int64),
            np.array([end - 1 for row, end in zip(rows, ends, strict=True) if row.samples], np.int64),
            np.array([at for _, at in decoding], np.int64),
            np.array([row.stop for row, _ in decoding], np.int64),
            _tables([row for row, _ in decoding], page_tokens),
            *(_tables([row], page_tokens) for row, _ in chunks),
        ],
        device,
    )
    return Batch(
        tokens=tokens,
        positions=positions,
        slots=slots,
        decode=DecodeRows(index, tables, lengths) if decoding else None,
        chunks=tuple(
            Chunk(start=at, stop=at + row.stop - row.start, past=row.start, pages=pages)
            for (row, at), pages in zip(chunks, chunk_pages, strict=True)
        ),
        sampled=sampled,
        adapter=plan.adapter,
    )


def _is_chunk(row: Row) -> bool:
    return row.stop - row.start > 1


def _pages(row: Row, page_tokens: int) -> Sequence[int]:
    return row.sequence.pages[: -(-row.stop // page_tokens)]


def _places(rows: Sequence[Row], page_tokens: int) -> tuple[list[int], list[int], list[int]]:
    """Return each new token, its position and its slot."""
    tokens: list[int] = []
    positions: list[int] = []
    slots: list[int] = []
    for row in rows:
        tokens += row.sequence.tokens[row.start : row.stop]
        positions += range(row.start, row.stop)
        pages = row.sequence.pages
        slots += [
            pages[position // page_tokens] * page_tokens + position % page_tokens
            for position in range(row.start, row.stop)
        ]
    return tokens, positions, slots


def _tables(rows: list[Row], page_tokens: int) -> Integers:
    """Return the rows' pages `(b, p)`, padded with page 0."""
    tables = [_pages(row, page_tokens) for row in rows]
    filled = np.zeros((len(tables), max(map(len, tables), default=0)), np.int64)
    for line, table in zip(filled, tables, strict=True):
        line[: len(table)] = table
    return filled


def _send(arrays: list[Integers], device: torch.device) -> list[Tensor]:
    """Return the arrays as tensors on the device, joined into one copy: each copy has a fixed cost."""
    joined = torch.from_numpy(np.concatenate([array.ravel() for array in arrays]))
    parts = torch.split(to_device(joined, device), [array.size for array in arrays])
    return [part.view(array.shape) for part, array in zip(parts, arrays, strict=True)]
