"""Every index that the contract holds for, each behind the same few calls."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from fakes.embedder import embedding
from fakes.entries import DIMENSION
from fakes.index import FakeDenseIndex, FakeLexicalIndex

from core.language import terms
from core.values import AccessScope, Hit, IndexEntry, LabelFilter
from retrieval.faiss_index import FaissIndex
from retrieval.faiss_structures import Graph, Lists
from retrieval.index import Index
from retrieval.row_index import RowIndex
from retrieval.tantivy_index import TantivyIndex
from retrieval.torch_structure import TorchRows

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


DENSE = (
    Kind("FakeDenseIndex", lambda scratch, folder: FakeDenseIndex(folder), _vector),
    Kind("FaissIndex", lambda scratch, folder: FaissIndex(DIMENSION, folder), _vector),
    Kind("Graph", _graph, _vector),
    Kind("Lists", _lists, _vector),
    Kind("TorchRows", _torch, _vector),
)
LEXICAL = (
    Kind("FakeLexicalIndex", lambda scratch, folder: FakeLexicalIndex(folder), terms),
    Kind("TantivyIndex", lambda scratch, folder: TantivyIndex(scratch, 1.0, folder), terms),
)
KINDS = (*DENSE, *LEXICAL)
