"""The real indexes against brute force: the same hits with the same scores."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from fakes.entries import DIMENSION, entry
from fakes.index import FakeDenseIndex, FakeLexicalIndex
from hypothesis import given, settings
from hypothesis import strategies as st
from integration.retrieval.index_kinds import EVERYBODY

from core.errors import IndexUnusableError
from core.text.language import terms
from core.values.documents import BlockKind
from core.values.search import AccessScope, Hit, IndexEntry
from llm.embedding.embedder import Vectors
from retrieval.dense.faiss_index import FaissIndex
from retrieval.words.tantivy_index import TantivyIndex

WORDS = st.sampled_from(
    ["Oil Leak Test (OLT)", "pump", "valve", "grease", "leak", "e-42", "e-43", "0x1f00", "压力", "bearing"]
)
TEXTS = st.lists(WORDS, min_size=1, max_size=3).map(" ".join)
CHUNKS = st.lists(
    st.tuples(st.integers(1, 4), TEXTS, TEXTS, st.sampled_from([BlockKind.PARAGRAPH, BlockKind.ROW])),
    min_size=1,
    max_size=10,
)
# The documents that everybody may read; the others must not have a part in any score or count.
READABLE = st.frozensets(st.integers(1, 4), min_size=1)


def unit_rows(random: np.random.Generator, count: int) -> Vectors:
    rows = random.standard_normal((count, DIMENSION)).astype(np.float32)
    return np.asarray(rows / np.linalg.norm(rows, axis=1, keepdims=True), np.float32)


def shelf(random: np.random.Generator, names: list[str], chunks: int) -> list[IndexEntry]:
    """Return entries with random vectors, three to a document, each document with readers of its own."""
    readers = [frozenset(random.choice(names, size=random.integers(0, 3))) for _ in range(chunks)]
    return [
        replace(
            entry(number, "pump", *readers[number // 3], document_id=number // 3 + 1), vector=row.tobytes()
        )
        for number, row in enumerate(unit_rows(random, chunks))
    ]


@pytest.mark.parametrize("seed", range(3))
def test_dense_search_is_exact_for_every_scope(seed: int) -> None:
    random = np.random.default_rng(seed)
    names = ["public", "user:ann", "group:field", "group:night"]
    entries = shelf(random, names, 300)
    exact, faiss = FakeDenseIndex(), FaissIndex(DIMENSION)
    for index in (exact, faiss):
        index.replace({each.document_id for each in entries}, entries)
    for query in unit_rows(random, 5):
        for held in ({"public"}, {"user:ann", "group:night"}, set(names)):
            scope = AccessScope(frozenset(held))
            assert_same(faiss.search(query, scope, 20), exact.search(query, scope, 20))


@given(CHUNKS, TEXTS, READABLE)
@settings(max_examples=30)
def test_lexical_search_is_bm25_over_the_three_views(
    tmp_path_factory: pytest.TempPathFactory,
    chunks: list[tuple[int, str, str, BlockKind]],
    question: str,
    readable: frozenset[int],
) -> None:
    ordered = sorted(chunks, key=lambda chunk: chunk[0])
    entries = [
        entry(
            number,
            text,
            "public" if document in readable else "user:ann",
            document_id=document,
            context=context,
            kind=kind,
        )
        for number, (document, context, text, kind) in enumerate(ordered, start=1)
    ]
    exact = FakeLexicalIndex()
    tantivy = TantivyIndex(tmp_path_factory.mktemp("scratch"), 1.0)
    documents = {each.document_id for each in entries}
    exact.replace(documents, entries)
    tantivy.replace(documents, entries)
    query = terms(question)
    found = tantivy.search(query, EVERYBODY, 100)
    assert {hit.chunk_id: pytest.approx(hit.score, rel=1e-9) for hit in found} == {
        hit.chunk_id: hit.score for hit in exact.search(query, EVERYBODY, 100)
    }
    assert tantivy.frequencies(query, EVERYBODY) == exact.frequencies(query, EVERYBODY)
    assert tantivy.phrase_frequency(query, EVERYBODY) == exact.phrase_frequency(query, EVERYBODY)
    for beginning in ("", "p", question[:3]):
        assert tantivy.spellings(beginning, EVERYBODY) == exact.spellings(beginning, EVERYBODY)
    for form in ("olt", "oil leak test", "ol"):
        assert tantivy.forms(form, EVERYBODY) == exact.forms(form, EVERYBODY)
    tantivy.close()


def test_vectors_of_another_length_are_refused(tmp_path: Path) -> None:
    index = FaissIndex(DIMENSION)
    index.replace({1}, [entry(1, "pump", "public")])
    index.save(tmp_path)
    with pytest.raises(IndexUnusableError, match="vectors of 16 values, not 32"):
        FaissIndex(2 * DIMENSION, tmp_path)


def assert_same(found: list[Hit], exact: list[Hit]) -> None:
    assert [hit.chunk_id for hit in found] == [hit.chunk_id for hit in exact]
    assert [hit.score for hit in found] == pytest.approx([hit.score for hit in exact], abs=1e-5)
