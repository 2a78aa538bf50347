"""The calls that are made of a Milvus server, with its errors in our words; nothing else imports pymilvus."""

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

# Rows in one request, well below the 64 MB that a server takes; and in one answer.
ROWS_AT_ONCE, _PAGE = 500, 10_000
# The most that an array of a Milvus row may hold, and bytes of a principal or label.
MOST_NAMES, _NAME_BYTES = 4096, 1280
# Milvus's codes (internal/pkg merr): the collection is not there; it is there and not in memory.
_NOT_FOUND, _NOT_LOADED = 100, 101
# After so many failures in a row, a server is left alone for so long.
_FAILURES, _REST_SECONDS = 3, 15.0


def make_breaker() -> CircuitBreaker:
    """Return what spares a server that failed further calls for a while."""
    return CircuitBreaker(_FAILURES, _REST_SECONDS, time.monotonic)


class MilvusServer:
    """A connection to a Milvus server.

    Raises, whatever it is asked: IndexUnusableError if what it needs is not there; IndexServerError.
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
        self._client = self._asked(
            lambda: MilvusClient(settings.url, token=token, db_name=database, **self._patience)
        )

    def create(self, collection: str, dimension: int) -> None:
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
        for first in range(0, len(chunks), ROWS_AT_ONCE):
            how = {"ids": list(chunks[first : first + ROWS_AT_ONCE]), "output_fields": ["vector"]}
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
        except IndexNotLoadedError:
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


_KINDS: dict[int, type[VadeError]] = {_NOT_FOUND: IndexUnusableError, _NOT_LOADED: IndexNotLoadedError}
