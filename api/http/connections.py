"""The server's connections, and how long one may take to say what it wants."""

import asyncio

import uvicorn
from fastapi import FastAPI
from uvicorn.protocols.http.h11_impl import H11Protocol

from core.settings import ApiSettings

# An open stream must not keep a stopped server alive.
_GRACE_SECONDS = 5


def server_config(http: FastAPI, settings: ApiSettings) -> uvicorn.Config:
    """Return the configuration of the server: its limits, and whose word on the scheme it takes.

    A proxy says by `X-Forwarded-Proto` whether the browser came by TLS; it is believed on this machine, or
    anywhere if the settings say that nobody else can reach the server.
    """
    return uvicorn.Config(
        http,
        http=limited_protocol(settings.request_seconds),
        ws="none",
        log_config=None,
        log_level="warning",
        access_log=False,
        server_header=False,
        timeout_graceful_shutdown=_GRACE_SECONDS,
        forwarded_allow_ips="*" if settings.behind_proxy else "127.0.0.1,::1",
    )


def limited_protocol(seconds: float) -> type[H11Protocol]:
    """Return the server's protocol, which closes connections without a whole head of a request in `seconds`.

    The time begins with the connection, and anew with the end of each answer. What a body may take is
    `api.http.guard.BodyLimit`'s to say.
    """

    class Limited(H11Protocol):
        """HTTP/1.1 with a time limit for the head of a request."""

        def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
            """Begin to count."""
            super().connection_made(transport)
            self._waits_since = self.loop.time()
            self._watch = self.loop.call_later(seconds, self._close_if_silent)

        def connection_lost(self, exc: Exception | None) -> None:
            """Stop counting."""
            self._watch.cancel()
            super().connection_lost(exc)

        def on_response_complete(self) -> None:
            """Begin to count anew."""
            self._waits_since = self.loop.time()
            super().on_response_complete()

        def _close_if_silent(self) -> None:
            answering = self.cycle is not None and not self.cycle.response_complete
            left = self._waits_since + seconds - self.loop.time()
            if left <= 0 and not answering:
                self.transport.abort()
            else:
                self._watch = self.loop.call_later(max(left, seconds / 4), self._close_if_silent)

    return Limited
