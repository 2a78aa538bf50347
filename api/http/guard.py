"""Middleware in front of every route: origin check, limits, headers, and one form of error."""

import anyio
import structlog
from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from starlette.datastructures import Headers, MutableHeaders
from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from api.http.wire import error_json
from core.errors import ForbiddenError, SlowRequestError, TooLargeError, VadeError

log = structlog.get_logger()

_READING = {"GET", "HEAD", "OPTIONS"}
# A body may take the time limit once more for each of so many bytes that have arrived.
_BYTES_IN_TIME = 2**18
_HEADERS = {
    # Nothing from elsewhere, no inline script or style: document text cannot become either.
    "Content-Security-Policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; "
        "form-action 'none'; base-uri 'none'; frame-ancestors 'none'"
    ),
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    # No page of another site may take an answer or a file in, not even as a picture or a script.
    "Cross-Origin-Resource-Policy": "same-origin",
}
# Answers belong to one asker; the page is revalidated, so that an upgrade never mixes two of them.
_PRIVATE, _REVALIDATED = "no-store", "no-cache"


# Plain words for what pydantic says in its own.
_PLAIN = {
    "extra_forbidden": "there is no such key",
    "frozen_set_type": "write a list",
    "json_invalid": "the body is not JSON",
    "model_attributes_type": "write a JSON object, with `Content-Type: application/json`",
    "missing": "it is missing",
}


class SameOrigin:
    """Refuses writing requests that a page of another site sends through the user's browser."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        writes = scope["type"] == "http" and scope["method"] not in _READING
        if writes and _is_foreign(scope["scheme"], Headers(scope=scope)):
            await _refused(_foreign(scope))(scope, receive, send)
            return
        await self._app(scope, receive, send)


class BodyLimit:
    """Cuts a request off whose body is over the limit, or arrives too slowly.

    It answers by itself: the parser of the body would report an error there as a malformed body.
    """

    def __init__(self, app: ASGIApp, max_bytes: int, seconds: float) -> None:
        """Allow a body `seconds`, and as long again for each quarter megabyte of it that has arrived."""
        self._app = app
        self._max_bytes = max_bytes
        self._seconds = seconds

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        body = _Body(receive, self._max_bytes, self._seconds)

        async def send_within_limit(message: Message) -> None:
            if body.refusal is None:
                await send(message)

        await self._app(scope, body.receive, send_within_limit)
        if body.refusal is not None:
            await _refused(body.refusal)(scope, receive, send)


class _Body:
    """A request's body as it arrives; `refusal` is why no more of it is taken."""

    def __init__(self, receive: Receive, max_bytes: int, seconds: float) -> None:
        self._receive = receive
        self._max_bytes = max_bytes
        self._seconds = seconds
        self._received = 0
        self._waited = 0.0
        self._complete = False
        self.refusal: VadeError | None = None

    async def receive(self) -> Message:
        """Return the next part. Raises: TooLargeError; SlowRequestError."""
        if self._complete:
            return await self._receive()
        message = await self._next()
        self._received += len(message.get("body", b""))
        self._complete = not message.get("more_body", False)
        if self._received > self._max_bytes:
            raise self._refused(TooLargeError(f"the limit is {self._max_bytes:,} bytes; nothing was kept"))
        return message

    async def _next(self) -> Message:
        allowed = self._seconds * (1 + self._received / _BYTES_IN_TIME)
        began = anyio.current_time()
        with anyio.move_on_after(allowed - self._waited):
            message = await self._receive()
            self._waited += anyio.current_time() - began
            return message
        raise self._refused(SlowRequestError())

    def _refused(self, error: VadeError) -> VadeError:
        self.refusal = error
        return error


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


def _refused(error: VadeError) -> JSONResponse:
    """Return the response to a request whose body is not read to its end, so that the connection must go."""
    return JSONResponse(error_json(error.code, str(error)), error.status, headers={"Connection": "close"})


def _foreign(scope: Scope) -> ForbiddenError:
    own = f"{scope['scheme']}://{Headers(scope=scope).get('host')}"
    return ForbiddenError(
        f"The request came from another site than {own}; nothing was done. If it is yours, let the proxy "
        "pass Host on and say the scheme in X-Forwarded-Proto."
    )


def _is_foreign(scheme: str, headers: Headers) -> bool:
    origin = headers.get("origin")
    if origin is None:
        return headers.get("sec-fetch-site", "none") not in {"none", "same-origin"}
    return origin != f"{scheme}://{headers.get('host')}"


def _ours(request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, VadeError)
    headers = {"Retry-After": str(error.retry_after_seconds)} if error.status in {429, 503} else {}
    headers |= {"WWW-Authenticate": "Bearer"} if error.status == 401 else {}
    return JSONResponse(error_json(error.code, str(error)), error.status, headers=headers)


def _invalid(request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, RequestValidationError)
    first = error.errors()[0]
    said = _PLAIN.get(first["type"], first["msg"])
    place = "" if first["type"] == "json_invalid" else ".".join(str(p) for p in first["loc"] if p != "body")
    return JSONResponse(error_json("input", f"{place}: {said}" if place else said), 422)


def _plain(request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, HTTPException)
    return JSONResponse(error_json("http", str(error.detail)), error.status_code, headers=error.headers)


def _unexpected(request: Request, error: Exception) -> JSONResponse:
    log.exception("request.failed", path=request.url.path, exc_info=error)
    words = "The request failed here; the log names the reason."
    # It is answered outside of all middleware.
    headers = {**_HEADERS, "Cache-Control": _PRIVATE}
    return JSONResponse(error_json("internal", words), 500, headers=headers)
