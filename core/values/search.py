"""The scope and the filter of a search, the entries of an index, and the hits."""

from dataclasses import dataclass

from core.values.documents import BlockKind


@dataclass(frozen=True, slots=True)
class AccessScope:
    """The principals of one asker. An empty scope may read no document."""

    principals: frozenset[str]


LabelFilter = tuple[frozenset[str], ...]
"""The labels that a chunk must have: at least one of each set. An empty filter accepts all chunks."""


@dataclass(frozen=True, slots=True, kw_only=True)
class IndexEntry:
    """One live chunk as an index stores it."""

    chunk_id: int
    document_id: int
    kind: BlockKind
    context: str
    """The chunk's title, headings and table header."""
    text: str
    vector: bytes
    """`d` little-endian float32 values of unit length; empty in an index without vectors."""
    principals: frozenset[str]
    """The principals that may read the chunk."""
    labels: frozenset[str] = frozenset()
    """The labels that filters compare, such as `language:en`."""


@dataclass(frozen=True, slots=True)
class Hit:
    """A chunk that an index found. Higher scores are better, comparable within one search only."""

    chunk_id: int
    score: float
    likeness: float | None = None
    """The inner product of chunk and question, -1..1; None if the chunk was not found by its meaning."""
