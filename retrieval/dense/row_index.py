"""A dense index in memory: a structure of vectors in rows, and the permissions of each row."""

from collections.abc import Collection, Sequence
from pathlib import Path
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from core.errors import IndexUnusableError
from core.values.search import AccessScope, Hit, IndexEntry, LabelFilter
from llm.embedding.embedder import Vectors
from retrieval.dense.document_smoothing import smoothed
from retrieval.dense.rows import Allowed, RowNumbers, Rows
from retrieval.index import ChunkIds

# So many empty rows are no reason to build an index anew, even if most rows are empty.
_FEW_ROWS = 10_000

Found = tuple[RowNumbers, NDArray[np.float32]]


class Structure(Protocol):
    """Vectors in rows, numbered from 0 in the order of their arrival, and a search for the nearest ones."""

    @property
    def count(self) -> int:
        """The number of rows."""
        ...

    def replace(self, emptied: RowNumbers, vectors: Vectors) -> None:
        """Erase the rows `emptied`, and append `vectors`, `(n, d)` float32, as new rows."""
        ...

    def nearest(self, query: Vectors, allowed: Allowed, limit: int) -> Found:
        """Return the rows with the largest inner products, best first, from `allowed` alone.

        `query` is `(d,)` float32; at least one row is allowed.
        """
        ...

    def vectors(self, rows: RowNumbers) -> Vectors:
        """Return the vectors in these rows, `(n, d)` float32, in the precision in which they are stored."""
        ...

    def is_worn(self) -> bool:
        """Return whether a new structure with the same vectors would be better or faster."""
        ...

    def save(self, folder: Path) -> None:
        """Write everything into a folder that may have other files. Raises: OSError."""
        ...

    def close(self) -> None:
        """Release memory and files."""
        ...


class RowIndex:
    """A `DenseIndex` over any structure; a scope becomes the rows that the structure may compare.

    A removed chunk leaves an empty row, which no search finds.
    """

    def __init__(self, dimension: int, structure: Structure, folder: Path | None = None) -> None:
        self._dimension = dimension
        self._structure = structure
        self._rows = Rows(folder)
        if self._rows.count != structure.count:
            raise IndexUnusableError(f"{folder} has {structure.count} vectors for {self._rows.count} rows")

    def is_worn(self) -> bool:
        """Return whether the index should be built anew: most rows are empty, or the structure is worn."""
        return self._rows.count > _FEW_ROWS + 2 * self._rows.live or self._structure.is_worn()

    def replace(self, document_ids: Collection[int], entries: Sequence[IndexEntry]) -> None:
        """Replace all entries of these documents by `entries`. Idempotent."""
        emptied, added = self._rows.replace(document_ids, entries)
        vectors = np.frombuffer(b"".join(entry.vector for entry in added), "<f4")
        documents = [entry.document_id for entry in added]
        self._structure.replace(emptied, smoothed(vectors.reshape(len(added), self._dimension), documents))

    def search(self, query: Vectors, scope: AccessScope, limit: int, labels: LabelFilter = ()) -> list[Hit]:
        """Return the nearest chunks that `scope` may see and `labels` select, best first."""
        allowed = self._rows.allowed(scope.principals, labels)
        if not allowed.count:
            return []
        rows, scores = self._structure.nearest(query, allowed, min(limit, allowed.count))
        ids = self._rows.chunk_ids(rows)
        return [Hit(chunk_id, score) for chunk_id, score in zip(ids.tolist(), scores.tolist(), strict=True)]

    def ids(self) -> ChunkIds:
        """Return the ids of all chunks held, ascending."""
        return self._rows.ids()

    def allowed(self, scope: AccessScope) -> ChunkIds:
        """Return the ids of all chunks that `scope` may see, ascending."""
        return np.sort(self._rows.chunk_ids(self._rows.allowed(scope.principals, ()).numbers()))

    def vectors(self, ids: ChunkIds) -> Vectors:
        """Return the stored vectors of these chunks, `(n, d)` float32."""
        return self._structure.vectors(self._rows.numbers(ids))

    def save(self, folder: Path) -> None:
        """Write everything into an empty folder."""
        self._rows.save(folder)
        self._structure.save(folder)

    def close(self) -> None:
        """Release memory and files."""
        self._structure.close()
