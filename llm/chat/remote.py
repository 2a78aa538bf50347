"""A chat model behind a URL: any server with OpenAI's chat protocol."""

import time
from collections.abc import Callable, Iterator

import httpx

from core.errors import (
    DeadlineExceededError,
    EngineFullError,
    ModelUnavailableError,
    ServerDownError,
)
from core.settings import RemoteSettings
from core.values.notices import Notice
from llm.chat.remote_protocol import body, read_answer
from llm.engine.request import Delta, Finish
from llm.engine.text.conversation import ChatRequest
from llm.servers.circuit import CircuitBreaker
from llm.servers.model_server import check_response, open_client, pause_seconds

_BYTES_PER_TOKEN = 3  # a cautious estimate for words; a Chinese character is about one token


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
        self._settings = settings
        self._clock = clock
        self._sleep = sleep
        self._breaker = CircuitBreaker(settings.breaker_failures, settings.breaker_seconds, clock)
        self._client = open_client(str(settings.url), settings)

    def count_tokens(self, text: str) -> int:
        """Return an estimate of the tokens that `text` takes; only the server knows the exact number."""
        return len(text.encode()) // _BYTES_PER_TOKEN + 1

    def stream(self, request: ChatRequest) -> Iterator[Delta | Finish]:
        """Yield the deltas of the answer, then its finish; closing the iterator closes the connection.

        A try that fails before the first delta is repeated.

        Raises: EngineFullError if the server stays busy, ServerDownError while the breaker is open,
        DeadlineExceededError, RequestInvalidError if the server refuses the request, ModelUnavailableError
        for all else.
        """
        deadline = self._clock() + request.timeout_seconds
        for left in reversed(range(self._settings.tries)):
            wait = self._breaker.seconds_until_try()
            if wait:
                raise ServerDownError(retry_after_seconds=max(1, round(wait)))
            begun = False
            try:
                for part in self._answer(request, deadline):
                    begun = True
                    yield part
                return
            except (ModelUnavailableError, EngineFullError) as error:
                if begun or not left:
                    raise
                self._pause(self._settings.tries - left, error, deadline)

    def close(self) -> None:
        """Close all connections."""
        self._client.close()

    def _answer(self, request: ChatRequest, deadline: float) -> Iterator[Delta | Finish]:
        """Yield the answer of one try and record its success or failure in the breaker."""
        content = body(request, self._settings.model, self._settings.dialect)
        try:
            with self._client.stream("POST", "chat/completions", json=content) as response:
                check_response(response)
                yield from read_answer(self._timed(response.iter_raw(), deadline))
            self._breaker.succeeded()
        except httpx.HTTPError as error:
            self._breaker.failed()
            raise ModelUnavailableError(f"the model server does not answer: {error!r}") from error
        except ModelUnavailableError:
            self._breaker.failed()
            raise

    def _timed(self, chunks: Iterator[bytes], deadline: float) -> Iterator[bytes]:
        for chunk in chunks:
            if self._clock() > deadline:
                raise DeadlineExceededError()
            yield chunk

    def _pause(self, tries: int, error: Exception, deadline: float) -> None:
        pause = pause_seconds(tries, error)
        if self._clock() + pause > deadline:
            raise error
        self._sleep(pause)
