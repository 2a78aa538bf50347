"""The engine as a chat model: conversations in, streamed text out."""

from collections.abc import Iterator
from dataclasses import replace
from uuid import uuid4

from core.errors import EngineClosedError, RequestInvalidError
from core.values.notices import Notice
from llm.engine.loop import EngineLoop, EngineSnapshot
from llm.engine.request import Delta, Finish, GenerationRequest
from llm.engine.stream import raise_unless_answered
from llm.engine.text.conversation import ChatRequest
from llm.engine.text.tokens import TokenCodec


class EngineChat:
    """Answers conversations with the engine in this process."""

    guided = True

    def __init__(
        self,
        name: str,
        loop: EngineLoop,
        codec: TokenCodec,
        max_context_tokens: int,
        adapters: frozenset[str] = frozenset(),
        notices: tuple[Notice, ...] = (),
    ) -> None:
        self.name = name
        self.max_context_tokens = max_context_tokens
        self.adapters = adapters
        self.notices = notices
        self._loop = loop
        self._codec = codec

    @property
    def begins_thinking(self) -> bool:
        """Whether the model's answers begin inside a thought that its chat template opens."""
        return self._codec.begins_thinking

    def check(self) -> None:
        """Look whether the engine runs. Raises: EngineClosedError if not."""
        if not self._loop.alive:
            raise EngineClosedError()

    def count_tokens(self, text: str) -> int:
        """Return the number of tokens that `text` takes."""
        return self._codec.count(text)

    def stream(self, request: ChatRequest) -> Iterator[Delta | Finish]:
        """Yield the answer's deltas and, last, its finish; closing the iterator cancels the request.

        Raises: RequestTooLongError, RequestInvalidError, EngineFullError before the first delta;
        GenerationFailedError, DeadlineExceededError, EngineClosedError at any time.
        """
        if request.adapter and request.adapter not in self.adapters:
            raise RequestInvalidError(f"no adapter is called {request.adapter!r}")
        stop_tokens = request.sampling.stop_tokens | self._codec.stop_tokens
        generation = GenerationRequest(
            prompt=self._codec.encode_chat(request.messages),
            sampling=replace(request.sampling, stop_tokens=stop_tokens),
            guide=request.guide,
            adapter=request.adapter,
            salt=request.salt or uuid4().hex,
            priority=request.priority,
            deadline=self._loop.clock() + request.timeout_seconds,
        )
        matcher = self._codec.matcher(request.guide) if request.guide else None
        stream = self._loop.submit(generation, matcher, self._codec.transcript(request.sampling.stop))
        yield from stream
        yield raise_unless_answered(stream.wait())

    def snapshot(self) -> EngineSnapshot:
        """Return the engine's load, for gauges."""
        return self._loop.snapshot()

    def close(self) -> None:
        """Cancel the requests under way and stop the engine."""
        self._loop.close()
