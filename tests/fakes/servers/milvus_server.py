"""Milvus on loopback: milvus-lite behind its own gRPC, with what a server does and lite does not.

Lite knows no filter templates and no index on an array. Here a template's values are put in as a
server does it: as values, each a literal of its own, whatever characters it holds.
"""

import re
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import grpc
from milvus_lite.adapter.grpc.servicer import MilvusServicer
from milvus_lite.db import MilvusLite
from pymilvus.grpc_gen import common_pb2, milvus_pb2, milvus_pb2_grpc

from core.settings import MilvusSettings

# Milvus's own words for what it may refuse.
REFUSALS = {
    9: "quota exceeded[reason=disk quota exceeded, please allocate more resources]",
    2: "service unavailable: the node is not ready",
}
# What lite's strings cannot hold as it is; the backslash is put first.
ESCAPED = {"\\": "\\", '"': '"', "\n": "n", "\r": "r"}


class Servicer(MilvusServicer):  # type: ignore[misc]  # the vendor's class has no types
    """Lite, with templates; `refusing` makes it refuse every call on data with that code."""

    refusing = 0

    def __init__(self, db: MilvusLite) -> None:
        super().__init__(db)
        self.filters: list[str] = []

    def Search(self, request: Any, context: Any) -> Any:
        self.filters.append(request.dsl)
        request.dsl = _filled(request.dsl, request.expr_template_values)
        return self._refused(milvus_pb2.SearchResults) or super().Search(request, context)

    def Query(self, request: Any, context: Any) -> Any:
        request.expr = _filled(request.expr, request.expr_template_values)
        return self._refused(milvus_pb2.QueryResults) or super().Query(request, context)

    def Delete(self, request: Any, context: Any) -> Any:
        request.expr = _filled(request.expr, request.expr_template_values)
        return self._refused(milvus_pb2.MutationResult) or super().Delete(request, context)

    def Upsert(self, request: Any, context: Any) -> Any:
        return self._refused(milvus_pb2.MutationResult) or super().Upsert(request, context)

    def CreateIndex(self, request: Any, context: Any) -> Any:
        kinds = {pair.value for pair in request.extra_params if pair.key == "index_type"}
        return common_pb2.Status() if kinds == {"INVERTED"} else super().CreateIndex(request, context)

    def forget(self, collection: str) -> None:
        """Put a collection out of memory, as it is after some restarts."""
        self.ReleaseCollection(milvus_pb2.ReleaseCollectionRequest(collection_name=collection), None)

    def _refused(self, kind: Any) -> Any:
        status = common_pb2.Status(code=self.refusing, reason=REFUSALS.get(self.refusing, ""))
        return kind(status=status) if self.refusing else None


@contextmanager
def milvus_server(folder: Path, port: int = 0) -> Iterator[tuple[MilvusSettings, Servicer]]:
    """Run a server over a folder; give the settings that find it, and the server itself."""
    db = MilvusLite(str(folder))
    servicer = Servicer(db)
    server = grpc.server(ThreadPoolExecutor(4))
    milvus_pb2_grpc.add_MilvusServiceServicer_to_server(servicer, server)
    port = server.add_insecure_port(f"127.0.0.1:{port}")
    server.start()
    try:
        yield MilvusSettings(url=f"http://127.0.0.1:{port}", seconds=5), servicer
    finally:
        server.stop(0).wait()
        db.close()


def _filled(template: str, values: Any) -> str:
    return re.sub(r"\{(\w+)\}", lambda found: _literal(values[found.group(1)]), template)


def _literal(value: Any) -> str:
    kind = value.WhichOneof("val")
    if kind != "array_val":
        return _quoted(getattr(value, kind))
    items = getattr(value.array_val, value.array_val.WhichOneof("data")).data
    return f"[{', '.join(map(_quoted, items))}]"


def _quoted(value: str | int) -> str:
    if isinstance(value, int):
        return str(value)
    for character, name in ESCAPED.items():
        value = value.replace(character, f"\\{name}")
    return f'"{value}"'
