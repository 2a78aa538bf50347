"""Dense search by a Milvus server, filtered by arrays of principals and labels inside its own search.

What a process has applied since the last save stays with it, and is searched beside the server:
its own writes are found at once, a copy that is tried out changes nothing for others, and only
who holds the lock under which an index is saved writes to what others search.
"""

import json
import time
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
import structlog

from core.errors import IndexServerError, IndexUnusableError, SettingsError, VadeError
from core.settings import MilvusSettings
from core.values import AccessScope, Hit, IndexEntry, LabelFilter
from llm.circuit import CircuitBreaker
from llm.embedder import Vectors
from retrieval.faiss_index import FaissIndex
from retrieval.index import ChunkIds
from retrieval.leaning import leaning

log = structlog.get_logger()
T = TypeVar("T")

_POINTER = "milvus.json"
# Rows in one request, well below the 64 MB that a server takes.
_ROWS_AT_ONCE = 500
# Rows in one answer.
_PAGE = 10_000
# The most that an array of a Milvus row may hold, and bytes of a principal or label.
_MOST_NAMES, _NAME_BYTES = 4096, 1280
# Milvus's codes (internal/pkg merr): the collection is not there; it is there and not in memory.
_NOT_FOUND, _NOT_LOADED = 100, 101

# After so many failures in a row, a server is left alone for so long.
_FAILURES, _REST_SECONDS = 3, 15.0

_MAY_READ = "ARRAY_CONTAINS_ANY(principals, {held})"


def make_breaker() -> CircuitBreaker:
    """Return what spares a server that failed further calls for a while."""
    return CircuitBreaker(_FAILURES, _REST_SECONDS, time.monotonic)


class MilvusIndex:
    """One collection for each build of the index, behind an alias that is searched and changed over.

    `name` tells indexes on one server apart. An index made anew fills a collection of its own, which
    nobody else sees before it is saved; a saved one is the pointer to the alias, and never changes.
    `breaker` outlives the index, so that a server that is down is not waited for with every question.
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
        self._server = _Server(settings, breaker or make_breaker())
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
        """Forget all entries of these documents and hold `entries` instead. Idempotent."""
        of_document: dict[int, list[IndexEntry]] = {document: [] for document in document_ids}
        for entry in entries:
            of_document.setdefault(entry.document_id, []).append(entry)
        if self._unsaved:
            self._write(of_document)
        else:
            self._changed |= of_document
            self._changes.replace(document_ids, entries)

    def search(self, query: Vectors, scope: AccessScope, limit: int, labels: LabelFilter = ()) -> list[Hit]:
        """Return the nearest chunks that `scope` may see and `labels` ask for, best first."""
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
        """Return what is compared with a query for each of these chunks, `(n, d)` float32."""
        own = np.isin(ids, self._changes.ids())
        found = np.empty((len(ids), self._dimension), np.float32)
        found[own] = self._changes.vectors(ids[own])
        found[~own] = self._server.vectors(self._searched, ids[~own].tolist())
        return found

    def save(self, folder: Path) -> None:
        """Write what has changed to the server, and where it is into an empty folder."""
        if self._changed:
            self._write(self._changed)
            self._changed, self._changes = {}, FaissIndex(self._dimension)
        self._server.flush(self._searched)
        if self._unsaved:
            self._server.change_over(self._alias, self._unsaved)
            self._unsaved = ""
        (folder / _POINTER).write_text(json.dumps({"alias": self._alias}), "utf-8")

    def close(self) -> None:
        """Let the server go; a collection that was never saved is dropped."""
        if self._unsaved:
            self._server.drop(self._unsaved)
        self._server.close()

    @property
    def _searched(self) -> str:
        return self._unsaved or self._alias

    def _with_own(self, rows: Iterable[tuple[int, int]], own: ChunkIds) -> ChunkIds:
        """Return the chunks of the server's rows that are as they were, and those that are held here."""
        there = [chunk for chunk, document in rows if document not in self._changed]
        return np.sort(np.concatenate([np.array(there, np.int64), own]))

    def _unchanged(self, conditions: list[str], values: dict[str, Any]) -> tuple[str, dict[str, Any]]:
        """Return a filter and its values, less the documents that are newer here than on the server."""
        if self._changed:
            conditions = [*conditions, "document not in {changed}"]
            values = values | {"changed": sorted(self._changed)}
        return " and ".join(conditions), values

    def _write(self, of_document: Mapping[int, Sequence[IndexEntry]]) -> None:
        """Write documents' entries, then delete what else the server has of them."""
        entries = [entry for document in of_document.values() for entry in document]
        vectors = np.frombuffer(b"".join(entry.vector for entry in entries), "<f4")
        rows = leaning(
            vectors.reshape(len(entries), self._dimension), [entry.document_id for entry in entries]
        )
        for first in range(0, len(entries), _ROWS_AT_ONCE):
            some = slice(first, first + _ROWS_AT_ONCE)
            self._server.upsert(self._searched, [*map(_row, entries[some], rows[some])])
        self._server.delete(self._searched, list(of_document), [entry.chunk_id for entry in entries])

    def _open(self, folder: Path) -> None:
        try:
            alias = json.loads((folder / _POINTER).read_text("utf-8"))["alias"]
        except (OSError, ValueError, TypeError, KeyError) as error:
            raise IndexUnusableError(f"{folder} cannot be read: {error}") from error
        if alias != self._alias:
            raise IndexUnusableError(f"{folder} is kept in {alias}, the settings name {self._alias}")
        dimension = self._server.dimension(alias)
        if dimension != self._dimension:
            raise IndexUnusableError(f"{alias} has vectors of {dimension} values, not {self._dimension}")


class _Server:
    """The calls that are made of a Milvus server, with its errors in our words."""

    def __init__(self, settings: MilvusSettings, breaker: CircuitBreaker) -> None:
        self._breaker = breaker
        try:
            from pymilvus import MilvusClient
        except ImportError as error:
            raise SettingsError("Milvus needs its client: pip install 'vademecum[milvus]'") from error
        self._url = settings.url
        self._patience = {"timeout": settings.seconds}
        token, database = settings.token.get_secret_value(), settings.database
        self._client = self._asked(
            lambda: MilvusClient(settings.url, token=token, db_name=database, **self._patience)
        )

    def create(self, collection: str, dimension: int) -> None:
        from pymilvus import DataType, MilvusClient

        names = {"element_type": DataType.VARCHAR, "max_capacity": _MOST_NAMES, "max_length": _NAME_BYTES}
        schema = MilvusClient.create_schema(auto_id=False, enable_dynamic_field=False)
        schema.add_field("chunk", DataType.INT64, is_primary=True)
        schema.add_field("document", DataType.INT64)
        schema.add_field("principals", DataType.ARRAY, **names)
        schema.add_field("labels", DataType.ARRAY, **names)
        schema.add_field("vector", DataType.FLOAT_VECTOR, dim=dimension)
        indexes = MilvusClient.prepare_index_params()
        indexes.add_index("vector", index_type="AUTOINDEX", metric_type="IP")
        for field in ("document", "principals", "labels"):
            indexes.add_index(field, index_type="INVERTED")
        how = {"schema": schema, "consistency_level": "Strong"}
        self._asked(lambda: self._client.create_collection(collection, **how, **self._patience))
        # There is nothing to index yet, and nothing to wait for.
        self._asked(lambda: self._client.create_index(collection, indexes, sync=False, **self._patience))
        self._asked(lambda: self._client.load_collection(collection, **self._patience))

    def nearest(
        self, collection: str, query: Vectors, limit: int, condition: str, values: Mapping[str, Any]
    ) -> list[Hit]:
        found = self._loaded(
            collection,
            lambda: self._client.search(
                collection,
                data=[query],
                limit=limit,
                filter=condition,
                filter_params=dict(values),
                output_fields=["chunk"],
                anns_field="vector",
                search_params={"metric_type": "IP"},
                **self._patience,
            ),
        )
        return [Hit(int(one["chunk"]), float(one["distance"])) for one in found[0]]

    def rows(self, collection: str, condition: str, values: Mapping[str, Any]) -> Iterator[tuple[int, int]]:
        """Yield the chunk id and document id of every row that fulfils a condition, in no order."""
        fields = ["chunk", "document"]
        how = {"filter": condition, "expr_params": dict(values), "output_fields": fields}
        pages = self._loaded(
            collection,
            lambda: self._client.query_iterator(collection, batch_size=_PAGE, **how, **self._patience),
        )
        try:
            while page := self._asked(pages.next):
                yield from ((int(row["chunk"]), int(row["document"])) for row in page)
        finally:
            self._asked(pages.close)

    def vectors(self, collection: str, chunks: Sequence[int]) -> Vectors:
        """Return the vectors of chunks that are there, in their order."""
        found: dict[int, Any] = {}
        for first in range(0, len(chunks), _ROWS_AT_ONCE):
            how = {"ids": list(chunks[first : first + _ROWS_AT_ONCE]), "output_fields": ["vector"]}
            get = partial(self._client.get, collection, **how, **self._patience)
            found |= {int(row["chunk"]): row["vector"] for row in self._loaded(collection, get)}
        return np.array([found[chunk] for chunk in chunks], np.float32).reshape(len(chunks), -1)

    def upsert(self, collection: str, rows: Sequence[Mapping[str, Any]]) -> None:
        self._asked(lambda: self._client.upsert(collection, list(rows), **self._patience))

    def delete(self, collection: str, documents: Sequence[int], kept: Sequence[int]) -> None:
        """Delete the documents' rows but for the chunks that are kept."""
        condition, values = "document in {documents}", {"documents": list(documents)}
        if kept:
            condition, values = f"{condition} and chunk not in {{kept}}", values | {"kept": list(kept)}
        self._loaded(
            collection,
            lambda: self._client.delete(collection, filter=condition, filter_params=values, **self._patience),
        )

    def flush(self, collection: str) -> None:
        """Make what was written durable."""
        self._asked(lambda: self._client.flush(collection, **self._patience))

    def change_over(self, alias: str, collection: str) -> None:
        """Let the alias be this collection; drop the one that it was and those that were begun before."""
        if self._asked(lambda: self._client.has_collection(alias, **self._patience)):
            before = self._described(alias)["collection_name"]
            self._asked(lambda: self._client.alter_alias(collection, alias, **self._patience))
            for name in self._asked(lambda: self._client.list_collections(**self._patience)):
                if name.startswith(f"{alias}_") and name <= before:
                    self.drop(name)
        else:
            self._asked(lambda: self._client.create_alias(collection, alias, **self._patience))

    def drop(self, collection: str) -> None:
        self._asked(lambda: self._client.drop_collection(collection, **self._patience))

    def dimension(self, collection: str) -> int:
        """Return how many values a vector has there. Raises: IndexUnusableError if it is not there."""
        fields = self._described(collection)["fields"]
        return int(next(field["params"]["dim"] for field in fields if field["name"] == "vector"))

    def close(self) -> None:
        self._asked(self._client.close)

    def _described(self, collection: str) -> dict[str, Any]:
        described: dict[str, Any] = self._asked(
            lambda: self._client.describe_collection(collection, **self._patience)
        )
        return described

    def _loaded(self, collection: str, call: Callable[[], T]) -> T:
        """Make a call that needs the collection in the server's memory, which a restart may have emptied."""
        try:
            return self._asked(call)
        except _NotLoadedError:
            self._asked(lambda: self._client.load_collection(collection, **self._patience))
            return self._asked(call)

    def _asked(self, call: Callable[[], T]) -> T:
        """Make a call. Raises: IndexUnusableError if what it needs is not there; IndexServerError."""
        from pymilvus.exceptions import MilvusException

        if (seconds := self._breaker.seconds_until_try()) > 0:
            raise IndexServerError(f"Milvus at {self._url} failed; it is asked again in {seconds:.0f} s")
        try:
            answer = call()
        except MilvusException as error:
            kind = _KINDS.get(error.code, IndexServerError)
            note = self._breaker.failed if kind is IndexServerError else self._breaker.succeeded
            note()
            raise kind(f"Milvus at {self._url}: {error.message}") from error
        self._breaker.succeeded()
        return answer


class _NotLoadedError(IndexServerError):
    """The collection is there and not in the server's memory."""


_KINDS: dict[int, type[VadeError]] = {_NOT_FOUND: IndexUnusableError, _NOT_LOADED: _NotLoadedError}


def _row(entry: IndexEntry, vector: Vectors) -> dict[str, Any]:
    return {
        "chunk": entry.chunk_id,
        "document": entry.document_id,
        "principals": _names(entry.principals, entry.document_id),
        "labels": _names(entry.labels, entry.document_id),
        "vector": vector,
    }


def _names(names: frozenset[str], document_id: int) -> list[str]:
    """Return as many names as an array holds: those left out find the document by its words alone."""
    if len(names) > _MOST_NAMES:
        log.warning("milvus.too_many_names", document=document_id, names=len(names), kept=_MOST_NAMES)
    return sorted(names)[:_MOST_NAMES]
