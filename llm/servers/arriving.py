"""A response that a thread of its own reads, so that its reader can leave while nothing arrives."""

import socket
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, suppress
from queue import Empty, SimpleQueue
from threading import Event, Thread

import httpx

from llm.servers.model_server import check_response

_BEAT_SECONDS = 0.05

Respond = Callable[[], AbstractContextManager[httpx.Response]]
"""Sends the request and gives its response, not yet read."""


class Arriving:
    """Iterates over the chunks of a response, and over None from time to time in between.

    Closing it hangs up, so that the server can stop its work.
    """

    def __init__(self, respond: Respond) -> None:
        self._respond = respond
        self._parts: SimpleQueue[bytes | Exception | None] = SimpleQueue()
        self._left = Event()
        self._response: httpx.Response | None = None
        Thread(target=self._read, name="vade-remote", daemon=True).start()

    def __iter__(self) -> Iterator[bytes | None]:
        """Raises: httpx.HTTPError; as `check_response`."""
        while True:
            try:
                part = self._parts.get(timeout=_BEAT_SECONDS)
            except Empty:
                yield None
                continue
            if isinstance(part, Exception):
                raise part
            if part is None:
                return
            yield part

    def close(self) -> None:
        """Hang up, also while the thread waits for the next chunk."""
        self._left.set()
        if self._response is not None and not self._response.is_closed:
            stream = self._response.extensions["network_stream"]
            with suppress(OSError):  # the connection is gone already
                stream.get_extra_info("socket").shutdown(socket.SHUT_RDWR)

    def _read(self) -> None:
        try:
            with self._respond() as response:
                check_response(response)
                self._response = response
                for chunk in response.iter_raw():
                    if self._left.is_set():
                        return
                    self._parts.put(chunk)
            self._parts.put(None)
        except Exception as error:  # of any kind: the reader's thread raises it
            self._parts.put(error)
