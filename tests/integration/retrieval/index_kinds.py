"""Every index that the contract holds for, each behind the same few calls."""

import atexit
import json
import tempfile
import uuid
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from fakes.embedder import embedding
from fakes.entries import DIMENSION
from fakes.index import FakeDenseIndex, FakeLexicalIndex
from fakes.servers.milvus_server import milvus_server

from core.settings import MilvusSettings
from core.text.language import terms
from core.values.search import AccessScope, Hit, IndexEntry, LabelFilter
from retrieval.dense.faiss_index import FaissIndex
from retrieval.dense.faiss_structures import Graph, Lists
from retrieval.dense.milvus_index import MilvusIndex
from retrieval.dense.row_index import RowIndex
from retrieval.dense.torch_structure import TorchRows
from retrieval.index import Index
from retrieval.words.tantivy_index import TantivyIndex

EVERYBODY = AccessScope(frozenset({"public"}))


@dataclass(frozen=True)
class Kind:
    """How to make an index of one kind, with a scratch folder of its own, and how to ask it."""

    name: str
    make: Callable[[Path, Path | None], Any]
    query: Callable[[str], Any]

    def holding(self, scratch: Path, entries: Sequence[IndexEntry]) -> Any:
        """Return an index that holds `entries`."""
        index: Index = self.make(scratch, None)
        index.replace({entry.document_id for entry in entries}, entries)
        return index

    def find(
        self,
        index: Any,
        text: str,
        scope: AccessScope = EVERYBODY,
        limit: int = 100,
        labels: LabelFilter = (),
    ) -> list[Hit]:
        """Return what the index finds for a text."""
        found: list[Hit] = index.search(self.query(text), scope, limit, labels)
        return found


def _vector(text: str) -> Any:
    return embedding(text, DIMENSION)


def _graph(scratch: Path, folder: Path | None) -> RowIndex:
    """Return a graph that is walked however few rows are allowed."""
    return RowIndex(DIMENSION, Graph(DIMENSION, folder, rows_per_candidate=0), folder)


def _lists(scratch: Path, folder: Path | None) -> RowIndex:
    return RowIndex(DIMENSION, Lists(DIMENSION, scratch, folder), folder)


def _torch(scratch: Path, folder: Path | None) -> RowIndex:
    return RowIndex(DIMENSION, TorchRows(DIMENSION, "cpu", folder), folder)


@cache
def _milvus_settings() -> MilvusSettings:
    """Start a server that ends with the tests."""
    running = ExitStack()
    atexit.register(running.close)
    folder = running.enter_context(tempfile.TemporaryDirectory())
    settings, _ = running.enter_context(milvus_server(Path(folder)))
    return settings


def _milvus(scratch: Path, folder: Path | None) -> MilvusIndex:
    """Return an index of a name of its own, or the one that a folder points to."""
    name = uuid.uuid4().hex
    pointer = folder and folder / "milvus.json"
    if pointer and pointer.exists() and pointer.read_text().endswith("}"):
        name = json.loads(pointer.read_text())["alias"].removeprefix("vademecum_")
    return MilvusIndex(DIMENSION, _milvus_settings(), name, folder)


DENSE = (
    Kind("FakeDenseIndex", lambda scratch, folder: FakeDenseIndex(folder), _vector),
    Kind("FaissIndex", lambda scratch, folder: FaissIndex(DIMENSION, folder), _vector),
    Kind("Graph", _graph, _vector),
    Kind("Lists", _lists, _vector),
    Kind("TorchRows", _torch, _vector),
    Kind("MilvusIndex", _milvus, _vector),
)
LEXICAL = (
    Kind("FakeLexicalIndex", lambda scratch, folder: FakeLexicalIndex(folder), terms),
    Kind("TantivyIndex", lambda scratch, folder: TantivyIndex(scratch, 1.0, folder), terms),
)
KINDS = (*DENSE, *LEXICAL)
