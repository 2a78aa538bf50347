"""Graph and lists when there are too many rows to look at each: near enough, and never past the scope."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pytest
from fakes.entries import entry
from hypothesis import given, settings
from hypothesis import strategies as st

from core.errors import IndexUnusableError
from core.values.search import AccessScope, Hit, IndexEntry
from llm.embedding.embedder import Vectors
from retrieval.dense.document_smoothing import SMOOTHING
from retrieval.dense.faiss_index import FaissIndex
from retrieval.dense.faiss_structures import Graph, Lists
from retrieval.dense.row_index import RowIndex
from retrieval.index import DenseIndex

DIMENSION, CHUNKS, TO_A_DOCUMENT = 32, 12_000, 4
# How many documents each of these may read.
SHARES = {"public": 1.0, "group:tenth": 0.1, "group:hundredth": 0.01, "user:one": 0.0004, "user:none": 0.0}
NAMES = st.frozensets(st.sampled_from(sorted(SHARES)))
LABELS = ("language:en", "language:zh", "tag:a")


@dataclass(frozen=True, kw_only=True)
class Shelf:
    """What all indexes of these tests hold: one that is exact, two that are tried, and those saved."""

    entries: dict[int, IndexEntry]
    queries: Vectors
    exact: FaissIndex
    tried: dict[str, RowIndex]
    saved: Path

    def open(self, kind: str, folder: Path | None = None, exactly: bool = True) -> RowIndex:
        """Open one as it was saved; unless `exactly`, it looks through no rows one by one."""
        folder = folder or self.saved / kind
        structure = (
            Graph(DIMENSION, folder, **{} if exactly else {"rows_per_candidate": 0})
            if kind == "graph"
            else Lists(DIMENSION, self.saved, folder, **{} if exactly else {"exact_rows": 0})
        )
        return RowIndex(DIMENSION, structure, folder)


def clustered(random: np.random.Generator, rows: int) -> Vectors:
    """Return unit rows around two hundred middles, as the texts of a company lie around its topics."""
    middles = random.standard_normal((200, DIMENSION))
    found = middles[random.integers(0, 200, rows)] + 0.5 * random.standard_normal((rows, DIMENSION))
    return np.asarray(found / np.linalg.norm(found, axis=1, keepdims=True), np.float32)


def written(random: np.random.Generator) -> list[IndexEntry]:
    vectors = clustered(random, CHUNKS)
    entries = []
    for number in range(0, CHUNKS, TO_A_DOCUMENT):
        readers = [name for name, share in SHARES.items() if random.random() < share]
        labels = frozenset(random.choice(LABELS, random.integers(0, 3)))
        for chunk in range(number, number + TO_A_DOCUMENT):
            plain = entry(chunk + 1, "pump", *readers, document_id=number + 1, labels=labels)
            fields = {name: getattr(plain, name) for name in plain.__slots__}
            entries.append(IndexEntry(**fields | {"vector": vectors[chunk].tobytes()}))
    return entries


@pytest.fixture(scope="module")
def shelf(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shelf]:
    random = np.random.default_rng(0)
    entries = written(random)
    saved = tmp_path_factory.mktemp("saved")
    exact, graph = FaissIndex(DIMENSION), RowIndex(DIMENSION, Graph(DIMENSION, rows_per_candidate=0))
    lists = RowIndex(DIMENSION, Lists(DIMENSION, saved, exact_rows=0))
    for index in (exact, graph, lists):
        index.replace({each.document_id for each in entries}, entries)
    tried = {"graph": graph, "lists": lists}
    for kind, index in tried.items():
        (saved / kind).mkdir()
        index.save(saved / kind)  # makes the lists
    yield Shelf(
        entries={each.chunk_id: each for each in entries},
        queries=clustered(random, 40),
        exact=exact,
        tried=tried,
        saved=saved,
    )
    for index in (exact, graph, lists):
        index.close()


def share_found(shelf: Shelf, index: DenseIndex, *held: str) -> float:
    """Return the share of the ten nearest that an index finds, over all queries."""
    scope = AccessScope(frozenset(held))
    return float(
        np.mean(
            [
                len(ids(index.search(query, scope, 10)) & ids(shelf.exact.search(query, scope, 10))) / 10
                for query in shelf.queries
            ]
        )
    )


def ids(hits: list[Hit]) -> set[int]:
    return {hit.chunk_id for hit in hits}


@pytest.mark.parametrize(("kind", "least"), [("graph", 0.97), ("lists", 0.9)])
@pytest.mark.parametrize("held", ["public", "group:tenth"])
def test_nearly_all_of_the_nearest_are_found(shelf: Shelf, kind: str, held: str, least: float) -> None:
    assert share_found(shelf, shelf.tried[kind], held) >= least


@pytest.mark.parametrize("kind", ["graph", "lists"])
@given(held=NAMES, labels=st.lists(st.frozensets(st.sampled_from(LABELS)), max_size=2), data=st.data())
@settings(max_examples=40)
def test_no_structure_finds_rows_outside_scope_and_labels(
    shelf: Shelf, kind: str, held: frozenset[str], labels: list[frozenset[str]], data: st.DataObject
) -> None:
    query = shelf.queries[data.draw(st.integers(0, len(shelf.queries) - 1))]
    limit = data.draw(st.integers(1, 200))
    hits = shelf.tried[kind].search(query, AccessScope(held), limit, tuple(labels))
    assert len(hits) == len(ids(hits)) <= limit
    for hit in hits:
        found = shelf.entries[hit.chunk_id]
        assert found.principals & held
        assert all(found.labels & group for group in labels)
    assert [hit.score for hit in hits] == sorted((hit.score for hit in hits), reverse=True)


@pytest.mark.parametrize("kind", ["graph", "lists"])
def test_a_narrow_scope_is_looked_through_row_by_row(shelf: Shelf, kind: str) -> None:
    index = shelf.open(kind)
    for held in ("group:tenth", "group:hundredth", "user:one"):
        assert share_found(shelf, index, held) > 0.99, "but for rounding, exact"
    index.close()


@pytest.mark.parametrize("kind", ["graph", "lists"])
def test_what_is_removed_or_comes_later_is_known_at_once_and_after_opening(
    shelf: Shelf, kind: str, tmp_path: Path
) -> None:
    public = AccessScope(frozenset({"public"}))
    query = shelf.queries[0]
    index = shelf.open(kind, exactly=False)
    nearest = index.search(query, public, 1)[0]
    assert shelf.tried[kind].search(query, public, 1) == [nearest]
    document = shelf.entries[nearest.chunk_id].document_id
    index.replace({document}, [])
    assert nearest.chunk_id not in ids(index.search(query, public, 200))
    copy = entry(CHUNKS + 1, "pump", "public", document_id=document, dimension=DIMENSION)
    index.replace({document}, [copy])
    asked = np.frombuffer(copy.vector, "<f4")
    assert index.search(asked, public, 1)[0].chunk_id == CHUNKS + 1
    index.save(tmp_path)
    again = shelf.open(kind, tmp_path, exactly=False)
    assert again.ids().tolist() == index.ids().tolist()
    assert again.search(asked, public, 5) == index.search(asked, public, 5)
    for one in (index, again):
        one.close()


@pytest.mark.parametrize("kind", ["graph", "lists"])
def test_nothing_of_a_vector_that_is_gone_stays_in_what_is_saved(
    shelf: Shelf, kind: str, tmp_path: Path
) -> None:
    index = shelf.open(kind)
    row = np.random.default_rng(1).standard_normal(DIMENSION).astype(np.float32)
    secret = entry(CHUNKS + 1, "pump", "public", document_id=CHUNKS + 1, dimension=DIMENSION)
    fields = {name: getattr(secret, name) for name in secret.__slots__}
    unit = np.asarray(row / np.linalg.norm(row), np.float32)
    index.replace({CHUNKS + 1}, [IndexEntry(**fields | {"vector": unit.tobytes()})])
    trace = (unit + SMOOTHING * unit).astype(np.float16).tobytes()[:16]
    for number, there in enumerate((True, False)):
        folder = tmp_path / str(number)
        folder.mkdir()
        index.save(folder)
        assert any(trace in path.read_bytes() for path in folder.iterdir()) is there
        index.replace({CHUNKS + 1}, [])
    index.close()


def test_when_half_of_all_is_gone_the_rest_is_found(shelf: Shelf) -> None:
    gone = {each.document_id for each in shelf.entries.values() if each.document_id // TO_A_DOCUMENT % 2}
    exact = FaissIndex(DIMENSION)
    kept = [each for each in shelf.entries.values() if each.document_id not in gone]
    exact.replace({each.document_id for each in kept}, kept)
    left = replace(shelf, exact=exact)
    for kind, least in (("graph", 0.97), ("lists", 0.9)):
        index = shelf.open(kind, exactly=False)
        index.replace(gone, [])
        assert share_found(left, index, "public") >= least
        index.close()


def test_an_index_most_of_whose_rows_are_empty_is_worn(tmp_path: Path) -> None:
    index = RowIndex(DIMENSION, Lists(DIMENSION, tmp_path))
    for number in range(1, 4):
        chunks = [
            entry(5000 * number + row, "pump", document_id=1, dimension=DIMENSION) for row in range(5000)
        ]
        assert not index.is_worn()
        index.replace({1}, chunks)
    index.replace({1}, [])
    assert index.is_worn()
    index.close()


def test_vectors_without_their_rows_are_refused(shelf: Shelf, tmp_path: Path) -> None:
    graph = shelf.tried["graph"]
    for name in ("one", "other"):
        (tmp_path / name).mkdir()
        graph.save(tmp_path / name)
    smaller = RowIndex(DIMENSION, Graph(DIMENSION))
    smaller.replace({1}, [entry(1, "pump", dimension=DIMENSION)])
    smaller.save(tmp_path / "other")
    (tmp_path / "other" / "rows.npy").write_bytes((tmp_path / "one" / "rows.npy").read_bytes())
    with pytest.raises(IndexUnusableError, match="1 vectors for 12000 rows"):
        RowIndex(DIMENSION, Graph(DIMENSION, tmp_path / "other"), tmp_path / "other")
    with pytest.raises(IndexUnusableError, match="vectors of 32 values, not 16"):
        Graph(16, tmp_path / "one")
