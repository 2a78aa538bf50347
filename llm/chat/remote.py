"""A chat model behind a URL: any server with OpenAI's chat protocol."""

import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import closing
from dataclasses import replace

import httpx

from core.errors import (
    DeadlineExceededError,
    EngineFullError,
    ModelUnavailableError,
    RequestInvalidError,
    ServerDownError,
    ServerSilentError,
)
from core.settings import RemoteSettings
from core.values.notices import Notice
from llm.chat.remote_protocol import body, names_in, overflow, read_answer, refuses_system
from llm.chat.token_estimate import TokenEstimate
from llm.engine.request import Delta, Finish
from llm.engine.text.conversation import ChatRequest, without_system
from llm.servers.arriving import Arriving
from llm.servers.circuit import CircuitBreaker
from llm.servers.model_server import check_response, open_client, pause_seconds


class RemoteChat:
    """A chat model on a server; safe for use by many threads at once."""

    def __init__(
        self,
        settings: RemoteSettings,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self.name = settings.model
        self.max_context_tokens = settings.max_context_tokens
        self.guided = settings.dialect == "vllm"
        self.notices: tuple[Notice, ...] = ()
        self.begins_thinking: bool | None = None  # only the server knows its chat template
        self._settings = settings
        self._clock = clock
        self._sleep = sleep
        self._breaker = CircuitBreaker(settings.breaker_failures, settings.breaker_seconds, clock)
        self._client = open_client(str(settings.url), settings)
        self._estimate = TokenEstimate()
        self._takes_system = True

    def count_tokens(self, text: str) -> int:
        """Return an estimate of the tokens that `text` takes; only the server knows the exact number."""
        return self._estimate.of(text)

    def check(self) -> None:
        """Ask the server which models it has.

        Raises: ModelUnavailableError if it does not answer, RequestInvalidError if it has others.
        """
        try:
            response = self._client.get("models", timeout=self._settings.connect_seconds)
        except httpx.HTTPError as error:
            raise ModelUnavailableError(f"the model server does not answer: {error!r}") from error
        if response.status_code in (httpx.codes.NOT_FOUND, httpx.codes.METHOD_NOT_ALLOWED):
            return  # it answers, but lists no models
        check_response(response)
        names = names_in(response)
        if names and self.name not in names:
            raise RequestInvalidError(f"the model server has no model {self.name!r}; {self._advice(names)}")

    def stream(self, request: ChatRequest) -> Iterator[Delta | Finish]:
        """Yield the deltas of the answer, some empty, then its finish; closing the iterator hangs up.

        A try that fails before the first text is repeated, but not one to which the server was silent: it
        may be at work on the prompt. For a server whose template refuses a system message, the rules are
        sent with the first turn from then on.

        Raises: EngineFullError if the server stays busy, ServerDownError while the breaker is open,
        DeadlineExceededError, RequestTooLongError if the prompt is too long for it, RequestInvalidError if
        it refuses the request, ModelUnavailableError for all else.
        """
        deadline = self._clock() + request.timeout_seconds
        try:
            yield from self._tried(self._fitting(request), deadline)
        except (RequestInvalidError, ModelUnavailableError) as error:
            if not (self._takes_system and refuses_system(error, request)):
                raise
            self._takes_system = False
            yield from self._tried(self._fitting(request), deadline)

    def close(self) -> None:
        """Close all connections."""
        self._client.close()

    def _fitting(self, request: ChatRequest) -> ChatRequest:
        return request if self._takes_system else replace(request, messages=without_system(request.messages))

    def _tried(self, request: ChatRequest, deadline: float) -> Iterator[Delta | Finish]:
        for left in reversed(range(self._settings.tries)):
            wait = self._breaker.seconds_until_try()
            if wait:
                raise ServerDownError(retry_after_seconds=max(1, round(wait)))
            begun = False
            try:
                for part in self._answer(request, deadline):
                    begun = begun or isinstance(part, Finish) or bool(part.text)
                    yield part
                return
            except (ModelUnavailableError, EngineFullError) as error:
                if begun or not left or isinstance(error, ServerSilentError):
                    raise
                self._pause(self._settings.tries - left, error, deadline)

    def _answer(self, request: ChatRequest, deadline: float) -> Iterator[Delta | Finish]:
        """Yield the answer of one try and record its success or failure in the breaker."""
        content = body(request, self._settings.model, self._settings.dialect)
        wait = max(self._settings.first_token_seconds, self._settings.silence_seconds)
        limits = httpx.Timeout(wait, connect=self._settings.connect_seconds)
        try:
            with closing(
                Arriving(
                    lambda: self._client.stream("POST", "chat/completions", json=content, timeout=limits)
                )
            ) as chunks:
                for part in read_answer(self._timed(chunks, deadline)):
                    yield part
                    self._learn(request, part)
            self._breaker.succeeded()
        except (httpx.HTTPError, ModelUnavailableError, RequestInvalidError) as error:
            raise self._meaning(error) from error

    def _meaning(self, error: Exception) -> Exception:
        """Return what a failed try means, and record it: a refusal is no failure of the server."""
        too_long = overflow(error)
        if too_long:
            return too_long
        if isinstance(error, RequestInvalidError):
            return (
                RequestInvalidError(f"{error}; {self._advice(())}") if "answered 404" in str(error) else error
            )
        self._breaker.failed()
        if isinstance(error, httpx.ReadTimeout):
            return ServerSilentError()
        if isinstance(error, httpx.HTTPError):
            return ModelUnavailableError(f"the model server does not answer: {error!r}")
        return error

    def _timed(self, chunks: Iterable[bytes | None], deadline: float) -> Iterator[bytes | None]:
        """Yield chunks until the deadline, or until the server has been silent for too long."""
        limit, last = self._settings.first_token_seconds, self._clock()
        for chunk in chunks:
            now = self._clock()
            if now > deadline:
                raise DeadlineExceededError()
            if chunk is not None:
                limit, last = self._settings.silence_seconds, now
            elif now - last > limit:
                raise ServerSilentError()
            yield chunk

    def _learn(self, request: ChatRequest, part: Delta | Finish) -> None:
        if isinstance(part, Finish) and part.usage.prompt_tokens:
            said = "\n".join(message.content for message in request.messages)
            self._estimate.learn(said, part.usage.prompt_tokens)

    def _advice(self, names: Iterable[str]) -> str:
        has = f"it has {', '.join(map(repr, names))}; " if names else ""
        return (
            f"{has}set VADE_LLM__REMOTE__MODEL to a name that {self._settings.url}/models lists, and "
            "VADE_LLM__REMOTE__URL up to /v1"
        )

    def _pause(self, tries: int, error: Exception, deadline: float) -> None:
        pause = pause_seconds(tries, error)
        if self._clock() + pause > deadline:
            raise error
        self._sleep(pause)
