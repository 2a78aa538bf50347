"""What becomes of an answer when the server of a real model dies, freezes, is another or overflows."""

import signal
from pathlib import Path
from typing import Any

import pytest
from e2e.real_model.conftest import NAME, ModelServer, answering
from fakes.programs.command import Vade
from structlog.testing import capture_logs

from core.errors import ModelUnavailableError, RequestInvalidError
from core.permissions import scope_of
from core.settings import RemoteSettings
from core.values.notices import BY_EXTRACTION
from llm.chat.remote import RemoteChat
from llm.engine.request import Sampling
from llm.engine.text.conversation import ChatRequest, Message

QUESTION = "When do carried-over leave days expire?"
LONG = ChatRequest(messages=(Message("user", "Count to one thousand."),), sampling=Sampling(max_tokens=400))


def test_a_server_that_is_killed_in_the_middle_is_an_error_and_then_the_documents_answer(
    demo: Vade, weights: Path
) -> None:
    server = ModelServer(weights, 1024)
    chat = RemoteChat(RemoteSettings(url=server.url, model=NAME, tries=1))
    stream = chat.stream(LONG)
    assert next(part for part in stream if getattr(part, "text", ""))
    server.stop()
    with pytest.raises(ModelUnavailableError):
        list(stream)
    with answering(demo, "remote", weights, url=server.url, tries=1) as app:
        answer = app.answerer.answer(QUESTION, scope_of("demo"))
    assert "31 March" in answer.text
    assert BY_EXTRACTION in answer.notices
    chat.close()


def test_a_server_that_freezes_is_asked_once_and_then_the_documents_answer(demo: Vade, weights: Path) -> None:
    server = ModelServer(weights, 1024)
    server.process.send_signal(signal.SIGSTOP)
    limits: dict[str, Any] = {"first_token_seconds": 1.0, "silence_seconds": 1.0}
    with answering(demo, "remote", weights, url=server.url, **limits) as app:
        answer = app.answerer.answer(QUESTION, scope_of("demo"))
    server.stop()
    assert "31 March" in answer.text
    assert BY_EXTRACTION in answer.notices


def test_a_wrong_name_says_which_there_are(demo: Vade, weights: Path, server: ModelServer) -> None:
    with answering(demo, "remote", weights, url=server.url) as app:
        other = RemoteChat(RemoteSettings(url=server.url, model="other"))
        with pytest.raises(RequestInvalidError, match="no model 'other'; it has 'smollm2'"):
            other.check()
        other.close()
        app.readiness.check(scope_of("demo"))


def test_a_context_that_overflows_is_filled_with_less(demo: Vade, weights: Path, server: ModelServer) -> None:
    settings: dict[str, Any] = {"url": server.url, "max_context_tokens": 16_000, "dialect": "vllm"}
    with answering(demo, "remote", weights, passages=12, **settings) as app, capture_logs() as logs:
        answer = app.answerer.answer(QUESTION, scope_of("demo"))
    assert "31 March" in answer.text
    assert "prompt.passages_left_out" in [one["event"] for one in logs]
