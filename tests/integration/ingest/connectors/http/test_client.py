import gzip
import itertools
import socket
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing, contextmanager

import httpx
import pytest
from integration.ingest.connectors.loopback import Answer, Asked, serving

from core.errors import FetchError, ParseError, RefusedAddressError, TooLargeError
from core.settings import ConnectorSettings
from ingest.connectors.http.client import Request, WebClient

LIMIT = 5 * 2**20


@contextmanager
def client(**given: object) -> Iterator[tuple[WebClient, list[float]]]:
    """Give a client that may ask 127.0.0.1 and no other address, and how long it would have slept."""
    slept: list[float] = []
    sign = given.pop("sign", None)
    settings = ConnectorSettings.model_validate(
        {"allow_networks": ["127.0.0.1/32"], "request_seconds": 5, "silence_seconds": 3, **given}
    )
    named = {"sign": sign} if sign else {}
    with closing(WebClient(settings, LIMIT, sleep=slept.append, **named)) as made:  # type: ignore[arg-type]
        yield made, slept


def ask(answering: Callable[[Asked], Answer], path: str = "/", **given: object) -> object:
    with serving(answering) as web, client(**given) as (made, _):
        return made.send(Request(url=web.url + path))


def test_an_answer_comes_with_status_headers_and_content() -> None:
    packed = Answer(
        status=200, content=gzip.compress(b"text" * 1000), headers={"Content-Encoding": "gzip", "ETag": '"1"'}
    )
    with (
        serving(lambda asked: packed if asked.path == "/a" else Answer(status=404)) as web,
        client() as (made, _),
    ):
        response = made.send(Request(url=f"{web.url}/a?b=c"))
        assert (response.status, response.content, response.headers["etag"]) == (200, b"text" * 1000, '"1"')
        assert made.send(Request(url=f"{web.url}/b")).status == 404
        assert web.asked[0].target == "/a?b=c"
        assert web.asked[0].headers["user-agent"] == "vademecum"


@pytest.mark.parametrize(
    "target",
    [
        "http://127.0.0.2/", "http://localhost.:9/", "http://169.254.169.254/latest/meta-data/",
        "http://[::1]/", "http://[::ffff:10.0.0.1]/", "http://[64:ff9b::a9fe:a9fe]/", "http://0.0.0.0/",
        "http://2130706433/", "http://0x7f.1/", "http://127.1/", "http://a@127.0.0.1/", "http://evil\\@127.0.0.1/",
        "file:///etc/passwd", "ftp://127.0.0.1/", "gopher://127.0.0.1/", "//127.0.0.2/", "http://10.0.0.1/",
    ],
)  # fmt: skip
def test_a_redirect_to_the_inside_is_refused_at_the_hop(target: str) -> None:
    if target.startswith("http://localhost") and socket.gethostbyname("localhost") == "127.0.0.1":
        target = "http://127.0.0.3/"
    with (
        serving(lambda asked: Answer(status=302, headers={"Location": target})) as web,
        client() as (made, _),
    ):
        with pytest.raises((ParseError, FetchError)) as caught:
            made.send(Request(url=web.url))
        assert web.paths() == ["/"], caught.value


def test_a_refused_address_is_not_asked_again_and_says_what_to_do() -> None:
    with client() as (made, slept), pytest.raises(RefusedAddressError, match="ALLOW_NETWORKS"):
        made.send(Request(url="http://127.0.0.2:9/"))
    assert slept == []


def test_refresh_headers_lead_nowhere() -> None:
    refreshing = Answer(status=200, content="x", headers={"Refresh": "0; url=http://127.0.0.2/"})
    with serving(lambda asked: refreshing) as web, client() as (made, _):
        assert made.send(Request(url=web.url)).content == b"x"


def test_redirects_are_followed_so_far_and_no_further() -> None:
    def answering(asked: Asked) -> Answer:
        number = int(asked.path[1:])
        return (
            Answer(status=302, headers={"Location": f"/{number - 1}"})
            if number
            else Answer(status=200, content="end")
        )

    with serving(answering) as web, client() as (made, _):
        assert made.send(Request(url=f"{web.url}/5")).content == b"end"
        with pytest.raises(ParseError, match="more than 5"):
            made.send(Request(url=f"{web.url}/1000"))


def test_a_password_is_not_passed_on_to_another_server() -> None:
    def sign(method: str, url: httpx.URL, headers: Mapping[str, str], content: bytes) -> Mapping[str, str]:
        return {"Authorization": "Bearer hunter2"}

    with serving(lambda asked: Answer(status=200, content="there")) as other:

        def answering(asked: Asked) -> Answer:
            return Answer(status=302, headers={"Location": "/b" if asked.path == "/a" else other.url})

        with serving(answering) as web, client(sign=sign) as (made, _):
            assert made.send(Request(url=f"{web.url}/a")).content == b"there"
        assert [asked.headers.get("authorization") for asked in web.asked] == ["Bearer hunter2"] * 2
        assert "authorization" not in other.asked[0].headers


def endless() -> Iterator[bytes]:
    while True:
        yield b"x" * 65536


@pytest.mark.parametrize(
    "answer",
    [
        Answer(status=200, content=b"", headers={"Content-Length": str(10 * 2**30)}),
        Answer(status=200, parts=endless()),
        Answer(status=200, content=gzip.compress(bytes(50 * 2**20)), headers={"Content-Encoding": "gzip"}),
        Answer(status=200, content=gzip.compress(bytes(4 * 2**20)), headers={"Content-Encoding": "gzip"}),
    ],
    ids=["said", "endless", "bomb over the limit", "bomb below it"],
)
def test_what_is_too_large_is_cut_off(answer: Answer) -> None:
    with pytest.raises(TooLargeError):
        ask(lambda asked: answer)


def test_a_packing_that_was_not_asked_for_is_refused() -> None:
    with pytest.raises(FetchError, match="'br'"):
        ask(lambda asked: Answer(status=200, content=b"x", headers={"Content-Encoding": "br"}))
    with pytest.raises(FetchError, match="cut off"):
        ask(
            lambda asked: Answer(
                status=200, content=gzip.compress(b"x" * 99)[:-9], headers={"Content-Encoding": "gzip"}
            )
        )


@contextmanager
def dripping(first: bytes) -> Iterator[str]:
    """Send `first`, and then a byte every tenth of a second for ever."""
    over = threading.Event()
    with socket.create_server(("127.0.0.1", 0)) as listening:

        def drip() -> None:
            try:
                while True:
                    connection, _ = listening.accept()
                    with connection:
                        connection.recv(65536)
                        connection.sendall(first)
                        for _ in range(100):
                            connection.sendall(b"a")
                            if over.wait(0.1):
                                return
            except OSError:
                return

        thread = threading.Thread(target=drip)
        thread.start()
        yield f"http://127.0.0.1:{listening.getsockname()[1]}/"
        over.set()
        listening.shutdown(socket.SHUT_RDWR)
    thread.join()


@pytest.mark.parametrize("first", [b"", b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n"])
def test_a_server_that_drips_is_left_at_the_deadline(first: bytes) -> None:
    started = time.monotonic()
    with (
        dripping(first) as url,
        client(request_seconds=0.3) as (made, slept),
        pytest.raises(FetchError, match=r"timed out|the time for the request is over"),
    ):
        made.send(Request(url=url))
    assert slept == [1.0, 2.0, 4.0]
    assert time.monotonic() - started < 5


def test_a_server_that_asks_to_wait_is_waited_for() -> None:
    answers = itertools.chain(
        [Answer(status=429, headers={"Retry-After": "7"}), Answer(status=503)],
        itertools.repeat(Answer(status=200, content="at last")),
    )
    with serving(lambda asked: next(answers)) as web, client() as (made, slept):
        assert made.send(Request(url=web.url)).content == b"at last"
    assert slept == [7.0, 2.0]


def test_a_server_that_asks_to_wait_for_long_is_asked_in_the_next_night() -> None:
    with (
        serving(lambda asked: Answer(status=429, headers={"Retry-After": "3600"})) as web,
        client() as (made, slept),
        pytest.raises(FetchError, match="3600 s"),
    ):
        made.send(Request(url=web.url))
    assert slept == []


def test_nobody_there_is_a_plain_reason(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.2:1")
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    with client() as (made, slept), pytest.raises(FetchError, match=r"127\.0\.0\.1 does not answer"):
        made.send(Request(url=f"http://127.0.0.1:{port}/"))
    assert len(slept) == 3
