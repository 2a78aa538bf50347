"""The client of a Milvus server, with its errors as ours; the only module that imports pymilvus."""

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial
from typing import Any, TypeVar

import numpy as np

from core.errors import IndexNotLoadedError, IndexServerError, IndexUnusableError, SettingsError, VadeError
from core.settings import MilvusSettings
from core.values.search import Hit
from llm.embedding.embedder import Vectors
from llm.servers.circuit import CircuitBreaker

T = TypeVar("T")

# Rows in one request, well below the server's limit of 64 MB, and rows in one answer.
ROWS_AT_ONCE, _PAGE = 500, 10_000
# The most values in an array of a Milvus row, and bytes of a principal or label.
MOST_NAMES, _NAME_BYTES = 4096, 1280
# Milvus's codes (internal/pkg merr): the collection does not exist; it is not loaded into memory.
_NOT_FOUND, _NOT_LOADED = 100, 101
# After so many failures in a row, the server gets no request for so long.
_FAILURES, _REST_SECONDS = 3, 15.0


def make_breaker() -> CircuitBreaker:
    """Return the circuit breaker of a server."""
    return CircuitBreaker(_FAILURES, _REST_SECONDS, time.monotonic)


# More than ten methods: one for each call that an index makes of Milvus; each is a few lines.
class MilvusServer:
    """A connection to a Milvus server.

    It has eleven methods, one for each request that an index makes: parted, its halves would share client,
    breaker and error translation.

    Raises, in every method: IndexUnusableError if a collection does not exist; IndexServerError.
    """

    def __init__(self, settings: MilvusSettings, breaker: CircuitBreaker) -> None:
        self._breaker = breaker
        try:
            from pymilvus import MilvusClient
        except ImportError as error:
            raise SettingsError("Milvus needs its client: pip install 'vademecum[milvus]'") from error
        self._url = settings.url
        self._patience = {"timeout": settings.seconds}
        token, database = settings.token.get_secret_value(), settings.database
        self._client = self._call(
            lambda: MilvusClient(settings.url, token=token, db_name=database, **self._patience)
        )

    def create(self, collection: str, dimension: int) -> None:
        """Create an empty collection with its indexes and load it."""
        from pymilvus import DataType, MilvusClient

        names = {"element_type": DataType.VARCHAR, "max_capacity": MOST_NAMES, "max_length": _NAME_BYTES}
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
        self._call(lambda: self._client.create_collection(collection, **how, **self._patience))
        # The collection is empty: there is no index to wait for.
        self._call(lambda: self._client.create_index(collection, indexes, sync=False, **self._patience))
        self._call(lambda: self._client.load_collection(collection, **self._patience))

    def nearest(
        self, collection: str, query: Vectors, limit: int, condition: str, values: Mapping[str, Any]
    ) -> list[Hit]:
        """Return the nearest rows that fulfil a condition, best first."""
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
            while page := self._call(pages.next):
                yield from ((int(row["chunk"]), int(row["document"])) for row in page)
        finally:
            self._call(pages.close)

    def vectors(self, collection: str, chunks: Sequence[int]) -> Vectors:
        """Return the vectors of chunks, in order; the collection must have all of them."""
        found: dict[int, Any] = {}
        for first in range(0, len(chunks), ROWS_AT_ONCE):
            how = {"ids": list(chunks[first : first + ROWS_AT_ONCE]), "output_fields": ["vector"]}
            get = partial(self._client.get, collection, **how, **self._patience)
            found |= {int(row["chunk"]): row["vector"] for row in self._loaded(collection, get)}
        return np.array([found[chunk] for chunk in chunks], np.float32).reshape(len(chunks), -1)

    def upsert(self, collection: str, rows: Sequence[Mapping[str, Any]]) -> None:
        """Insert rows, or replace those of the same chunks."""
        self._call(lambda: self._client.upsert(collection, list(rows), **self._patience))

    def delete(self, collection: str, documents: Sequence[int], kept: Sequence[int]) -> None:
        """Delete all rows of the documents but those of the chunks `kept`."""
        condition, values = "document in {documents}", {"documents": list(documents)}
        if kept:
            condition, values = f"{condition} and chunk not in {{kept}}", values | {"kept": list(kept)}
        self._loaded(
            collection,
            lambda: self._client.delete(collection, filter=condition, filter_params=values, **self._patience),
        )

    def flush(self, collection: str) -> None:
        """Make all writes durable."""
        self._call(lambda: self._client.flush(collection, **self._patience))

    def change_over(self, alias: str, collection: str) -> None:
        """Point the alias to this collection; drop its former one and unfinished older ones."""
        if self._call(lambda: self._client.has_collection(alias, **self._patience)):
            before = self._described(alias)["collection_name"]
            self._call(lambda: self._client.alter_alias(collection, alias, **self._patience))
            for name in self._call(lambda: self._client.list_collections(**self._patience)):
                if name.startswith(f"{alias}_") and name <= before:
                    self.drop(name)
        else:
            self._call(lambda: self._client.create_alias(collection, alias, **self._patience))

    def drop(self, collection: str) -> None:
        """Drop a collection."""
        self._call(lambda: self._client.drop_collection(collection, **self._patience))

    def dimension(self, collection: str) -> int:
        """Return the length of a vector. Raises: IndexUnusableError if the collection does not exist."""
        fields = self._described(collection)["fields"]
        return int(next(field["params"]["dim"] for field in fields if field["name"] == "vector"))

    def close(self) -> None:
        """Close the connection."""
        self._call(self._client.close)

    def _described(self, collection: str) -> dict[str, Any]:
        described: dict[str, Any] = self._call(
            lambda: self._client.describe_collection(collection, **self._patience)
        )
        return described

    def _loaded(self, collection: str, call: Callable[[], T]) -> T:
        """Make a call that needs a loaded collection; load it first if a restart unloaded it."""
        try:
            return self._call(call)
        except IndexNotLoadedError:
            self._call(lambda: self._client.load_collection(collection, **self._patience))
            return self._call(call)

    def _call(self, call: Callable[[], T]) -> T:
        """Make a call through the breaker and translate its errors."""
        from pymilvus.exceptions import MilvusException

        if (seconds := self._breaker.seconds_until_try()) > 0:
            raise IndexServerError(f"Milvus at {self._url} failed; next try in {seconds:.0f} s")
        try:
            answer = call()
        except MilvusException as error:
            kind = _KINDS.get(error.code, IndexServerError)
            note = self._breaker.failed if kind is IndexServerError else self._breaker.succeeded
            note()
            raise kind(f"Milvus at {self._url}: {error.message}") from error
        self._breaker.succeeded()
        return answer


_KINDS: dict[int, type[VadeError]] = {_NOT_FOUND: IndexUnusableError, _NOT_LOADED: IndexNotLoadedError}
