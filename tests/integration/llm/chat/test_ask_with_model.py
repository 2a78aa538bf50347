"""Questions to answers through the whole application, with a model that knows its answers by heart."""

import json
import socket
import threading
import time
from contextlib import contextmanager
from dataclasses import replace
from http.server import ThreadingHTTPServer

import httpx
import pytest
import uvicorn
from click.testing import CliRunner
from fakes.application import make_app
from fakes.generator import FakeGenerator
from fakes.source import FakeSource
from fakes.waiting import wait_until
from fastapi.testclient import TestClient
from integration.llm.chat.memorizing_model import learn_by_heart
from integration.llm.chat.test_backends import Parrot
from structlog.testing import capture_logs

from api.cli.commands.serve import warm_up
from api.cli.main import main
from api.http.server import make_http
from core.errors import EngineFullError
from core.permissions import scope_of
from core.settings import EngineSettings
from core.values.answers import Inquiry, Turn
from core.values.notices import MODEL_DECLINED, NOTHING_PROVEN
from llm.chat.neural import AnswerOptions, NeuralGenerator
from llm.chat.prompt import build_prompt
from llm.engine.build import build_engine
from llm.engine.loader import load_codec, load_model
from llm.engine.loop import EngineLoop
from llm.engine.seams.ops import TorchOps
from llm.engine.serving import EngineChat
from retrieval.answer import Answerer
from retrieval.question.followup import understand

DOCUMENTS = {
    "boiler.txt": "The boiler runs at 6 bar. It is checked every week.",
    "pump.txt": "The pump delivers 40 litres a minute.",
}
TRUE = "At how many bar does the boiler run?"
BOTH = "How often is the boiler checked, and how much does the pump deliver?"
FALSE = "How much does the pump deliver?"
UNKNOWN = "Who built the boiler?"
ENDLESS = "What is to be said of the boiler, again and again?"
LATER = "And what does the pump deliver?"
SAID = {
    TRUE: "The boiler runs at 6 bar. [1]",
    BOTH: "The boiler is checked every week. [1]\nThe pump delivers 40 litres a minute. [2]",
    FALSE: "The pump delivers 90 litres a minute. [2]",
    UNKNOWN: "The documents do not say.",
    ENDLESS: "\n".join(["The boiler is checked every week. [1]"] * 8),
    LATER: "The pump delivers 40 litres a minute. [2]",
}
BEFORE = (Turn(TRUE, "The boiler runs at 6 bar."),)
ENGINE = {"pages": 256, "max_sequences": 8, "max_step_tokens": 256}
SCOPE = scope_of("user:ann")


def library(data_dir, **llm):
    """Return an application of the user `ann` that has read the documents.

    No support is asked for: it is measured for real embedders, not for the fake one.
    """
    app = make_app(data_dir, api={"user": "ann"}, llm=llm, retrieval={"min_support": 0.0})
    source = FakeSource()
    for name, text in DOCUMENTS.items():
        source.put(name, text)
    app.ingestion.ingest(source)
    return app


@pytest.fixture(scope="module")
def model(tmp_path_factory):
    folder = tmp_path_factory.mktemp("by-heart")
    app, lessons = library(folder / "data"), []
    for question, text in SAID.items():
        before = BEFORE if question == LATER else ()
        whole = understand(question, [turn.question for turn in before]).whole
        inquiry = Inquiry(question=question, scope=SCOPE, history=before, whole=whole)
        passages = app.searcher.search(whole, SCOPE, app.settings.retrieval.passages, 1).passages
        lessons.append((build_prompt(inquiry, passages, len, 10**6).messages, text))
    app.close()
    assert learn_by_heart(folder / "model", lessons, {SAID[ENDLESS]}) < 0.1
    return folder / "model"


@pytest.fixture(scope="module")
def app(model, tmp_path_factory):
    app = library(tmp_path_factory.mktemp("data"), generator="engine", model=model, engine=ENGINE)
    yield app
    app.close()
    assert not [thread for thread in threading.enumerate() if thread.name == "vade-engine"]


@pytest.fixture(scope="module")
def documents(tmp_path_factory):
    """A data folder that `vade ingest` filled."""
    folder = tmp_path_factory.mktemp("memorized")
    for name, text in DOCUMENTS.items():
        (folder / name).write_text(text)
    assert vade(folder / "data", "ingest", folder / "boiler.txt", folder / "pump.txt").exit_code == 0
    return folder / "data"


def vade(data_dir, *arguments):
    return CliRunner().invoke(main, ["--data-dir", str(data_dir), *map(str, arguments)])


@contextmanager
def parrot():
    server = ThreadingHTTPServer(("127.0.0.1", 0), Parrot)
    threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}).start()
    yield f"http://127.0.0.1:{server.server_port}/v1"
    server.shutdown()
    server.server_close()


@pytest.mark.parametrize("generator", ["extractive", "engine", "hf", "remote"])
def test_one_line_of_settings_chooses_who_writes_the_same_checked_answer(documents, model, generator):
    with parrot() as url:
        (documents / "vade.toml").write_text(
            f"[llm]\ngenerator = '{generator}'\nmodel = '{model}'\n[llm.engine]\npages = 256\n"
            f"[llm.remote]\nurl = '{url}'\nmodel = 'parrot'\n"
        )
        done = vade(documents, "ask", TRUE, "--json")
    assert done.exit_code == 0, done.output
    answer = json.loads(done.stdout)
    assert [sentence["text"] for sentence in answer["sentences"]] == ["The boiler runs at 6 bar."]
    (citation,) = answer["citations"]
    start, end = citation["span"]
    assert citation["quote"] == DOCUMENTS["boiler.txt"][start:end] == "The boiler runs at 6 bar."
    assert not answer["refused"]


def test_a_model_that_is_not_there_stops_no_command_that_needs_none(documents, tmp_path):
    (documents / "vade.toml").write_text(f"[llm]\ngenerator = 'engine'\nmodel = '{tmp_path}'\n")
    assert vade(documents, "search", TRUE).exit_code == 0
    assert vade(documents, "check").exit_code == 0
    done = vade(documents, "ask", TRUE)
    assert done.exit_code == 2
    assert done.stderr.startswith(f"vade: {tmp_path} holds no model")


def test_every_sentence_is_proved_by_the_passage_its_marker_names(app):
    answer = app.answerer.answer(BOTH, SCOPE)
    proofs = [(one.text, answer.citations[one.citations[0]].uri) for one in answer.sentences]
    assert [(text, uri.rsplit("/", 1)[-1]) for text, uri in proofs] == [
        ("The boiler is checked every week.", "boiler.txt"),
        ("The pump delivers 40 litres a minute.", "pump.txt"),
    ]


def test_what_the_model_says_against_the_document_is_not_said(app):
    answer = app.answerer.answer(FALSE, SCOPE)
    assert answer.text == "The pump delivers 40 litres a minute."
    assert answer.notices == (NOTHING_PROVEN,)


def test_the_models_own_refusal_is_a_refusal(app):
    answer = app.answerer.answer(UNKNOWN, SCOPE)
    assert (answer.refused, answer.sentences) == (True, ())
    assert answer.notices == (MODEL_DECLINED,)


def test_the_conversation_completes_a_followup_question(app):
    answer = app.answerer.answer(LATER, SCOPE, history=BEFORE)
    assert answer.text == "The pump delivers 40 litres a minute."


def events_of(response):
    for block in response.text.strip().split("\n\n"):
        name, data = block.split("\n")
        yield name.removeprefix("event: "), json.loads(data.removeprefix("data: "))


def test_sentences_are_streamed_each_with_its_proof(app):
    with TestClient(make_http(app), base_url="http://localhost") as client:
        assert client.get("/readyz").json()["status"] == "ready"
        events = list(events_of(client.post("/v1/ask", json={"question": BOTH, "stream": True})))
    assert [name for name, _ in events] == ["meta", "source", "source", *["token", "citation"] * 2, "done"]
    said = [data["text"] for name, data in events if name == "token"]
    assert said == [sentence["text"] for sentence in events[-1][1]["sentences"]]


def test_readyz_and_the_stream_name_a_model_that_cannot_be_loaded(tmp_path):
    app = library(tmp_path / "data", generator="engine", model=tmp_path)
    with TestClient(make_http(app), base_url="http://localhost") as client:
        assert client.get("/readyz").status_code == 503
        (*_, (name, error)) = events_of(client.post("/v1/ask", json={"question": TRUE, "stream": True}))
        assert (name, error["code"]) == ("error", "model")
        assert client.post("/v1/search", json={"question": TRUE}).json()["hits"]
    app.close()


def test_a_model_that_cannot_be_loaded_is_logged_when_the_server_starts(tmp_path):
    app = library(tmp_path / "data", generator="engine", model=tmp_path)
    with capture_logs() as logs:
        warm_up(app)
    assert [(entry["event"], entry["log_level"]) for entry in logs] == [("warm_up.failed", "error")]
    app.close()


class Full(FakeGenerator):
    def draft(self, inquiry, passages):
        raise EngineFullError(retry_after_seconds=17)
        yield


def test_a_full_engine_sends_the_asker_away_and_says_for_how_long(app):
    full = replace(app, answerer=Answerer(app.searcher, Full(), app.settings.retrieval))
    with TestClient(make_http(full), base_url="http://localhost") as client:
        response = client.post("/v1/ask", json={"question": TRUE})
    assert (response.status_code, response.headers["Retry-After"]) == (429, "17")
    assert response.json()["error"]["code"] == "engine_full"


class SlowOps(TorchOps):
    """Takes its time, so that leaving falls into the middle of an answer."""

    def write(self, streams, slots, states):
        time.sleep(0.01)  # the time of a step: what is left of an answer is counted in steps
        super().write(streams, slots, states)


@contextmanager
def served(app):
    server = uvicorn.Server(uvicorn.Config(make_http(app), log_level="warning", ws="none"))
    with socket.create_server(("127.0.0.1", 0)) as listener:
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]})
        thread.start()
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"
        server.should_exit = True
        thread.join()


@pytest.fixture(scope="module")
def slow(model, tmp_path_factory):
    """The application over an engine of two or three steps in a tenth of a second, and that engine."""
    weights, settings = load_model(model), EngineSettings(**ENGINE)
    loop = EngineLoop(build_engine(weights, settings, SlowOps()))
    chat = EngineChat("slow", loop, load_codec(model, weights), 4096)
    app = library(tmp_path_factory.mktemp("slow"))
    generator = NeuralGenerator(chat, AnswerOptions(max_tokens=2000))
    answerer = Answerer(app.searcher, generator, app.settings.retrieval)
    app = replace(app, generator=generator, answerer=answerer)
    with served(app) as url:
        yield url, chat
    app.close()


def steps_after(chat):
    """Return how many steps the engine still makes before it has nothing to do."""
    before = chat.snapshot().steps
    wait_until(lambda: not chat.snapshot().unfinished)
    assert chat.snapshot().held_pages == 0
    return chat.snapshot().steps - before


def test_a_reader_of_a_stream_who_leaves_stops_the_engine_within_a_step(slow):
    url, chat = slow
    asked = {"question": ENDLESS, "stream": True}
    with httpx.stream("POST", f"{url}/v1/ask", json=asked, timeout=20) as response:
        for line in response.iter_lines():
            if line == "event: token":
                break
    assert steps_after(chat) < 8, "a whole answer would take two thousand"


def test_a_caller_who_hangs_up_stops_the_engine_within_a_step(slow):
    url, chat = slow
    with pytest.raises(httpx.ReadTimeout):
        httpx.post(f"{url}/v1/ask", json={"question": ENDLESS}, timeout=1.0)
    assert steps_after(chat) < 8
