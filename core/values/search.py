"""What a search is asked under and what it finds."""

from dataclasses import dataclass

from core.values.documents import BlockKind


@dataclass(frozen=True, slots=True)
class AccessScope:
    """What one asker may see: the principals that the asker holds. An empty scope sees nothing."""

    principals: frozenset[str]


LabelFilter = tuple[frozenset[str], ...]
"""What a chunk must be: of each set it must have one label. Empty, everything will do."""


@dataclass(frozen=True, slots=True, kw_only=True)
class IndexEntry:
    """One live chunk as an index holds it.

    `vector` is `d` little-endian float32 values of unit length; `principals` may read the chunk;
    `labels` say what filters ask for, such as `language:en`.
    """

    chunk_id: int
    document_id: int
    kind: BlockKind
    context: str
    text: str
    vector: bytes
    principals: frozenset[str]
    labels: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Hit:
    """A chunk found by an index; higher scores are better, comparable within one search only."""

    chunk_id: int
    score: float
