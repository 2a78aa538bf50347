"""Exact dense search by FAISS, filtered by a bitmap while it scans."""

import json
from collections import OrderedDict
from collections.abc import Collection, Sequence
from pathlib import Path

import faiss
import numpy as np
from numpy.typing import NDArray

from core.errors import IndexUnusableError
from core.values import AccessScope, Hit, IndexEntry
from llm.embedder import Vectors
from retrieval.index import ChunkIds
from retrieval.leaning import LEAN, leaning

Bits = NDArray[np.uint8]

# Names what is made of the entries' vectors: an index of another form is built anew.
FORM = f"leaning {LEAN}"
_VECTORS, _DOCUMENTS = "vectors.faiss", "documents.json"
# Scopes whose bitmap is kept until the next change; one bitmap takes an eighth of a byte a chunk.
_BITMAPS = 256


class FaissIndex:
    """A flat inner-product index with our chunk ids, and who may read which document.

    Searching under a scope scans only the allowed rows: exact at any selectivity, and faster the
    fewer rows are allowed.
    """

    def __init__(self, dimension: int, folder: Path | None = None) -> None:
        self._dimension = dimension
        self._index = faiss.IndexIDMap2(faiss.IndexFlatIP(dimension))
        self._chunks: dict[int, ChunkIds] = {}
        self._readers: dict[int, frozenset[str]] = {}
        self._bitmaps: OrderedDict[frozenset[str], Bits | None] = OrderedDict()
        if folder is not None:
            self._load(folder)

    def replace(self, document_ids: Collection[int], entries: Sequence[IndexEntry]) -> None:
        """Forget all entries of these documents and hold `entries` instead. Idempotent."""
        self._bitmaps.clear()
        gone = [self._chunks.pop(document) for document in document_ids if document in self._chunks]
        for document in document_ids:
            self._readers.pop(document, None)
        if gone:
            self._index.remove_ids(faiss.IDSelectorBatch(np.concatenate(gone)))
        if entries:
            self._add(entries)

    def search(self, query: Vectors, scope: AccessScope, limit: int) -> list[Hit]:
        """Return the nearest chunks that `scope` may see, best first."""
        bitmap = self._bitmap(scope.principals)
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

    def save(self, folder: Path) -> None:
        """Write everything into an empty folder."""
        faiss.write_index(self._index, str(folder / _VECTORS))
        documents = [
            [document, sorted(self._readers[document]), ids.tolist()]
            for document, ids in self._chunks.items()
        ]
        (folder / _DOCUMENTS).write_text(json.dumps(documents), "utf-8")

    def close(self) -> None:
        """Give the memory back."""
        self._index.reset()

    def _add(self, entries: Sequence[IndexEntry]) -> None:
        vectors = np.frombuffer(b"".join(entry.vector for entry in entries), "<f4")
        ids = np.array([entry.chunk_id for entry in entries], np.int64)
        rows = leaning(
            vectors.reshape(len(entries), self._dimension), [entry.document_id for entry in entries]
        )
        self._index.add_with_ids(rows, ids)
        of_document: dict[int, list[int]] = {}
        for entry in entries:
            of_document.setdefault(entry.document_id, []).append(entry.chunk_id)
            self._readers[entry.document_id] = entry.principals
        for document, chunk_ids in of_document.items():
            self._chunks[document] = np.array(chunk_ids, np.int64)

    def _bitmap(self, principals: frozenset[str]) -> Bits | None:
        """Return the allowed chunk ids as packed bits, None if there are none."""
        if principals not in self._bitmaps:
            allowed = [ids for document, ids in self._chunks.items() if self._readers[document] & principals]
            self._bitmaps[principals] = _packed(np.concatenate(allowed)) if allowed else None
            if len(self._bitmaps) > _BITMAPS:
                self._bitmaps.popitem(last=False)
        return self._bitmaps[principals]

    def _load(self, folder: Path) -> None:
        try:
            self._index = faiss.read_index(str(folder / _VECTORS))
            for document, readers, ids in json.loads((folder / _DOCUMENTS).read_text("utf-8")):
                self._readers[document] = frozenset(readers)
                self._chunks[document] = np.array(ids, np.int64)
        except (RuntimeError, OSError, ValueError, TypeError) as error:
            raise IndexUnusableError(f"{folder} cannot be read: {error}") from error
        if self._index.d != self._dimension:
            raise IndexUnusableError(f"{folder} has vectors of {self._index.d} values, not {self._dimension}")


def _packed(ids: ChunkIds) -> Bits:
    allowed = np.zeros(int(ids.max()) + 1, bool)
    allowed[ids] = True
    return np.packbits(allowed, bitorder="little")
