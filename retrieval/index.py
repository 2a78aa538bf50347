"""What an index must be able to do. FAISS and Tantivy are two; a test's fake is another.

An index filters by scope and labels while it searches: what it returns the asker may read, as far as the
index knows. It is a follower of the database and never has the last word.
"""

from collections.abc import Collection, Sequence
from pathlib import Path
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from core.values.search import AccessScope, Hit, IndexEntry, LabelFilter
from llm.embedding.embedder import Vectors

ChunkIds = NDArray[np.int64]


class Index(Protocol):
    """What every index shares. One thread at a time; `Follower` sees to it."""

    def replace(self, document_ids: Collection[int], entries: Sequence[IndexEntry]) -> None:
        """Forget all entries of these documents and hold `entries` instead. Idempotent.

        Raises: OSError if the disk does not take it; what was held before stays.
        """
        ...

    def ids(self) -> ChunkIds:
        """Return the ids of all chunks held, ascending."""
        ...

    def allowed(self, scope: AccessScope) -> ChunkIds:
        """Return the ids of all chunks that `scope` may see, ascending."""
        ...

    def save(self, folder: Path) -> None:
        """Write everything into an empty folder.

        Raises: OSError if the disk does not take it.
        """
        ...

    def close(self) -> None:
        """Give back files and memory; nothing may be called after it."""
        ...


class DenseIndex(Index, Protocol):
    """Finds by the likeness of vectors."""

    def search(self, query: Vectors, scope: AccessScope, limit: int, labels: LabelFilter = ()) -> list[Hit]:
        """Return the nearest chunks that `scope` may see and `labels` ask for, best first.

        `query` is `(d,)` float32 of unit length; a score is the inner product with the chunk's vector as
        `retrieval.dense.document_smoothing` makes it, -1.5..1.5.
        """
        ...

    def vectors(self, ids: ChunkIds) -> Vectors:
        """Return what is compared with a query for each of these chunks, `(n, d)` float32; all are held."""
        ...


class LexicalIndex(Index, Protocol):
    """Finds by words."""

    def search(
        self, query: Sequence[str], scope: AccessScope, limit: int, labels: LabelFilter = ()
    ) -> list[Hit]:
        """Return the chunks with the highest BM25 score of those that `scope` may see and `labels` ask for.

        `query` holds terms of `core.text.language.terms`; one that stands twice counts twice.
        """
        ...

    def lacking(self, entries: Sequence[IndexEntry]) -> list[int]:
        """Return the ids of those chunks of which a word, or the chunk itself, is not found where it must be.

        `entries` are all that one document has.
        """
        ...

    def frequencies(self, query: Sequence[str]) -> tuple[int, list[int]]:
        """Return how many chunks there are, and in how many each term stands, whoever may read them.

        A chunk's title and headings count as its own words.
        """
        ...

    def near(self, term: str, scope: AccessScope, limit: int, labels: LabelFilter = ()) -> list[Hit]:
        """Return chunks that `scope` may see and `labels` ask for, with a part of a name or one much like it.

        A term is much like another if at most two edits lie between them; scores say only that what
        shares a part or is one edit away comes before the rest.
        """
        ...
