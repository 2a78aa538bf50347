"""A connection that does not say what it wants in time is closed; those beside it are served."""

import socket
import threading
from collections.abc import Iterator
from contextlib import AbstractContextManager, suppress
from pathlib import Path

import httpx
import pytest
from fakes.application import make_app
from fakes.web import serving

# Long enough for an honest request on a busy machine, short enough for a test that waits for the end.
LIMIT = 0.75
HEAD = (
    b"POST /v1/search HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: 90\r\n"
)


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, int]]:
    with served(tmp_path_factory.mktemp("data")) as address:
        yield address


def served(data_dir: Path) -> AbstractContextManager[tuple[str, int]]:
    return serving(make_app(data_dir, api={"user": "ann", "request_seconds": LIMIT}))


def until_closed(connection: socket.socket) -> bytes:
    """Return what the server says until it closes the connection."""
    said = b""
    with suppress(ConnectionResetError):
        while part := connection.recv(4096):
            said += part
    return said


@pytest.mark.parametrize(
    "begun",
    [b"", b"GET /livez HTTP/1.1\r\nHost: loc", b"GET /livez HTTP/1.1\r\nHost: localhost\r\nX-Long: a\r\n"],
    ids=["nothing", "half a line", "no end of the head"],
)
def test_a_head_that_does_not_end_is_cut_off(address: tuple[str, int], begun: bytes) -> None:
    with socket.create_connection(address, timeout=20) as connection:
        connection.sendall(begun)
        assert until_closed(connection) == b""


def test_a_second_head_on_a_kept_connection_is_cut_off_as_well(address: tuple[str, int]) -> None:
    with socket.create_connection(address, timeout=20) as connection:
        connection.sendall(b"GET /livez HTTP/1.1\r\nHost: localhost\r\n\r\nGET /livez HTTP/1.1\r\nHo")
        said = until_closed(connection)
    assert said.startswith(b"HTTP/1.1 200 OK")
    assert said.count(b"HTTP/1.1") == 1


def test_a_body_that_does_not_come_is_refused(address: tuple[str, int]) -> None:
    with socket.create_connection(address, timeout=20) as connection:
        connection.sendall(HEAD + b'\r\n{"q')
        said = until_closed(connection)
    assert said.startswith(b"HTTP/1.1 408 ")
    assert b'"slow"' in said
    assert b"cross-origin-resource-policy: same-origin" in said.lower()


def test_a_body_that_drips_is_refused(address: tuple[str, int]) -> None:
    gone = threading.Event()

    def drip(connection: socket.socket) -> None:
        with suppress(OSError):
            while not gone.wait(LIMIT / 10):
                connection.sendall(b" ")

    with socket.create_connection(address, timeout=20) as connection:
        connection.sendall(HEAD + b"\r\n")
        dripping = threading.Thread(target=drip, args=(connection,))
        dripping.start()
        said = until_closed(connection)
        gone.set()
        dripping.join()
    assert said.startswith(b"HTTP/1.1 408 ")


def test_a_body_that_nobody_reads_keeps_no_connection(address: tuple[str, int]) -> None:
    with socket.create_connection(address, timeout=20) as connection:
        connection.sendall(HEAD.replace(b"/v1/search", b"/nothing") + b"\r\n{")
        assert until_closed(connection).startswith(b"HTTP/1.1 404 ")


def test_others_are_served_meanwhile(address: tuple[str, int]) -> None:
    with socket.create_connection(address, timeout=20) as silent:
        assert httpx.get(f"http://{address[0]}:{address[1]}/livez").status_code == 200
        assert until_closed(silent) == b""


def test_an_invalid_request_is_answered_at_once(address: tuple[str, int]) -> None:
    with socket.create_connection(address, timeout=20) as connection:
        connection.sendall(b"\x1b[31m\xe2\x80\xae\r\n\r\n")
        assert until_closed(connection).startswith(b"HTTP/1.1 400 ")
