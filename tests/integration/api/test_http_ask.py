import json
import threading
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest
from fakes.embedder import FakeEmbedder
from fakes.source import FakeSource
from fakes.web import visiting
from fastapi.testclient import TestClient

from llm.embedding.embedder import Vectors
from retrieval.filter_check import NO_DOCUMENT

PUMP = "The pump P-7 runs at 2900 revolutions per minute."
CODE = "The override code of the panel HB-20 is 7319."
HOW_FAST = "At how many revolutions per minute does the pump P-7 run?"
WHICH_CODE = "What is the override code of the panel HB-20?"
OFF_TOPIC = "Which vaccinations are needed for Brazil?"

Event = tuple[str, Any]


def shelf() -> FakeSource:
    source = FakeSource()
    source.put("pump.md", f"# Pump P-7\n\n{PUMP} It weighs 41 kg.")
    source.put("valve.md", "# Valve V-11\n\nThe valve V-11 is tightened with 18 N·m.")
    source.put("panel.md", f"# Panel HB-20\n\n{CODE}", "group:field")
    return source


@pytest.fixture(scope="module")
def data_dir(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("data")


@pytest.fixture(scope="module")
def client(data_dir: Path) -> Iterator[TestClient]:
    """A visit to a shelf that no test changes."""
    with visiting(data_dir) as (client, app):
        app.ingestion.ingest(shelf())
        yield client


def ask(client: TestClient, question: str) -> dict[str, Any]:
    answer: dict[str, Any] = client.post("/v1/ask", json={"question": question}).raise_for_status().json()
    return answer


def stream(client: TestClient, question: str) -> list[Event]:
    response = client.post("/v1/ask", json={"question": question, "stream": True}).raise_for_status()
    assert response.headers["content-type"].startswith("text/event-stream")
    found: list[Event] = []
    for block in response.text.strip().split("\n\n"):
        name, data = block.split("\n")
        found.append((name.removeprefix("event: "), json.loads(data.removeprefix("data: "))))
    return found


def test_an_answer_keeps_the_contract(client: TestClient) -> None:
    answer = ask(client, HOW_FAST)
    assert set(answer) == {
        "text", "sentences", "citations", "refused", "reason", "confidence", "timings", "found", "near",
        "understood", "disagreements", "superseded", "notices", "blocks", "verdict",
    }  # fmt: skip
    assert (answer["refused"], answer["reason"], answer["found"]) == (False, "", [])
    [sentence], [citation] = answer["sentences"], answer["citations"]
    assert answer["text"] == sentence["text"] == citation["quote"] == PUMP
    assert sentence["citations"] == [0]
    assert (citation["title"], citation["version"], citation["page"]) == ("Pump P-7", 1, None)
    assert citation["uri"] == "fake:shelf/pump.md"
    assert citation["span"][1] - citation["span"][0] == len(PUMP)
    assert answer["confidence"] > 0.3
    [block] = answer["blocks"]
    assert block == {
        "kind": "paragraph", "text": PUMP, "items": [], "citations": [0], "sentences": [0], "more": "",
    }  # fmt: skip
    assert citation["after"].startswith(" It weighs 41 kg.")


@pytest.mark.parametrize("streamed", [False, True])
def test_a_follow_up_is_understood_by_what_was_asked_before(client: TestClient, streamed: bool) -> None:
    history = [
        {"question": "How is valve V-12 tightened?", "answer": ""},
        {"question": HOW_FAST, "answer": PUMP},
    ]
    body = {"question": "What does it weigh?", "history": history, "stream": streamed}
    response = client.post("/v1/ask", json=body).raise_for_status()
    answer = json.loads(response.text.rsplit("data: ", 1)[1]) if streamed else response.json()
    assert answer["understood"] == f"What does it weigh? ({HOW_FAST})"
    assert "41 kg" in answer["text"]
    assert ask(client, HOW_FAST)["understood"] == ""


def test_a_conversation_is_bounded(client: TestClient) -> None:
    for history in (
        [{"question": "What?"}] * 51,
        [{"question": ""}],
        [{"question": "What?", "answer": "x" * 20_001}],
    ):
        assert client.post("/v1/ask", json={"question": "Why?", "history": history}).status_code == 422


def test_what_the_documents_do_not_say_is_refused_with_a_reason(client: TestClient) -> None:
    answer = ask(client, OFF_TOPIC)
    assert (answer["refused"], answer["text"], answer["sentences"], answer["citations"]) == (True, "", [], [])
    assert "do not answer" in answer["reason"]
    assert {cited["uri"] for cited in answer["found"]} <= {"fake:shelf/pump.md", "fake:shelf/valve.md"}


def test_only_the_group_that_may_read_it_hears_the_code(client: TestClient, data_dir: Path) -> None:
    refused = client.post("/v1/ask", json={"question": WHICH_CODE}).text
    assert '"refused":true' in refused
    assert "7319" not in refused
    assert "panel.md" not in refused
    with visiting(data_dir, groups=["field"]) as (colleague, _):
        assert "7319" in ask(colleague, WHICH_CODE)["text"]


def test_a_stream_tells_its_sources_then_what_is_said_then_the_whole(client: TestClient) -> None:
    events = stream(client, HOW_FAST)
    names = [name for name, _ in events]
    assert names == sorted(names, key=["meta", "source", "token", "citation", "done"].index)
    assert set(names) == {"meta", "source", "token", "citation", "done"}
    told = {name: [data for other, data in events if other == name] for name in names}
    [done] = told["done"]
    assert told["meta"] == [{"question": HOW_FAST}]
    assert [token["text"] for token in told["token"]] == [each["text"] for each in done["sentences"]]
    assert [{**citation, "index": None} for citation in told["citation"]] == [
        {**citation, "index": None} for citation in done["citations"]
    ]
    assert [citation["index"] for citation in told["citation"]] == [0]
    assert told["source"][0]["uri"] == "fake:shelf/pump.md"
    assert [token["shape"]["kind"] for token in told["token"]] == ["paragraph"]


def test_a_stream_says_the_same_as_a_plain_answer(client: TestClient) -> None:
    for question in (HOW_FAST, OFF_TOPIC, WHICH_CODE):
        streamed, plain = dict(stream(client, question))["done"], ask(client, question)
        assert {**streamed, "timings": None} == {**plain, "timings": None}


def test_a_refusal_streams_no_words(client: TestClient) -> None:
    names = [name for name, _ in stream(client, OFF_TOPIC)]
    assert "token" not in names
    assert names[-1] == "done"


def test_a_search_shows_hits_best_first_with_their_context(client: TestClient) -> None:
    found = client.post("/v1/search", json={"question": HOW_FAST, "limit": 2}).json()
    assert found["notices"] == []
    hits = found["hits"]
    assert [hit["uri"] for hit in hits] == ["fake:shelf/pump.md", "fake:shelf/valve.md"]
    assert hits[0]["quote"].endswith("It weighs 41 kg.")
    assert hits[0]["context"] == "Pump P-7"
    assert hits[0]["score"] >= hits[1]["score"]


@pytest.mark.parametrize("path", ["/v1/ask", "/v1/search"])
@pytest.mark.parametrize(
    "body",
    [
        {},
        {"question": ""},
        {"question": "  "},
        {"question": 7},
        {"question": "x" * 20_001},
        {"question": "x", "as": "bob"},
    ],
)
def test_a_malformed_request_is_refused_in_the_one_form_of_errors(
    client: TestClient, path: str, body: dict[str, object]
) -> None:
    response = client.post(path, json=body)
    assert response.status_code == 422
    assert set(response.json()) == {"error"}
    assert response.json()["error"]["code"] == "input"
    assert response.json()["error"]["message"]


@pytest.mark.parametrize(
    ("wanted", "message"),
    [
        ({"sources": ["nosuch"]}, "is from the source 'nosuch'; known sources: fake:shelf."),
        ({"types": [".docx"]}, "is of the type '.docx'; known types: md."),
        ({"languages": ["german"]}, "is in the language 'german'"),
        ({"since": "2025-01-01", "as_of": "2024-01-01"}, "The filter ends before it begins"),
    ],
)
def test_filter_that_selects_nothing_is_an_error_with_a_code(
    client: TestClient, wanted: dict[str, object], message: str
) -> None:
    for path in ("/v1/ask", "/v1/search"):
        response = client.post(path, json={"question": HOW_FAST, "filter": wanted})
        assert (response.status_code, response.json()["error"]["code"]) == (422, "filter")
        assert message in response.json()["error"]["message"]
    streamed = client.post("/v1/ask", json={"question": HOW_FAST, "filter": wanted, "stream": True}).text
    assert '"code": "filter"' in streamed


def test_filter_in_other_words_and_an_unknown_value_beside_them(client: TestClient) -> None:
    for wanted, notices in (({"types": [".MD"]}, 0), ({"types": ["md", "docx"]}, 1)):
        found = client.post("/v1/search", json={"question": HOW_FAST, "filter": wanted}).json()
        answer = client.post("/v1/ask", json={"question": HOW_FAST, "filter": wanted}).json()
        assert found["hits"]
        assert answer["text"] == PUMP
        assert [len(one["notices"]) for one in (found, answer)] == [notices, notices]


def test_empty_installation_says_how_documents_come_in(tmp_path: Path) -> None:
    with visiting(tmp_path) as (client, _):
        assert ask(client, HOW_FAST)["reason"] == NO_DOCUMENT
        assert client.post("/v1/search", json={"question": HOW_FAST}).json()["notices"] == [NO_DOCUMENT]


@pytest.mark.parametrize(
    ("body", "message"),
    [
        ({"question": "x", "filters": {}}, "filters: there is no such key"),
        ({"question": "x", "filter": {"types": "pdf"}}, "filter.types: write a list"),
        ({}, "question: it is missing"),
        ([], "write a JSON object, with `Content-Type: application/json`"),
    ],
)
def test_malformed_request_is_told_in_plain_words(client: TestClient, body: object, message: str) -> None:
    assert client.post("/v1/ask", json=body).json()["error"] == {"code": "input", "message": message}


def test_a_body_that_is_no_json_is_refused_in_the_same_form(client: TestClient) -> None:
    response = client.post("/v1/ask", content=b"{", headers={"content-type": "application/json"})
    assert response.status_code == 422
    assert response.json() == {"error": {"code": "input", "message": "the body is not JSON"}}


def test_a_broken_model_is_an_error_with_a_code_plain_or_streamed(tmp_path: Path) -> None:
    embedder = FakeEmbedder()
    with visiting(tmp_path, embedder) as (client, app):
        app.ingestion.ingest(shelf())
        embedder.broken = True
        response = client.post("/v1/ask", json={"question": HOW_FAST})
        events = stream(client, HOW_FAST)
    assert (response.status_code, response.json()["error"]["code"]) == (500, "model")
    assert [name for name, _ in events] == ["meta", "error"]
    assert events[-1][1]["code"] == "model"


class SlowEmbedder(FakeEmbedder):
    """Embeds nothing until it may; `asked` is set once somebody waits."""

    def __init__(self) -> None:
        super().__init__()
        self.asked, self.may = threading.Event(), threading.Event()
        self.may.set()

    def embed(self, texts: Sequence[str]) -> Vectors:
        self.asked.set()
        assert self.may.wait(30)
        return super().embed(texts)


def test_who_comes_when_the_line_is_full_is_sent_away_at_once(tmp_path: Path) -> None:
    embedder = SlowEmbedder()
    line = {"max_concurrent_answers": 1, "max_waiting_answers": 0}
    with visiting(tmp_path, embedder, **line) as (client, app):
        app.ingestion.ingest(shelf())
        embedder.may.clear()
        embedder.asked.clear()
        answers: list[dict[str, Any]] = []
        first = threading.Thread(target=lambda: answers.append(ask(client, HOW_FAST)))
        first.start()
        assert embedder.asked.wait(30)
        refused = [
            client.post("/v1/ask", json={"question": HOW_FAST, "stream": streamed})
            for streamed in (False, True)
        ]
        embedder.may.set()
        first.join(30)
        again = ask(client, HOW_FAST)
    assert [(each.status_code, each.json()["error"]["code"]) for each in refused] == [(429, "busy")] * 2
    assert all(int(each.headers["retry-after"]) > 0 for each in refused)
    assert answers[0]["text"] == again["text"] == PUMP
