"""Middleware in front of every route: origin check, limits, headers, and one form of error."""

import structlog
from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from starlette.datastructures import Headers, MutableHeaders
from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from api.http.wire import error_json
from core.errors import ForbiddenError, TooLargeError, VadeError

log = structlog.get_logger()

_READING = {"GET", "HEAD", "OPTIONS"}
_HEADERS = {
    # Nothing from elsewhere, no inline script or style: document text cannot become either.
    "Content-Security-Policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; "
        "form-action 'none'; base-uri 'none'; frame-ancestors 'none'"
    ),
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
}
# Answers belong to one asker; the page is revalidated, so that an upgrade never mixes two of them.
_PRIVATE, _REVALIDATED = "no-store", "no-cache"


class SameOrigin:
    """Refuses writing requests that a page of another site sends through the user's browser."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        writes = scope["type"] == "http" and scope["method"] not in _READING
        if writes and _is_foreign(Headers(scope=scope)):
            error = ForbiddenError()
            await JSONResponse(error_json(error.code, str(error)), error.status)(scope, receive, send)
            return
        await self._app(scope, receive, send)


class BodyLimit:
    """Cuts a request off whose body is over the limit, before it fills the disk.

    It answers by itself: the parser of the body would report an error there as a malformed body.
    """

    def __init__(self, app: ASGIApp, max_bytes: int) -> None:
        self._app = app
        self._max_bytes = max_bytes

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        received = 0
        error = TooLargeError(f"the limit is {self._max_bytes:,} bytes; nothing was kept")

        async def receive_within_limit() -> Message:
            nonlocal received
            message = await receive()
            received += len(message.get("body", b""))
            if received > self._max_bytes:
                raise error
            return message

        async def send_within_limit(message: Message) -> None:
            if received <= self._max_bytes:
                await send(message)

        await self._app(scope, receive_within_limit, send_within_limit)
        if received > self._max_bytes:
            await JSONResponse(error_json(error.code, str(error)), error.status)(scope, receive, send)


class SecurityHeaders:
    """Adds the headers that keep a browser from running the text of a document."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in _HEADERS.items():
                    headers.setdefault(name, value)
                private = scope["path"].startswith("/v1/")
                headers.setdefault("Cache-Control", _PRIVATE if private else _REVALIDATED)
            await send(message)

        await self._app(scope, receive, send_with_headers if scope["type"] == "http" else send)


def register_errors(http: FastAPI) -> None:
    """Give every error the same form: `{"error": {"code", "message"}}`."""
    http.add_exception_handler(VadeError, _ours)
    http.add_exception_handler(RequestValidationError, _invalid)
    http.add_exception_handler(HTTPException, _plain)
    http.add_exception_handler(Exception, _unexpected)


def _is_foreign(headers: Headers) -> bool:
    origin = headers.get("origin")
    if origin is None:
        return headers.get("sec-fetch-site", "none") not in {"none", "same-origin"}
    return origin.partition("://")[2] != headers.get("host")


def _ours(request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, VadeError)
    retry = {"Retry-After": str(error.retry_after_seconds)} if error.status in {429, 503} else None
    return JSONResponse(error_json(error.code, str(error)), error.status, headers=retry)


def _invalid(request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, RequestValidationError)
    first = error.errors()[0]
    place = ".".join(str(part) for part in first["loc"] if part != "body")
    return JSONResponse(error_json("input", f"{place}: {first['msg']}" if place else first["msg"]), 422)


def _plain(request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, HTTPException)
    return JSONResponse(error_json("http", str(error.detail)), error.status_code, headers=error.headers)


def _unexpected(request: Request, error: Exception) -> JSONResponse:
    log.exception("request.failed", path=request.url.path, exc_info=error)
    return JSONResponse(error_json("internal", "The request failed here; the log names the reason."), 500)
