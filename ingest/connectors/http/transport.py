"""Connections that go only to addresses that the guard allows, and that end at their deadline."""

import ssl
import threading
import time
from collections.abc import Iterable
from typing import Any

import httpcore

from core.errors import FetchError
from ingest.connectors.http.guard import AddressGuard

_MOST_CONNECTIONS = 8


class Deadline(threading.local):
    """The deadline of this thread's request, on the monotonic clock."""

    at: float = float("inf")

    def left(self, timeout: float | None) -> float:
        """Return how long one operation may take. Raises: httpcore.ReadTimeout if there is no time left."""
        left = self.at - time.monotonic()
        if left <= 0:
            raise httpcore.ReadTimeout("the time for the request is over")
        return left if timeout is None else min(timeout, left)


class GuardedBackend(httpcore.NetworkBackend):
    """Connects to an address that the guard has judged, never to a name."""

    def __init__(
        self, guard: AddressGuard, deadline: Deadline, dial: httpcore.NetworkBackend | None = None
    ) -> None:
        self._guard = guard
        self._deadline = deadline
        self._dial = dial or httpcore.SyncBackend()

    def connect_tcp(
        self, host: str, port: int, timeout: float | None = None, local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore.NetworkStream:  # fmt: skip
        problem: Exception = FetchError(f"{host} has no address")
        for address in self._guard.addresses(host, port):
            try:
                stream = self._dial.connect_tcp(
                    address, port, self._deadline.left(timeout), local_address, socket_options
                )
                return GuardedStream(stream, self._deadline)
            except (httpcore.ConnectError, httpcore.ConnectTimeout) as error:
                problem = error
        raise problem


class GuardedStream(httpcore.NetworkStream):
    """A connection whose every operation has to be over by the deadline."""

    def __init__(self, stream: httpcore.NetworkStream, deadline: Deadline) -> None:
        self._stream = stream
        self._deadline = deadline

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        return self._stream.read(max_bytes, self._deadline.left(timeout))

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        self._stream.write(buffer, self._deadline.left(timeout))

    def close(self) -> None:
        self._stream.close()

    def start_tls(
        self, ssl_context: ssl.SSLContext, server_hostname: str | None = None, timeout: float | None = None
    ) -> httpcore.NetworkStream:
        inner = self._stream.start_tls(ssl_context, server_hostname, self._deadline.left(timeout))
        return GuardedStream(inner, self._deadline)

    def get_extra_info(self, info: str) -> Any:
        return self._stream.get_extra_info(info)


def guarded_pool(backend: GuardedBackend, context: ssl.SSLContext) -> httpcore.ConnectionPool:
    """Return a pool of connections; proxies named in the environment are not used."""
    return httpcore.ConnectionPool(
        ssl_context=context, max_connections=_MOST_CONNECTIONS, network_backend=backend
    )
