"""The contracts of the indexes, which adapters of FAISS, Milvus, torch and Tantivy implement.

An index filters by scope and labels while it searches: its hits may be read by the user, as far as the
index knows. It follows the database, which has the last word.
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
    """The methods that all indexes share. For one thread at a time, which `Follower` ensures."""

    def replace(self, document_ids: Collection[int], entries: Sequence[IndexEntry]) -> None:
        """Replace all entries of these documents by `entries`. Idempotent.

        Raises: OSError if the disk refuses the write; the entries from before stay.
        """
        ...

    def ids(self) -> ChunkIds:
        """Return the ids of all chunks held, ascending."""
        ...

    def allowed(self, scope: AccessScope) -> ChunkIds:
        """Return the ids of all chunks that `scope` may see, ascending."""
        ...

    def save(self, folder: Path) -> None:
        """Write everything into an empty folder. Raises: OSError if the disk refuses the write."""
        ...

    def close(self) -> None:
        """Release files and memory; the last call of an index."""
        ...


class DenseIndex(Index, Protocol):
    """An index that finds by the likeness of vectors."""

    def search(self, query: Vectors, scope: AccessScope, limit: int, labels: LabelFilter = ()) -> list[Hit]:
        """Return the nearest chunks that `scope` may see and `labels` select, best first.

        `query` is `(d,)` float32 of unit length; a score is the inner product with the chunk's vector as
        `retrieval.dense.document_smoothing` makes it, -1.5..1.5.
        """
        ...

    def vectors(self, ids: ChunkIds) -> Vectors:
        """Return the stored vectors of these chunks, `(n, d)` float32; the index must have all of them."""
        ...


class LexicalIndex(Index, Protocol):
    """An index that finds by words."""

    def search(
        self, query: Sequence[str], scope: AccessScope, limit: int, labels: LabelFilter = ()
    ) -> list[Hit]:
        """Return the chunks with the best BM25 scores that `scope` may see and `labels` select.

        `query` holds terms of `core.text.language.terms`; a repeated term counts twice. The statistics of
        BM25 are those of the chunks that `scope` may see.
        """
        ...

    def labelled(self, scope: AccessScope, limit: int, labels: LabelFilter = ()) -> ChunkIds:
        """Return the ids of chunks that `scope` may see and `labels` select, ascending; at most `limit`."""
        ...

    def lacking(self, entries: Sequence[IndexEntry]) -> list[int]:
        """Return the ids of the chunks that the index lacks, or of which it lacks a word.

        `entries` are all entries of one document.
        """
        ...

    def frequencies(self, query: Sequence[str], scope: AccessScope) -> tuple[int, list[int]]:
        """Return the number of chunks that `scope` may see, and of those with each term.

        The title and headings of a chunk count as its own words. No other chunk is counted, so that the
        numbers tell nothing of what the asker may not read.
        """
        ...

    def phrase_frequency(self, phrase: Sequence[str], scope: AccessScope) -> int:
        """Return the number of chunks that `scope` may see with these terms one after the other."""
        ...

    def spellings(self, beginning: str, scope: AccessScope) -> dict[str, int]:
        """Return the words of `core.text.language.spelled_words` that begin so, with a count above 0 each.

        It is the number of chunks that `scope` may see with the word, in its headings or itself; a word of
        other chunks is not returned.
        """
        ...

    def forms(self, form: str, scope: AccessScope) -> dict[str, int]:
        """Return what chunks define a form as, by `core.text.abbreviations`, with the number of these chunks.

        `form` is case-folded: an abbreviation, for its long forms, or a long form, for its abbreviations. No
        chunk counts that `scope` may not see.
        """
        ...

    def defining(
        self, named: Collection[str], scope: AccessScope, limit: int, labels: LabelFilter = ()
    ) -> ChunkIds:
        """Return chunks that define one of the identifiers, by `core.text.definitions`, in order of id.

        A chunk that names one by a range (`E-40 to E-49`) is among them. They are the first `limit` of those
        that `scope` may see and `labels` select.
        """
        ...

    def near(self, term: str, scope: AccessScope, limit: int, labels: LabelFilter = ()) -> list[Hit]:
        """Return chunks with a part of an identifier, or one similar to it, under `scope` and `labels`.

        Two terms are similar if at most two edits lie between them. The scores only rank chunks with a
        common part, or at one edit, before the rest; those of one score are in order of id.
        """
        ...
