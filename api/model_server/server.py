"""The web application that serves one engine."""

import hmac
import json
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from typing import Any

import structlog
from anyio import to_thread
from fastapi import Depends, FastAPI, Request
from fastapi.responses import JSONResponse, Response, StreamingResponse
from starlette.middleware.trustedhost import TrustedHostMiddleware

from api.http.guard import BodyLimit, SameOrigin, register_errors
from api.http.wire import error_json
from api.model_server.protocol import ChatCompletionRequest, Completion, models_json
from core.errors import AbandonedError, NotFoundError, UnauthenticatedError, VadeError
from llm.engine.request import Delta, Finish
from llm.engine.serving import EngineChat

log = structlog.get_logger()

_MAX_BODY_BYTES = 8 * 2**20
_BODY_SECONDS = 30.0


@dataclass(frozen=True, kw_only=True)
class Serving:
    """What is served, and to whom."""

    chat: EngineChat
    name: str
    """The name under which clients ask for the model; adapters have their own."""
    key: str
    """The bearer token that each request must carry; empty: none is asked for."""
    hosts: tuple[str, ...]
    """The names in the Host header that are accepted."""
    default_tokens: int
    """The most tokens of an answer whose request names none."""
    timeout_seconds: float

    @property
    def names(self) -> tuple[str, ...]:
        """The names of all models that can be asked."""
        return (self.name, *sorted(self.chat.adapters))


def make_model_server(serving: Serving) -> FastAPI:
    """Return the web application: `/v1/chat/completions`, `/v1/models`, `/livez`."""
    http = FastAPI(title="Vademecum model server", docs_url=None, redoc_url=None, openapi_url=None)

    def authorized(request: Request) -> None:
        given = request.headers.get("authorization", "").removeprefix("Bearer ").strip()
        if serving.key and not hmac.compare_digest(given.encode(), serving.key.encode()):
            raise UnauthenticatedError("send the key of this server as `Authorization: Bearer KEY`")

    @http.get("/livez")
    async def livez() -> dict[str, str]:
        serving.chat.check()
        return {"status": "ok"}

    @http.get("/v1/models", dependencies=[Depends(authorized)])
    async def models() -> dict[str, Any]:
        serving.chat.check()
        return models_json(serving.names, serving.chat.max_context_tokens)

    @http.post("/v1/chat/completions", dependencies=[Depends(authorized)])
    async def complete(request: Request, asked: ChatCompletionRequest) -> Response:
        parts = _Parts(request, _begun(serving, asked))
        await parts.begin()
        completion = Completion(asked.model)
        if asked.stream:
            usage = bool(asked.stream_options and asked.stream_options.include_usage)
            return StreamingResponse(_events(parts, completion, usage), media_type="text/event-stream")
        text, finish = "", None
        async for part in parts:
            text += part.text if isinstance(part, Delta) else ""
            finish = part if isinstance(part, Finish) else finish
        assert finish is not None, "a request ends once"
        return JSONResponse(completion.whole(text, finish))

    http.add_middleware(BodyLimit, max_bytes=_MAX_BODY_BYTES, seconds=_BODY_SECONDS)
    http.add_middleware(SameOrigin)
    http.add_middleware(TrustedHostMiddleware, allowed_hosts=list(serving.hosts))
    register_errors(http)
    return http


def _begun(serving: Serving, asked: ChatCompletionRequest) -> Iterator[Delta | Finish]:
    """Return the answer to a request. Raises: NotFoundError if it asks another model."""
    if asked.model not in serving.names:
        names = ", ".join(map(repr, serving.names))
        raise NotFoundError(f"there is no model {asked.model!r}; this server has {names}")
    adapter = "" if asked.model == serving.name else asked.model
    return serving.chat.stream(asked.conversation(serving.default_tokens, serving.timeout_seconds, adapter))


class _Parts:
    """The parts of an answer, fetched by threads; the request is cancelled when its caller has left."""

    def __init__(self, request: Request, answer: Iterator[Delta | Finish]) -> None:
        self._request = request
        self._answer = answer
        self._first: Delta | Finish | None = None

    async def begin(self) -> None:
        """Fetch the first part, so that a refusal has its own status. Raises: as the engine's `stream`."""
        self._first = await to_thread.run_sync(next, self._answer, None)

    async def __aiter__(self) -> AsyncIterator[Delta | Finish]:
        part = self._first
        try:
            while part is not None:
                yield part
                if await self._request.is_disconnected():
                    raise AbandonedError()
                part = await to_thread.run_sync(next, self._answer, None)
        finally:
            close = getattr(self._answer, "close", None)
            if close is not None:
                close()


async def _events(parts: _Parts, completion: Completion, usage: bool) -> AsyncIterator[str]:
    """Yield the answer as server-sent events; an error behind the first token is an event too."""
    is_first, finish = True, None
    try:
        async for part in parts:
            if isinstance(part, Finish) or part.text or is_first:
                yield _event(completion.chunk(part, is_first))
                is_first = False
            finish = part if isinstance(part, Finish) else finish
    except VadeError as error:
        log.warning("model_server.failed", error=str(error))
        yield _event(error_json(error.code, str(error)))
        return
    if usage and finish is not None:
        yield _event(completion.usage(finish))
    yield "data: [DONE]\n\n"


def _event(data: Any) -> str:
    return f"data: {json.dumps(data, ensure_ascii=False)}\n\n"
