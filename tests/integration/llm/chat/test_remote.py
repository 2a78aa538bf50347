"""The remote back end against a server on the loopback that misbehaves on demand."""

import json
import threading
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from core.errors import (
    DeadlineExceededError,
    EngineFullError,
    ModelUnavailableError,
    RequestInvalidError,
    RequestTooLongError,
    ServerDownError,
    ServerSilentError,
)
from core.settings import RemoteSettings
from llm.chat.remote import RemoteChat
from llm.engine.request import Delta, Finish, FinishReason, Sampling
from llm.engine.text.conversation import ChatRequest, Message


class Server(ThreadingHTTPServer):
    """Answers each request by the next of its scripted behaviours, the last one for ever."""

    daemon_threads = True

    def __init__(self):
        super().__init__(("127.0.0.1", 0), Handler)
        self.script, self.bodies, self.models = [], [], {}
        self.hung_up, self.over = threading.Event(), threading.Event()
        threading.Thread(target=self.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()


class Handler(BaseHTTPRequestHandler):
    def do_POST(self):
        server = self.server
        assert isinstance(server, Server)
        content = self.rfile.read(int(self.headers["Content-Length"]))
        server.bodies.append((self.path, self.headers, json.loads(content)))
        script = server.script
        (script.pop(0) if len(script) > 1 else script[0])(self)

    def do_GET(self):
        assert isinstance(self.server, Server)
        said = self.server.models
        self.status(said if isinstance(said, int) else 200, text=json.dumps(said))

    def log_message(self, *args):
        pass

    def status(self, code, headers=(), text="no"):
        self.send_response(code)
        for name, value in headers:
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(text.encode())

    def say(self, text, finish=None):
        said = {"choices": [{"delta": {"content": text}, "finish_reason": finish}]}
        self.wfile.write(f"data: {json.dumps(said)}\n\n".encode())
        self.wfile.flush()


def answer(handler):
    handler.status(200, text="")
    handler.say("Six ")
    handler.say("bar.", "stop")
    handler.wfile.write(b"data: [DONE]\n\n")


def cut_off(handler):
    handler.status(200, text="")
    handler.say("Six ")


def stall(handler):
    handler.status(200, text="")
    handler.say("Six ")
    handler.server.over.wait(10)


def never_end(handler):
    handler.status(200, text="")
    try:
        while not handler.server.over.wait(0.01):
            handler.say("and ")
    except OSError:
        handler.server.hung_up.set()


def fail(code, *headers, text="no"):
    return lambda handler: handler.status(code, headers, text)


def nonsense(handler):
    handler.status(200, text="data: {nonsense\n\n")


@pytest.fixture
def server():
    server = Server()
    yield server
    server.over.set()
    server.shutdown()
    server.server_close()


@pytest.fixture
def pauses():
    """How long the client paused before each further try."""
    return []


@pytest.fixture
def remote(server, pauses):
    remote = RemoteChat(
        RemoteSettings(
            url=f"http://127.0.0.1:{server.server_port}/v1", model="m", api_key="secret", silence_seconds=0.3,
            breaker_failures=4, breaker_seconds=30,
        ),
        sleep=pauses.append,
    )  # fmt: skip
    yield remote
    remote.close()


def ask(timeout=10.0):
    return ChatRequest(
        messages=(Message("user", "How many bar?"),), sampling=Sampling(max_tokens=9), timeout_seconds=timeout
    )


def said(remote, **changes):
    """Return the parts of an answer without those that only let its reader leave."""
    return [part for part in remote.stream(replace(ask(), **changes)) if part != Delta()]


def test_an_answer_streams(server, remote):
    server.script = [answer]
    assert said(remote) == [Delta("Six "), Delta("bar."), Finish(FinishReason.STOP)]
    path, headers, sent = server.bodies[0]
    assert path == "/v1/chat/completions"
    assert headers["Authorization"] == "Bearer secret"
    assert (sent["model"], sent["max_tokens"]) == ("m", 9)
    assert "secret" not in repr(remote._settings)


@pytest.mark.parametrize("trouble", [fail(500), fail(502), nonsense, fail(200, text="")])
def test_trouble_before_the_first_word_is_tried_again(server, remote, pauses, trouble):
    server.script = [trouble, trouble, answer]
    assert "".join(part.text for part in remote.stream(ask()) if isinstance(part, Delta)) == "Six bar."
    assert len(pauses) == 2
    assert pauses[0] < pauses[1] * 2


def test_tries_come_to_an_end(server, remote):
    server.script = [fail(500, text="boom")]
    with pytest.raises(ModelUnavailableError, match="500: boom"):
        list(remote.stream(ask()))
    assert len(server.bodies) == 3


def test_a_busy_server_is_given_the_time_it_asks_for(server, remote, pauses):
    server.script = [fail(429, ("Retry-After", "7")), answer]
    assert len(said(remote)) == 3
    assert pauses == [7]


def test_a_server_that_stays_busy_is_passed_on_as_busy(server, remote):
    server.script = [fail(503, ("Retry-After", "2"))]
    with pytest.raises(EngineFullError) as refusal:
        list(remote.stream(ask()))
    assert refusal.value.retry_after_seconds == 2


def test_a_pause_beyond_the_deadline_is_not_made(server, remote, pauses):
    server.script = [fail(429, ("Retry-After", "60")), answer]
    with pytest.raises(EngineFullError):
        list(remote.stream(ask()))
    assert pauses == []


def test_what_the_server_refuses_is_not_tried_again(server, remote):
    server.script = [fail(400, text="too long")]
    with pytest.raises(RequestInvalidError, match="too long"):
        list(remote.stream(ask()))
    assert len(server.bodies) == 1


@pytest.mark.parametrize("trouble", [cut_off, stall])
def test_an_answer_that_breaks_off_is_an_error_and_not_said_twice(server, remote, trouble):
    server.script = [trouble, answer]
    stream = remote.stream(ask())
    assert next(stream) == Delta("Six ")
    with pytest.raises(ModelUnavailableError):
        list(stream)
    assert len(server.bodies) == 1


def test_an_answer_without_end_is_cut_by_the_deadline(server, remote):
    server.script = [never_end]
    with pytest.raises(DeadlineExceededError):
        list(remote.stream(ask(timeout=0.2)))
    assert server.hung_up.wait(30)


def test_leaving_hangs_up_so_that_the_server_can_stop(server, remote):
    server.script = [never_end]
    stream = remote.stream(ask())
    next(stream)
    stream.close()
    assert server.hung_up.wait(30)


def test_a_broken_server_is_spared_by_the_breaker(server, remote):
    server.script = [fail(500)]
    for _ in range(2):
        with pytest.raises(ModelUnavailableError):
            list(remote.stream(ask()))
    asked = len(server.bodies)
    with pytest.raises(ServerDownError) as refusal:
        list(remote.stream(ask()))
    assert len(server.bodies) == asked == 4
    assert 1 <= refusal.value.retry_after_seconds <= 30


def silent(handler):
    handler.server.over.wait(10)


def silent_behind_its_head(handler):
    handler.status(200, text="")
    handler.wfile.flush()
    handler.server.over.wait(10)


@pytest.mark.parametrize("slow", [silent, silent_behind_its_head])
def test_a_slow_first_token_gets_the_prompt_sent_once(server, slow):
    server.script = [slow]
    limits = {"first_token_seconds": 0.2, "silence_seconds": 0.2}
    impatient = RemoteChat(
        RemoteSettings(url=f"http://127.0.0.1:{server.server_port}/v1", model="m", **limits)
    )
    with pytest.raises(ServerSilentError, match="not sent again"):
        said(impatient)
    assert len(server.bodies) == 1
    impatient.close()


def test_the_first_token_may_take_longer_than_a_pause_within_an_answer(server, remote):
    def slow(handler):
        handler.server.over.wait(0.5)
        answer(handler)

    server.script = [slow]
    assert len(said(remote)) == 3
    assert len(server.bodies) == 1


def test_leaving_before_the_first_token_hangs_up(server, remote):
    def watch(handler):
        handler.status(200, text="")
        handler.wfile.flush()
        handler.connection.settimeout(30)
        if handler.connection.recv(1) == b"":
            handler.server.hung_up.set()

    server.script = [watch]
    stream = remote.stream(ask())
    assert next(stream) == Delta()
    stream.close()
    assert server.hung_up.wait(30)


RULES = (Message("system", "Use the passages."), Message("user", "How many bar?"))


@pytest.mark.parametrize(
    "refusal",
    [
        fail(400, text="System role not supported"),
        fail(500, text="jinja: Conversation roles must alternate user/assistant"),
    ],
)
def test_a_server_without_a_system_role_gets_the_rules_with_the_first_turn(server, remote, refusal):
    def script(handler):
        has_system = server.bodies[-1][2]["messages"][0]["role"] == "system"
        (refusal if has_system else answer)(handler)

    server.script = [script]
    assert len(said(remote, messages=RULES)) == 3
    (message,) = server.bodies[-1][2]["messages"]
    assert message == {"role": "user", "content": "Use the passages.\n\nHow many bar?"}
    before = len(server.bodies)
    said(remote, messages=RULES)
    assert len(server.bodies) == before + 1, "it is known from then on"


@pytest.mark.parametrize("status", [400, 413, 500])
def test_a_prompt_too_long_for_the_server_is_said_to_be_too_long(server, remote, status):
    server.script = [fail(status, text="maximum context length is 2048 tokens")]
    with pytest.raises(RequestTooLongError, match="2048"):
        said(remote)
    assert len(server.bodies) == 1


def test_a_name_that_the_server_does_not_have_says_what_to_set(server, remote):
    server.script = [fail(404, text="The model `m` does not exist.")]
    with pytest.raises(RequestInvalidError, match=r"does not exist.*VADE_LLM__REMOTE__MODEL"):
        said(remote)


def test_what_a_server_counted_is_learnt(server, remote):
    def counting(handler):
        handler.status(200, text="")
        handler.say("Six.", "stop")
        usage = {"choices": [], "usage": {"prompt_tokens": 3000}}
        handler.wfile.write(f"data: {json.dumps(usage)}\n\ndata: [DONE]\n\n".encode())

    server.script = [counting]
    text = "The boiler runs at 6 bar. " * 100
    assert remote.count_tokens(text) < 2000
    said(remote, messages=(Message("user", text),))
    assert remote.count_tokens(text) >= 3000


MODELS = {"data": [{"id": "m"}, {"id": "n"}]}


def test_a_check_tells_a_server_that_is_there_from_one_that_is_not(server, remote):
    server.models = MODELS
    remote.check()
    server.models = {"data": [{"id": "n"}]}
    with pytest.raises(RequestInvalidError, match="no model 'm'; it has 'n'"):
        remote.check()
    server.models = 503
    with pytest.raises(EngineFullError):
        remote.check()
    server.models = 404
    remote.check()
    gone = RemoteChat(RemoteSettings(url="http://127.0.0.1:9/v1", model="m"))
    with pytest.raises(ModelUnavailableError, match="does not answer"):
        gone.check()
    gone.close()


def test_a_server_that_is_not_there_is_an_error():
    remote = RemoteChat(RemoteSettings(url="http://127.0.0.1:9/v1", model="m", tries=1))
    with pytest.raises(ModelUnavailableError, match="does not answer"):
        list(remote.stream(ask()))
    remote.close()


def test_a_redirect_is_not_followed(server, remote):
    server.script = [fail(302, ("Location", "http://127.0.0.1:9/elsewhere"))]
    with pytest.raises(ModelUnavailableError, match="302"):
        list(remote.stream(ask()))


def test_many_callers_share_one_client(server, remote):
    server.script = [answer]
    answers = []
    threads = [threading.Thread(target=lambda: answers.append(said(remote))) for _ in range(20)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [len(one) for one in answers] == [3] * 20


def test_counting_is_on_the_safe_side(remote):
    assert remote.count_tokens("a few plain words of English") >= 6
    assert remote.count_tokens("锅炉以六巴运行") >= 12
    assert remote.count_tokens("1024 | 7.50 | 31") >= 14
    assert remote.count_tokens("| a | b |\n" * 10) >= 40
