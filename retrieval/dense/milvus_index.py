"""Dense search by a Milvus server, filtered by arrays of principals and labels inside its own search.

A process keeps its changes since the last save and searches them beside the server. So its own writes are
found at once, a copy that is tried out changes nothing for others, and only the process with the lock for
saving writes to the collection that others search.
"""

import json
import time
from collections.abc import Collection, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import structlog

from core.errors import IndexUnusableError
from core.settings import MilvusSettings
from core.values.search import AccessScope, Hit, IndexEntry, LabelFilter
from llm.embedding.embedder import Vectors
from llm.servers.circuit import CircuitBreaker
from retrieval.dense.document_smoothing import smoothed
from retrieval.dense.faiss_index import FaissIndex
from retrieval.dense.milvus_server import MOST_NAMES, ROWS_AT_ONCE, MilvusServer, make_breaker
from retrieval.index import ChunkIds

log = structlog.get_logger()

_POINTER = "milvus.json"
_MAY_READ = "ARRAY_CONTAINS_ANY(principals, {held})"


class MilvusIndex:
    """One collection for each build of the index, behind an alias that points to the one in force.

    `name` distinguishes indexes on one server. A new index fills a collection of its own, which no other
    process sees before it is saved; a saved index is only the name of the alias, and never changes.
    `breaker` outlives the index, so that not every question waits for a server that is down.
    """

    def __init__(
        self,
        dimension: int,
        settings: MilvusSettings,
        name: str,
        folder: Path | None = None,
        breaker: CircuitBreaker | None = None,
    ) -> None:
        self._dimension = dimension
        self._server = MilvusServer(settings, breaker or make_breaker())
        self._alias = f"{settings.collection}_{name}".replace("-", "_")
        self._changed: dict[int, list[IndexEntry]] = {}
        self._changes = FaissIndex(dimension)
        self._unsaved = ""
        if folder is None:
            self._unsaved = f"{self._alias}_{time.time_ns()}"
            self._server.create(self._unsaved, dimension)
        else:
            self._open(folder)

    def replace(self, document_ids: Collection[int], entries: Sequence[IndexEntry]) -> None:
        """Replace all entries of these documents by `entries`. Idempotent."""
        of_document: dict[int, list[IndexEntry]] = {document: [] for document in document_ids}
        for entry in entries:
            of_document.setdefault(entry.document_id, []).append(entry)
        if self._unsaved:
            self._write(of_document)
        else:
            self._changed |= of_document
            self._changes.replace(document_ids, entries)

    def search(self, query: Vectors, scope: AccessScope, limit: int, labels: LabelFilter = ()) -> list[Hit]:
        """Return the nearest chunks that `scope` may see and `labels` select, best first."""
        if not scope.principals or not all(labels):
            return []
        asked = {f"wanted_{number}": sorted(group) for number, group in enumerate(labels)}
        conditions = [_MAY_READ, *(f"ARRAY_CONTAINS_ANY(labels, {{{name}}})" for name in asked)]
        values: dict[str, Any] = {"held": sorted(scope.principals), **asked}
        found = self._server.nearest(self._searched, query, limit, *self._unchanged(conditions, values))
        own = self._changes.search(query, scope, limit, labels)
        return sorted([*found, *own], key=lambda hit: (-hit.score, hit.chunk_id))[:limit]

    def ids(self) -> ChunkIds:
        """Return the ids of all chunks held, ascending."""
        return self._with_own(self._server.rows(self._searched, "", {}), self._changes.ids())

    def allowed(self, scope: AccessScope) -> ChunkIds:
        """Return the ids of all chunks that `scope` may see, ascending."""
        if not scope.principals:
            return np.empty(0, np.int64)
        rows = self._server.rows(self._searched, _MAY_READ, {"held": sorted(scope.principals)})
        return self._with_own(rows, self._changes.allowed(scope))

    def vectors(self, ids: ChunkIds) -> Vectors:
        """Return the stored vectors of these chunks, `(n, d)` float32."""
        own = np.isin(ids, self._changes.ids())
        found = np.empty((len(ids), self._dimension), np.float32)
        found[own] = self._changes.vectors(ids[own])
        found[~own] = self._server.vectors(self._searched, ids[~own].tolist())
        return found

    def save(self, folder: Path) -> None:
        """Write the changes to the server, and the name of the alias into an empty folder."""
        if self._changed:
            self._write(self._changed)
            self._changed, self._changes = {}, FaissIndex(self._dimension)
        self._server.flush(self._searched)
        if self._unsaved:
            self._server.change_over(self._alias, self._unsaved)
            self._unsaved = ""
        (folder / _POINTER).write_text(json.dumps({"alias": self._alias}), "utf-8")

    def close(self) -> None:
        """Close the connection; a collection that was never saved is dropped."""
        if self._unsaved:
            self._server.drop(self._unsaved)
        self._server.close()

    @property
    def _searched(self) -> str:
        return self._unsaved or self._alias

    def _with_own(self, rows: Iterable[tuple[int, int]], own: ChunkIds) -> ChunkIds:
        """Return the chunks of the server's unchanged rows, and those of the changes kept here."""
        there = [chunk for chunk, document in rows if document not in self._changed]
        return np.sort(np.concatenate([np.array(there, np.int64), own]))

    def _unchanged(self, conditions: list[str], values: dict[str, Any]) -> tuple[str, dict[str, Any]]:
        """Return a filter and its values without the documents that are newer here than on the server."""
        if self._changed:
            conditions = [*conditions, "document not in {changed}"]
            values = values | {"changed": sorted(self._changed)}
        return " and ".join(conditions), values

    def _write(self, of_document: Mapping[int, Sequence[IndexEntry]]) -> None:
        """Write the entries of documents, then delete their other rows on the server."""
        entries = [entry for document in of_document.values() for entry in document]
        vectors = np.frombuffer(b"".join(entry.vector for entry in entries), "<f4")
        rows = smoothed(
            vectors.reshape(len(entries), self._dimension), [entry.document_id for entry in entries]
        )
        for first in range(0, len(entries), ROWS_AT_ONCE):
            some = slice(first, first + ROWS_AT_ONCE)
            self._server.upsert(self._searched, [*map(_row, entries[some], rows[some])])
        self._server.delete(self._searched, list(of_document), [entry.chunk_id for entry in entries])

    def _open(self, folder: Path) -> None:
        try:
            alias = json.loads((folder / _POINTER).read_text("utf-8"))["alias"]
        except (OSError, ValueError, TypeError, KeyError) as error:
            raise IndexUnusableError(f"{folder} cannot be read: {error}") from error
        if alias != self._alias:
            raise IndexUnusableError(f"{folder} is in {alias}, but the settings name {self._alias}")
        dimension = self._server.dimension(alias)
        if dimension != self._dimension:
            raise IndexUnusableError(f"{alias} has vectors of {dimension} values, not {self._dimension}")


def _row(entry: IndexEntry, vector: Vectors) -> dict[str, Any]:
    return {
        "chunk": entry.chunk_id,
        "document": entry.document_id,
        "principals": _names(entry.principals, entry.document_id),
        "labels": _names(entry.labels, entry.document_id),
        "vector": vector,
    }


def _names(names: frozenset[str], document_id: int) -> list[str]:
    """Return as many names as an array holds; the others find the document by the word index alone."""
    if len(names) > MOST_NAMES:
        log.warning("milvus.too_many_names", document=document_id, names=len(names), kept=MOST_NAMES)
    return sorted(names)[:MOST_NAMES]
