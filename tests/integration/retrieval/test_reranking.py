"""A reranker changes the order and nothing else; without it, or the embedder, the search goes on."""

from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
import pytest
from fakes.application import make_app
from fakes.embedder import FakeEmbedder
from fakes.source import FakeSource

from api.app import App
from core.errors import ModelUnavailableError, ServerDownError
from core.permissions import scope_of
from core.settings import RetrievalSettings
from core.values.notices import BY_WORDS_ONLY, NOT_RERANKED
from llm.embedding.embedder import Vectors
from llm.reranking.reranker import Scores
from retrieval.search import Results, Searcher


class FakeReranker:
    """Likes a text the more, the longer it is; `read` keeps what it was given."""

    name = "fake"

    def __init__(self, error: Exception | None = None, reads_cjk: bool = False) -> None:
        self.error = error
        self.reads_cjk = reads_cjk
        self.read: list[str] = []

    def scores(self, question: str, texts: Sequence[str]) -> Scores:
        if self.error:
            raise self.error
        self.read.extend(texts)
        return np.array([min(len(text) / 1000, 1.0) for text in texts], np.float32)


class SilentEmbedder(FakeEmbedder):
    """An embedder behind a server that has gone `away`."""

    away = False

    def embed(self, texts: Sequence[str]) -> Vectors:
        if self.away:
            raise ServerDownError(retry_after_seconds=3)
        return super().embed(texts)


@pytest.fixture
def app(tmp_path: Path) -> Iterator[App]:
    app = make_app(tmp_path, FakeEmbedder())
    source = FakeSource()
    source.put("short.md", "# Pumps\n\nPump pump pump.", "public")
    source.put("long.md", "# Valves\n\nBeside a valve there may be a pump, and much is said of it.", "public")
    source.put("secret.md", "The pump of Ann is described at length here, in every detail.", "user:ann")
    source.put("code.md", "E-42 is the pump's code, 泵.", "public")
    app.ingestion.ingest(source)
    yield app
    app.close()


def search(
    app: App, reranker: FakeReranker | None, question: str = "pump", reranked: int = 30, weight: float = 1.0
) -> Results:
    settings = RetrievalSettings(reranked=reranked, rerank_weight=weight)
    indexes = app.indexes
    searcher = Searcher(app.database, indexes.serving, indexes.lexical, settings, reranker)
    return searcher.search(question, scope_of(None), 10)


def found(app: App, reranker: FakeReranker | None, question: str = "pump", reranked: int = 30) -> list[str]:
    passages = search(app, reranker, question, reranked).passages
    return [passage.uri.rsplit("/", 1)[-1] for passage in passages]


def test_a_reranker_orders_the_passages(app: App) -> None:
    reranker = FakeReranker()
    assert found(app, None)[0] == "short.md"
    assert found(app, reranker) == ["long.md", "code.md", "short.md"]
    assert any(text.startswith("Valves\n") and "Beside a valve" in text for text in reranker.read)


def test_a_reranker_has_its_share_of_the_score(app: App) -> None:
    plain = {one.uri: one.score for one in search(app, None).passages}
    for weight in (0.0, 0.3):
        for passage in search(app, FakeReranker(), weight=weight).passages:
            read = min(len(passage.indexed_text) / 1000, 1.0)
            assert passage.score == pytest.approx((1 - weight) * plain[passage.uri] + weight * read)
    assert found(app, None)[0] == "short.md"


def test_a_reranker_reads_the_section_around_a_chunk(tmp_path: Path) -> None:
    app = make_app(tmp_path, FakeEmbedder())
    source = FakeSource()
    steps = "\n\n".join(f"Step {number} of the pump. " + "Turn it. " * 60 for number in range(3))
    source.put("steps.md", f"# Pumps\n\n## Start\n\n{steps}", "public")
    app.ingestion.ingest(source)
    reranker = FakeReranker()
    passages = search(app, reranker).passages
    app.close()
    first = next(text for text in reranker.read if "Step 0" in text)
    assert "Step 1" in first
    assert not any("Step 0" in one.text and "Step 1" in one.text for one in passages), "as narrow as before"


@pytest.mark.parametrize(("reads_cjk", "question", "is_read"), [
    (False, "泵的转速是多少？", False),
    (True, "泵的转速是多少？", True),
    (False, "pump 泵", True),
])  # fmt: skip
def test_a_reranker_is_not_asked_in_a_language_that_it_cannot_read(
    app: App, reads_cjk: bool, question: str, is_read: bool
) -> None:
    reranker = FakeReranker(reads_cjk=reads_cjk)
    assert search(app, reranker, question).notices == ()
    assert bool(reranker.read) is is_read


def test_a_reranker_gets_only_readable_passages(app: App) -> None:
    reranker = FakeReranker()
    found(app, reranker)
    assert reranker.read
    assert not any("Ann" in text for text in reranker.read)


def test_exact_things_come_first_all_the_same(app: App) -> None:
    assert found(app, FakeReranker(), "the pump and 'its' \"is the pump's code\"")[0] == "code.md"


def test_a_reranker_that_is_down_keeps_the_order(app: App) -> None:
    down = FakeReranker(ModelUnavailableError("no answer"))
    assert found(app, down) == found(app, None)
    assert search(app, down).notices == (NOT_RERANKED,)
    assert search(app, FakeReranker()).notices == ()


def test_while_the_embedder_is_down_words_are_enough(tmp_path: Path) -> None:
    embedder = SilentEmbedder()
    app = make_app(tmp_path, embedder)
    source = FakeSource()
    source.put("a.md", "The pump P-7 runs at 2900 rpm.", "public")
    source.put("b.md", "The pump of Ann.", "user:ann")
    app.ingestion.ingest(source)
    embedder.away = True
    results = app.searcher.search("pump", scope_of(None), 10)
    assert [passage.uri.rsplit("/", 1)[-1] for passage in results.passages] == ["a.md"]
    assert results.notices == (BY_WORDS_ONLY,)
    answer = app.answerer.answer("At how many rpm does the pump P-7 run?", scope_of(None))
    assert "2900 rpm" in answer.text
    assert answer.notices == (BY_WORDS_ONLY,)
    embedder.away = False
    assert app.answerer.answer("At how many rpm does the pump P-7 run?", scope_of(None)).notices == ()
    app.close()
