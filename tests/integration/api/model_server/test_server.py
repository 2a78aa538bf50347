"""`vade model serve --engine`: OpenAI's protocol over the engine, and `remote` as its client."""

import json
import socket
import threading
from collections.abc import Generator, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
import uvicorn
from click.testing import CliRunner
from fakes.waiting import wait_until
from fastapi.testclient import TestClient
from integration.llm.tiny_models import tiny_model
from integration.llm.tiny_tokenizer import tiny_tokenizer

from api.cli.main import main
from api.model_server.server import Serving, make_model_server
from core.errors import RequestInvalidError, RequestTooLongError
from core.settings import EngineSettings, RemoteSettings
from llm.chat.remote import RemoteChat
from llm.engine.loader import open_engine
from llm.engine.request import Delta, Finish, Sampling
from llm.engine.serving import EngineChat
from llm.engine.text.conversation import ChatRequest, Message

ASKED = ChatRequest(
    messages=(Message("system", "Be brief."), Message("user", "How many bar?")),
    sampling=Sampling(max_tokens=12),
)
BODY: dict[str, Any] = {
    "model": "tiny",
    "messages": [{"role": one.role, "content": one.content} for one in ASKED.messages],
    "max_tokens": 12,
    "temperature": 0,
}


@pytest.fixture(scope="module")
def chat(tmp_path_factory: pytest.TempPathFactory) -> Iterator[EngineChat]:
    folder = tmp_path_factory.mktemp("models") / "tiny"
    tokenizer = tiny_tokenizer()
    tiny_model("qwen3_moe", vocab_size=len(tokenizer), eos_token_id=0).save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    chat = open_engine(folder, EngineSettings(pages=64, page_tokens=16, max_sequences=4, max_step_tokens=128))
    yield chat
    chat.close()


def serving(chat: EngineChat, key: str = "") -> Serving:
    return Serving(
        chat=chat,
        name="tiny",
        key=key,
        hosts=("localhost", "127.0.0.1"),
        default_tokens=8,
        timeout_seconds=30.0,
    )


@pytest.fixture
def client(chat: EngineChat) -> Iterator[TestClient]:
    with TestClient(make_model_server(serving(chat)), base_url="http://localhost") as client:
        yield client


def said(parts: Iterator[Delta | Finish]) -> str:
    return "".join(part.text for part in parts if isinstance(part, Delta))


def events(response: Any) -> list[Any]:
    lines = [line.removeprefix("data: ") for line in response.text.split("\n\n") if line]
    assert lines[-1] == "[DONE]"
    return [json.loads(line) for line in lines[:-1]]


def test_a_whole_answer_is_what_the_engine_says(client: TestClient, chat: EngineChat) -> None:
    answer = client.post("/v1/chat/completions", json=BODY).json()
    (choice,) = answer["choices"]
    assert choice["message"] == {"role": "assistant", "content": said(chat.stream(ASKED))}
    assert choice["finish_reason"] in ("stop", "length")
    assert (answer["object"], answer["model"]) == ("chat.completion", "tiny")
    assert answer["usage"]["total_tokens"] > answer["usage"]["prompt_tokens"] > 0


def test_a_stream_is_the_same_answer_in_pieces_and_counts_its_tokens_if_asked(
    client: TestClient, chat: EngineChat
) -> None:
    asked = {**BODY, "stream": True, "stream_options": {"include_usage": True}}
    *pieces, last, usage = events(client.post("/v1/chat/completions", json=asked))
    assert "".join(one["choices"][0]["delta"].get("content", "") for one in pieces) == said(
        chat.stream(ASKED)
    )
    assert pieces[0]["choices"][0]["delta"]["role"] == "assistant"
    assert last["choices"][0]["finish_reason"] in ("stop", "length")
    assert (usage["choices"], usage["usage"]["completion_tokens"] > 0) == ([], True)
    assert "usage" not in events(client.post("/v1/chat/completions", json={**BODY, "stream": True}))[-1]


def test_the_models_are_listed_with_their_context(client: TestClient, chat: EngineChat) -> None:
    (model,) = client.get("/v1/models").json()["data"]
    assert (model["id"], model["max_model_len"]) == ("tiny", chat.max_context_tokens)
    assert client.get("/livez").json() == {"status": "ok"}


@pytest.mark.parametrize(
    ("changes", "status", "why"),
    [
        ({"model": "other"}, 404, "no model 'other'; this server has 'tiny'"),
        ({"max_tokens": 10**6}, 422, "more than the 512 that fit"),
        ({"max_tokens": 0}, 422, "greater than or equal to 1"),
        ({"messages": []}, 422, "messages"),
        ({"n": 2}, 422, "more than one choice"),
        ({"tools": [{"type": "function"}]}, 422, "not supported: tools"),
        ({"temperature": 9}, 422, "temperature"),
        ({"response_format": {"type": "json_object"}}, 422, "json_object"),
        ({"structured_outputs": {"grammar": "start: ("}}, 422, "grammar"),
    ],
)  # fmt: skip
@pytest.mark.parametrize("stream", [False, True])
def test_what_cannot_be_done_is_said_before_the_first_token(
    client: TestClient, changes: dict[str, Any], status: int, why: str, stream: bool
) -> None:
    response = client.post("/v1/chat/completions", json={**BODY, "stream": stream, **changes})
    assert response.status_code == status
    assert why in response.json()["error"]["message"]


def test_a_grammar_and_parts_of_content_are_taken(client: TestClient) -> None:
    parts = [{"type": "text", "text": "How many "}, {"type": "text", "text": "bar?"}]
    asked = BODY | {"messages": [{"role": "user", "content": parts}]}
    asked |= {"structured_outputs": {"regex": "6 bar|9 bar"}}
    answer = client.post("/v1/chat/completions", json=asked).json()
    assert answer["choices"][0]["message"]["content"] in ("6 bar", "9 bar")


def test_a_key_keeps_others_out(chat: EngineChat) -> None:
    with TestClient(make_model_server(serving(chat, "secret")), base_url="http://localhost") as client:
        for headers in ({}, {"Authorization": "Bearer wrong"}, {"Authorization": "secret "}):
            given = {} if headers.get("Authorization") == "secret " else headers
            assert client.post("/v1/chat/completions", json=BODY, headers=given).status_code == 401
            assert client.get("/v1/models", headers=given).status_code == 401
        keyed = {"Authorization": "Bearer secret"}
        assert client.post("/v1/chat/completions", json=BODY, headers=keyed).status_code == 200
        assert client.get("/livez").status_code == 200


@pytest.mark.parametrize("headers", [{"Origin": "http://evil.example"}, {"Host": "evil.example"}])
def test_a_page_of_another_site_cannot_ask(client: TestClient, headers: dict[str, str]) -> None:
    assert client.post("/v1/chat/completions", json=BODY, headers=headers).status_code in (400, 403)


@contextmanager
def served(chat: EngineChat, key: str = "") -> Iterator[str]:
    http = make_model_server(serving(chat, key))
    server = uvicorn.Server(uvicorn.Config(http, log_level="warning", ws="none"))
    with socket.create_server(("127.0.0.1", 0)) as listener:
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]})
        thread.start()
        yield f"http://127.0.0.1:{listener.getsockname()[1]}/v1"
        server.should_exit = True
        thread.join()


def test_remote_is_a_client_of_it(chat: EngineChat) -> None:
    with served(chat, "secret") as url:
        settings = RemoteSettings(url=url, model="tiny", api_key="secret", dialect="vllm")
        remote = RemoteChat(settings)
        remote.check()
        assert said(remote.stream(ASKED)) == said(chat.stream(ASKED))
        with pytest.raises(RequestTooLongError):
            said(remote.stream(ChatRequest(messages=ASKED.messages, sampling=Sampling(max_tokens=10**6))))
        remote.close()
        stranger = RemoteChat(settings.model_copy(update={"model": "other"}))
        with pytest.raises(RequestInvalidError, match="no model 'other'; it has 'tiny'"):
            stranger.check()
        with pytest.raises(RequestInvalidError, match="VADE_LLM__REMOTE__MODEL"):
            said(stranger.stream(ASKED))
        stranger.close()


def test_a_client_that_hangs_up_stops_the_engine(chat: EngineChat) -> None:
    with served(chat) as url:
        remote = RemoteChat(RemoteSettings(url=url, model="tiny", dialect="vllm"))
        long = ChatRequest(messages=ASKED.messages, sampling=Sampling(max_tokens=400, temperature=1.5))
        stream = remote.stream(long)
        next(stream)
        assert isinstance(stream, Generator)
        stream.close()
        wait_until(lambda: not chat.snapshot().unfinished)
        assert chat.snapshot().held_pages == 0
        remote.close()


def test_other_machines_need_a_key(tmp_path: Path) -> None:
    command = ["--data-dir", str(tmp_path), "model", "serve", "--engine", "--host", "0.0.0.0", str(tmp_path)]
    done = CliRunner().invoke(main, command)
    assert done.exit_code == 2
    assert "set VADE_LLM__REMOTE__API_KEY" in done.stderr
