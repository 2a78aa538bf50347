import json
import socket
import struct
import threading
import time
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingest.sandbox.wire import Channel, MalformedError

ENOUGH = 10**6


@pytest.fixture
def ends() -> Iterator[tuple[Channel, socket.socket]]:
    ours, theirs = socket.socketpair()
    with ours, theirs:
        yield Channel(ours), theirs


@given(st.dictionaries(st.text(), st.text()), st.lists(st.binary(max_size=1_000), max_size=5))
def test_what_is_sent_arrives(header: dict[str, str], parts: list[bytes]) -> None:
    header.pop("parts", None)
    ours, theirs = socket.socketpair()
    with ours, theirs:
        Channel(ours).send(header, parts)
        received, raw = Channel(theirs).receive(ENOUGH)
        assert (received, [bytes(part) for part in raw]) == (header, parts)


def test_a_message_larger_than_the_pipe_arrives(ends: tuple[Channel, socket.socket]) -> None:
    channel, theirs = ends
    large = bytes(5_000_000)
    sending = threading.Thread(target=Channel(theirs).send, args=({}, [large]))
    sending.start()
    header, [part] = channel.receive(10**7)
    assert (header, bytes(part)) == ({}, large)
    sending.join()


def test_a_message_may_be_as_long_as_the_limit_and_no_longer(ends: tuple[Channel, socket.socket]) -> None:
    channel, theirs = ends
    Channel(theirs).send({"a": 1}, [b"x" * 100])
    size = len(json.dumps({"a": 1, "parts": [100]})) + 100
    header, _ = channel.receive(size)
    assert header == {"a": 1}
    Channel(theirs).send({"a": 1}, [b"x" * 100])
    with pytest.raises(MalformedError, match="too long"):
        channel.receive(size - 1)


def test_a_deadline_that_is_past_holds_though_a_message_is_there(ends: tuple[Channel, socket.socket]) -> None:
    channel, theirs = ends
    Channel(theirs).send({"a": 1})
    past = time.monotonic() - 1
    with pytest.raises(TimeoutError):
        channel.receive(ENOUGH, past)
    with pytest.raises(TimeoutError):
        channel.send({}, deadline=past)


@given(st.binary(max_size=200))
def test_bytes_without_sense_are_refused(rubbish: bytes) -> None:
    ours, theirs = socket.socketpair()
    with ours, theirs:
        theirs.sendall(rubbish)
        theirs.shutdown(socket.SHUT_WR)
        with pytest.raises((MalformedError, EOFError)):
            Channel(ours).receive(ENOUGH)


@pytest.mark.parametrize(
    "header",
    [
        b"[]",
        b"{}",
        b"7",
        b"\xff",
        b'{"parts": 1}',
        b'{"parts": [-1]}',
        b'{"parts": [1.5]}',
        b'{"parts": [true]}',
        b'{"parts": ["1"]}',
        b'{"parts": [1000001]}',
        json.dumps({"parts": [400_000] * 3}).encode(),
        b'{"parts": [' + b"9" * 5_000 + b"]}",
        b"[" * 100_000,
    ],
)
def test_a_header_that_cannot_be_one_is_refused(ends: tuple[Channel, socket.socket], header: bytes) -> None:
    channel, theirs = ends
    theirs.sendall(struct.pack("<I", len(header)) + header)
    with pytest.raises(MalformedError):
        channel.receive(ENOUGH)


def test_a_header_longer_than_the_limit_is_refused_before_it_is_read(
    ends: tuple[Channel, socket.socket],
) -> None:
    channel, theirs = ends
    theirs.sendall(struct.pack("<I", ENOUGH + 1))
    with pytest.raises(MalformedError):
        channel.receive(ENOUGH)


@pytest.mark.parametrize("pace", ["silent", "dripping"])
def test_a_deadline_holds_for_the_whole_message(ends: tuple[Channel, socket.socket], pace: str) -> None:
    channel, theirs = ends
    stop = threading.Event()

    def drip() -> None:
        theirs.sendall(struct.pack("<I", 100_000))
        while not stop.wait(0.01):
            theirs.sendall(b" ")

    dripping = threading.Thread(target=drip)
    if pace == "dripping":
        dripping.start()
    began = time.monotonic()
    with pytest.raises(TimeoutError):
        channel.receive(ENOUGH, began + 0.1)
    assert 0.05 < time.monotonic() - began < 5
    stop.set()
    if pace == "dripping":
        dripping.join()


def test_a_deadline_of_send_holds_if_the_other_side_does_not_read(
    ends: tuple[Channel, socket.socket],
) -> None:
    channel, _ = ends
    with pytest.raises(TimeoutError):
        channel.send({}, [bytes(10**7)], time.monotonic() + 0.1)


def test_receive_and_send_report_that_the_other_side_is_gone(ends: tuple[Channel, socket.socket]) -> None:
    channel, theirs = ends
    theirs.close()
    with pytest.raises(EOFError):
        channel.receive(ENOUGH)
    with pytest.raises(OSError, match="roken pipe"):
        channel.send(dict[str, Any](), [bytes(10**6)])
