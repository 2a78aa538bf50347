"""One request's answer on its way from the engine's thread to its reader."""

from collections.abc import Callable, Iterator
from threading import Condition

from core.errors import DeadlineExceededError, EngineClosedError, GenerationFailedError
from llm.engine.engine import Event
from llm.engine.request import Delta, Finish, FinishReason

_BEAT_SECONDS = 0.05


class Stream:
    """Iterates over an answer's deltas; `finish` holds its end once the iteration is over.

    The engine never waits for a reader: deltas that a slow reader has not fetched are joined into one.
    While the engine is silent, empty deltas are given at intervals, so that the reader can stop; leaving
    the iteration early cancels the request.
    """

    def __init__(self, number: int, cancel: Callable[[int], None]) -> None:
        self.number = number
        self.finish: Finish | None = None
        self._cancel = cancel
        self._pending: list[Delta] = []
        self._news = Condition()

    def put(self, event: Event) -> None:
        """Add an event of the latest step; called by the engine's thread."""
        with self._news:
            assert self.finish is None, "a request ends once"
            self._pending.append(event.delta)
            self.finish = event.finish
            self._news.notify_all()

    def cancel(self) -> None:
        """Ask the engine to cancel the request; its end still arrives, within one step."""
        self._cancel(self.number)

    def wait(self, timeout: float | None = None) -> Finish:
        """Return the request's end once it is known; unread deltas stay readable. Raises: TimeoutError."""
        with self._news:
            if not self._news.wait_for(lambda: self.finish is not None, timeout):
                raise TimeoutError(f"request {self.number} has not ended")
            assert self.finish is not None
            return self.finish

    def __iter__(self) -> Iterator[Delta]:
        try:
            while (delta := self._next()) is not None:
                yield delta
        finally:
            if self.finish is None:
                self.cancel()

    def _next(self) -> Delta | None:
        with self._news:
            self._news.wait_for(lambda: self._pending or self.finish is not None, _BEAT_SECONDS)
            pending, self._pending = self._pending, []
            over = self.finish is not None and not pending
        return None if over else _join(pending)


def raise_unless_answered(finish: Finish) -> Finish:
    """Return `finish` if the answer is whole.

    Raises: GenerationFailedError, DeadlineExceededError, EngineClosedError.
    """
    if finish.reason is FinishReason.ERROR:
        raise GenerationFailedError(finish.message)
    if finish.reason is FinishReason.DEADLINE:
        raise DeadlineExceededError()
    if finish.reason is FinishReason.CANCELLED:
        raise EngineClosedError("the request was cancelled")
    return finish


def _join(deltas: list[Delta]) -> Delta:
    return Delta(
        "".join(delta.text for delta in deltas),
        tuple(token for delta in deltas for token in delta.tokens),
        tuple(logprob for delta in deltas for logprob in delta.logprobs),
    )
