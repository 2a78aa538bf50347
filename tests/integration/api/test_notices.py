"""Whoever asks is told what a search had to do without: over HTTP, on a terminal, and in the log."""

import socket
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from fakes.application import make_app
from fakes.embedder import FakeEmbedder
from fakes.source import FakeSource
from fastapi.testclient import TestClient
from structlog.testing import capture_logs

from api.app import App, build
from api.http.server import make_http
from core.errors import ServerDownError
from core.permissions import scope_of
from core.settings import load_settings
from core.values.documents import ParsedDocument
from core.values.notices import (
    BY_EXTRACTION,
    BY_WORDS_ONLY,
    INDEX_BEHIND,
    INDEX_RESTORED,
    INSTALL_OCR,
    Notice,
    newest_unread,
)
from ingest.parsers.formats import parse
from llm.embedding.embedder import Vectors
from llm.embedding.opening import DeferredEmbedder

QUESTION = "At how many rpm does the pump P-7 run?"
PUMP = "# Pump\n\nThe pump P-7 runs at 2900 rpm.\n"
DOWN = {"model": "absent", "connect_seconds": 0.5, "tries": 1}


@pytest.fixture(scope="module")
def closed_port() -> Iterator[int]:
    """Give a port on which nothing answers: it is taken, but nobody listens."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        yield taken.getsockname()[1]


@pytest.fixture
def app(tmp_path: Path) -> Iterator[App]:
    made = with_pump(tmp_path)
    yield made
    made.close()


def with_pump(data_dir: Path, **overrides: Any) -> App:
    app = make_app(data_dir, **overrides)
    source = FakeSource()
    source.put("pump.md", PUMP, "public")
    app.ingestion.ingest(source)
    return app


def asked(app: App) -> tuple[dict[str, Any], list[str]]:
    """Return the answer over HTTP, and the names of the warnings in the log."""
    with capture_logs() as logs, TestClient(make_http(app), base_url="http://localhost") as client:
        answer = client.post("/v1/ask", json={"question": QUESTION}).json()
    return answer, [one["event"] for one in logs if one["log_level"] == "warning"]


def texts(*notices: Notice) -> list[str]:
    return [notice.text for notice in notices]


def test_a_search_and_an_answer_by_words_alone_say_so(
    vade: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "pump.md").write_text(PUMP, "utf-8")
    assert vade("ingest", "--public", str(tmp_path / "pump.md"))[0] == 0
    code, found = vade("search", "--json", QUESTION)
    assert (code, len(found["hits"]), found["notices"]) == (0, 1, [])

    def down(*asked: Any) -> Vectors:
        raise ServerDownError("no answer")

    monkeypatch.setattr(DeferredEmbedder, "embed", down)
    monkeypatch.setattr(DeferredEmbedder, "embed_question", down)
    for command in ("search", "ask"):
        code, told = vade(command, "--json", QUESTION)
        assert (code, told["notices"]) == (0, texts(BY_WORDS_ONLY))
        code, text = vade(command, QUESTION)
        assert text.splitlines()[0] == BY_WORDS_ONLY.text
        assert "2900 rpm" in text


def test_without_the_chat_models_server_the_extractive_answer_says_so(
    tmp_path: Path, closed_port: int
) -> None:
    remote = {"url": f"http://127.0.0.1:{closed_port}/v1", **DOWN}
    app = with_pump(tmp_path, llm={"generator": "remote", "remote": remote})
    answer, logged = asked(app)
    assert answer["text"] == "The pump P-7 runs at 2900 rpm."
    assert answer["notices"] == texts(BY_EXTRACTION)
    assert "generator.fallback" in logged
    app.close()


def test_readyz_tells_that_the_chat_models_server_is_dead(tmp_path: Path, closed_port: int) -> None:
    remote = {"url": f"http://127.0.0.1:{closed_port}/v1", **DOWN}
    app = with_pump(tmp_path, llm={"generator": "remote", "remote": remote})
    with TestClient(make_http(app), base_url="http://localhost") as client:
        response = client.get("/readyz")
    assert response.status_code == 503
    assert "the model server does not answer" in response.json()["error"]["message"]
    app.close()


def test_a_restored_index_is_told_once(app: App, tmp_path: Path) -> None:
    app.indexes.close()
    for path in (tmp_path / "index").rglob("gen-*/*"):
        path.write_bytes(b"damaged")
    answer, logged = asked(app)
    assert answer["text"] == "The pump P-7 runs at 2900 rpm."
    assert answer["notices"] == texts(INDEX_RESTORED)
    assert logged.count("index.unusable") == 2, "the dense index and the word index"
    assert asked(app)[0]["notices"] == []


def test_an_index_that_stays_behind_is_told_until_it_has_caught_up(
    app: App, monkeypatch: pytest.MonkeyPatch
) -> None:
    with app.indexes.lexical.index() as index:
        own = type(index)

    def full(*changes: Any) -> None:
        raise OSError(28, "No space left on device")

    app.searcher.search(QUESTION, scope_of(None), 1)
    source = FakeSource()
    source.put("pump.md", PUMP, "public")
    source.put("valve.md", "The valve V-3 is shut.", "public")
    with monkeypatch.context() as patched:
        patched.setattr(own, "replace", full)
        app.pipeline.ingest(source)
        answer, logged = asked(app)
        assert answer["notices"] == texts(INDEX_BEHIND)
        assert "index.behind" in logged
    assert asked(app)[0]["notices"] == []


@pytest.mark.parametrize("refused", [False, True])
def test_a_document_with_pages_that_were_not_recognized_is_named(tmp_path: Path, refused: bool) -> None:
    unread = f"Pictures without text, not read; {INSTALL_OCR}: page 2."

    def scanned(content: bytes, name: str) -> ParsedDocument:
        return replace(parse(content, name, 10_000), notices=("Read by text recognition: page 1.", unread))

    app = build(load_settings(tmp_path), FakeEmbedder(), scanned)
    source = FakeSource()
    source.put("pump.md", "# Pump\n\nThe paint is green." if refused else PUMP, "public")
    app.ingestion.ingest(source)
    answer, _ = asked(app)
    assert answer["refused"] is refused
    assert answer["notices"] == [f"“Pump” was not read completely: {unread}"]
    app.close()


def test_a_search_names_hits_whose_newest_content_could_not_be_read(app: App) -> None:
    source = FakeSource()
    source.put("pump.md", b"", "public")
    app.ingestion.ingest(source)
    [notice] = app.searcher.look_up(QUESTION, scope_of(None), 5).notices
    assert (notice.code, "“Pump”" in notice.text) == (newest_unread("", "").code, True)
    with TestClient(make_http(app), base_url="http://localhost") as client:
        found = client.post("/v1/search", json={"question": QUESTION}).json()
    assert found["notices"] == texts(notice)
