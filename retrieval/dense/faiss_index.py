"""Exact dense search by FAISS, filtered by a bitmap during the scan."""

import json
from collections import OrderedDict
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import faiss
import numpy as np
from numpy.typing import NDArray

from core.errors import IndexUnusableError
from core.values.search import AccessScope, Hit, IndexEntry, LabelFilter
from llm.embedding.embedder import Vectors
from retrieval.dense.document_smoothing import SMOOTHING, smoothed
from retrieval.index import ChunkIds

Bits = NDArray[np.uint8]

# Names how entries become rows: an index of another form is built anew.
FORM = f"labels 1, smoothing {SMOOTHING}"
_VECTORS, _DOCUMENTS = "vectors.faiss", "documents.json"
# Scopes whose bitmap is kept until the next change; a bitmap takes an eighth of a byte for each chunk.
_BITMAPS = 256


@dataclass(frozen=True, slots=True)
class _Document:
    """The readers and the chunks of a document."""

    readers: frozenset[str]
    """The principals that may read it."""
    chunks: dict[frozenset[str], ChunkIds]
    """The chunks with the same labels, by these labels."""

    def of(self, principals: frozenset[str], labels: LabelFilter) -> Iterator[ChunkIds]:
        """Yield the chunks that `principals` may read and `labels` select."""
        if self.readers.isdisjoint(principals):
            return
        for held, ids in self.chunks.items():
            if not any(held.isdisjoint(wanted) for wanted in labels):
                yield ids


class FaissIndex:
    """A flat inner-product index over chunk ids, with the readers of each document.

    A search scans only the rows that its scope may see: it is exact at any selectivity, and the faster, the
    fewer rows are allowed.
    """

    def __init__(self, dimension: int, folder: Path | None = None) -> None:
        self._dimension = dimension
        self._index = faiss.IndexIDMap2(faiss.IndexFlatIP(dimension))
        self._documents: dict[int, _Document] = {}
        self._bitmaps: OrderedDict[tuple[frozenset[str], LabelFilter], Bits | None] = OrderedDict()
        if folder is not None:
            self._load(folder)

    def replace(self, document_ids: Collection[int], entries: Sequence[IndexEntry]) -> None:
        """Replace all entries of these documents by `entries`. Idempotent."""
        self._bitmaps.clear()
        there = [self._documents.pop(number) for number in document_ids if number in self._documents]
        gone = [ids for document in there for ids in document.chunks.values()]
        if gone:
            self._index.remove_ids(faiss.IDSelectorBatch(np.concatenate(gone)))
        if entries:
            self._add(entries)

    def search(self, query: Vectors, scope: AccessScope, limit: int, labels: LabelFilter = ()) -> list[Hit]:
        """Return the nearest chunks that `scope` may see and `labels` select, best first."""
        bitmap = self._bitmap(scope.principals, labels)
        if bitmap is None:
            return []
        selector = faiss.IDSelectorBitmap(bitmap)
        scores, ids = self._index.search(
            query.reshape(1, -1), limit, params=faiss.SearchParameters(sel=selector)
        )
        found = zip(ids[0].tolist(), scores[0].tolist(), strict=True)
        return [Hit(chunk_id, score) for chunk_id, score in found if chunk_id >= 0]

    def ids(self) -> ChunkIds:
        """Return the ids of all chunks held, ascending."""
        ids: ChunkIds = np.sort(faiss.vector_to_array(self._index.id_map))
        return ids

    def allowed(self, scope: AccessScope) -> ChunkIds:
        """Return the ids of all chunks that `scope` may see, ascending."""
        found = [ids for document in self._documents.values() for ids in document.of(scope.principals, ())]
        return np.sort(np.concatenate([np.empty(0, np.int64), *found]))

    def vectors(self, ids: ChunkIds) -> Vectors:
        """Return the stored vectors of these chunks, `(n, d)` float32."""
        rows: Vectors = self._index.reconstruct_batch(ids)
        return rows

    def save(self, folder: Path) -> None:
        """Write everything into an empty folder."""
        try:
            faiss.write_index(self._index, str(folder / _VECTORS))
        except RuntimeError as error:  # the library's only error for a full disk
            raise OSError(str(error)) from error
        documents = [
            [
                number,
                sorted(document.readers),
                [[sorted(labels), ids.tolist()] for labels, ids in document.chunks.items()],
            ]
            for number, document in self._documents.items()
        ]
        (folder / _DOCUMENTS).write_text(json.dumps(documents), "utf-8")

    def close(self) -> None:
        """Release the memory."""
        self._index.reset()

    def _add(self, entries: Sequence[IndexEntry]) -> None:
        vectors = np.frombuffer(b"".join(entry.vector for entry in entries), "<f4")
        ids = np.array([entry.chunk_id for entry in entries], np.int64)
        rows = smoothed(
            vectors.reshape(len(entries), self._dimension), [entry.document_id for entry in entries]
        )
        self._index.add_with_ids(rows, ids)
        of_document: dict[int, dict[frozenset[str], list[int]]] = {}
        readers = {entry.document_id: entry.principals for entry in entries}
        for entry in entries:
            of_document.setdefault(entry.document_id, {}).setdefault(entry.labels, []).append(entry.chunk_id)
        for number, chunks in of_document.items():
            by_labels = {labels: np.array(chunk_ids, np.int64) for labels, chunk_ids in chunks.items()}
            self._documents[number] = _Document(readers[number], by_labels)

    def _bitmap(self, principals: frozenset[str], labels: LabelFilter) -> Bits | None:
        """Return the allowed chunk ids as packed bits; None if no chunk is allowed."""
        key = principals, labels
        if key not in self._bitmaps:
            allowed = [
                ids for document in self._documents.values() for ids in document.of(principals, labels)
            ]
            self._bitmaps[key] = _packed(np.concatenate(allowed)) if allowed else None
            if len(self._bitmaps) > _BITMAPS:
                self._bitmaps.popitem(last=False)
        return self._bitmaps[key]

    def _load(self, folder: Path) -> None:
        try:
            self._index = faiss.read_index(str(folder / _VECTORS))
            for number, readers, chunks in json.loads((folder / _DOCUMENTS).read_text("utf-8")):
                by_labels = {frozenset(labels): np.array(ids, np.int64) for labels, ids in chunks}
                self._documents[number] = _Document(frozenset(readers), by_labels)
        except (RuntimeError, OSError, ValueError, TypeError) as error:
            raise IndexUnusableError(f"{folder} cannot be read: {error}") from error
        if self._index.d != self._dimension:
            raise IndexUnusableError(f"{folder} has vectors of {self._index.d} values, not {self._dimension}")


def _packed(ids: ChunkIds) -> Bits:
    allowed = np.zeros(int(ids.max()) + 1, bool)
    allowed[ids] = True
    return np.packbits(allowed, bitorder="little")
