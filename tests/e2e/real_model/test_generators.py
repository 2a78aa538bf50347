"""`engine`, `hf` and `remote` end to end with a real model, which is small: it errs, and may do no harm."""

import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from e2e.real_model.conftest import LLM, ModelServer, Questions, answering
from fakes.programs.command import Vade
from fastapi.testclient import TestClient

from api.app import App
from api.http.server import make_http
from core.permissions import scope_of
from core.settings import EngineSettings, HfSettings, LlmSettings, RemoteSettings
from core.values.answers import Answer, DraftSentence, Inquiry, Passage
from core.values.notices import BESIDE_THE_QUESTION, NOTHING_PROVEN
from llm.chat.hf import open_hf
from llm.chat.neural import ChatModel, NeuralGenerator
from llm.chat.remote import RemoteChat
from llm.engine.loader import open_engine
from llm.engine.request import Delta, Finish, Guide, GuideKind, Sampling
from llm.engine.text.conversation import ChatRequest, Message
from llm.models.generator_check import check
from retrieval.answer import Answerer

EVERY = {"engine": 1, "hf": 4, "remote": 3}
# Of all 18 questions that have an answer. Fewer questions are asked of the others, which say the same.
RIGHT = 12


@pytest.fixture(params=["engine", "hf", "remote"])
def app(request: pytest.FixtureRequest, demo: Vade, weights: Path) -> Iterator[App]:
    remote: dict[str, Any] = {}
    if request.param == "remote":
        remote = {"url": request.getfixturevalue("server").url, "dialect": "vllm", "max_context_tokens": 1400}
    with answering(demo, request.param, weights, **remote) as app:
        yield app


def ask(app: App, question: dict[str, Any]) -> Answer:
    return app.answerer.answer(question["question"], scope_of(question["as"], tuple(question["groups"])))


def test_the_demos_questions_are_answered_rightly_or_not_at_all(app: App, questions: Questions) -> None:
    asked = questions(EVERY[app.generator.name])
    answers = [(one, ask(app, one)) for one in asked]
    answerable = [(one, answer) for one, answer in answers if one["answerable"]]
    right = [one["id"] for one, answer in answerable if any(text in answer.text for text in one["answers"])]
    said = {one["id"]: answer.text for one, answer in answers if not answer.refused}
    assert len(right) >= RIGHT / 18 * len(answerable), said
    unknown = [one["id"] for one, answer in answers if not one["answerable"] and not answer.refused]
    assert unknown == [], said
    for _, answer in answers:
        for sentence in answer.sentences:
            assert sentence.citations, "each sentence has its proof"


LEAVE = "When do carried-over leave days expire?"
ASKED = ("What is the capital of France?", "Name three colours.")


def words(chat: ChatModel, question: str, guide: Guide | None = None) -> str:
    request = ChatRequest(
        messages=(Message("user", question),), sampling=Sampling(max_tokens=24), guide=guide
    )
    return "".join(part.text for part in chat.stream(request) if isinstance(part, Delta))


def test_all_three_say_the_same_words(weights: Path, server: ModelServer) -> None:
    engine = open_engine(weights, EngineSettings(memory_bytes=200_000_000, max_context_tokens=512))
    hf, remote = open_hf(weights, HfSettings()), RemoteChat(RemoteSettings(url=server.url, model="smollm2"))
    for question in ASKED:
        assert words(engine, question) == words(hf, question) == words(remote, question) != ""
    assert "Paris" in words(engine, ASKED[0])
    for chat in (engine, hf, remote):
        chat.close()


def test_a_real_prompt_tries_the_model_out(weights: Path) -> None:
    engine = EngineSettings(memory_bytes=200_000_000, max_context_tokens=1024)
    report = check(weights, LlmSettings(engine=engine))
    assert (report.backend, report.model_type) == ("engine", "llama")
    assert report.trial.text
    assert report.trial.tokens_per_second > 0


def test_an_answer_streams_over_http(app: App) -> None:
    with TestClient(make_http(app), base_url="http://localhost") as client:
        assert client.get("/readyz").json()["status"] == "ready"
        response = client.post(
            "/v1/ask", json={"question": "When do carried-over leave days expire?", "stream": True}
        )
    names = [
        line.removeprefix("event: ") for line in response.text.splitlines() if line.startswith("event: ")
    ]
    assert (names[0], names[-1]) == ("meta", "done")
    done = json.loads(response.text.strip().splitlines()[-1].removeprefix("data: "))
    assert names.count("token") == len(done["sentences"]) > 0
    assert "31 March" in done["text"]


# What the documents of the demo do not say, in the words of those that say the contrary.
CONTRADICTIONS = (
    ("When do carried-over leave days expire?", "Carried-over days do not expire on 31 March."),
    ("When do carried-over leave days expire?", "Carried-over days expire on 30 June."),
    (
        "How much is the on-call allowance for a weekday night?",
        "The on-call allowance for a weekday night is EUR 83.",
    ),
    ("What is drive fault 0x16040007?", "Drive fault 0x16040007 is a motor under-temperature."),
    (
        "How much grease does the main bearing of the filler get?",
        "The main bearing of the filler gets 400 g.",
    ),
)


class Forced:
    """A back end of real weights whose grammar allows one text alone: it has to say it."""

    def __init__(self, chat: ChatModel, text: str) -> None:
        self._chat, self._text = chat, text
        self.name, self.max_context_tokens = chat.name, chat.max_context_tokens
        self.guided, self.notices, self.begins_thinking = False, chat.notices, False

    def count_tokens(self, text: str) -> int:
        return self._chat.count_tokens(text)

    def check(self) -> None:
        self._chat.check()

    def stream(self, request: ChatRequest) -> Iterator[Delta | Finish]:
        guide = Guide(GuideKind.LARK, f"start: {json.dumps(self._text)}")
        sampling = replace(request.sampling, max_tokens=120)
        return self._chat.stream(replace(request, guide=guide, sampling=sampling))

    def close(self) -> None:
        self._chat.close()


@pytest.mark.parametrize("generator", ["engine", "remote"])
def test_a_contradiction_that_the_model_must_say_is_not_said(
    generator: str, demo: Vade, weights: Path, server: ModelServer
) -> None:
    with answering(demo, "extractive", weights) as app:
        chat: ChatModel = open_engine(weights, EngineSettings(**LLM["engine"]))
        if generator == "remote":
            chat.close()
            settings = RemoteSettings(
                url=server.url, model="smollm2", dialect="vllm", max_context_tokens=1400
            )
            chat = RemoteChat(settings)
        for question, lie in CONTRADICTIONS:
            for text in (lie, f"{lie} [1]"):
                writer = NeuralGenerator(Forced(chat, text))
                assert [one.text for one in drafted(writer, app, question)] == [lie]
                answer = replacing(app, writer).answerer.answer(question, scope_of("demo"))
                assert lie not in answer.text
                assert {NOTHING_PROVEN, BESIDE_THE_QUESTION} & {*answer.notices}
        chat.close()


def drafted(writer: NeuralGenerator, app: App, question: str) -> list[DraftSentence]:
    found: list[Passage] = app.searcher.search(question, scope_of("demo"), 4, 1).passages
    inquiry = Inquiry(question=question, scope=scope_of("demo"))
    return [one for one in writer.draft(inquiry, found) if isinstance(one, DraftSentence)]


def replacing(app: App, writer: NeuralGenerator) -> App:
    extracting = app.answerer._writer._extracting
    return replace(app, answerer=Answerer(app.searcher, writer, app.settings.retrieval, None, extracting))
