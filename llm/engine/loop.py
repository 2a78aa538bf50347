"""The thread that steps the engine, and the queue through which other threads submit requests."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from threading import Condition, Thread

from core.errors import EngineClosedError, EngineFullError
from llm.engine.engine import Engine, Event
from llm.engine.request import Delta, Finish, FinishReason, GenerationRequest, Priority
from llm.engine.scheduling.sequence import Matcher, Sequence, Transcript
from llm.engine.stream import Stream

_MAX_RETRY_AFTER_SECONDS = 60
_MEMORY_OF_DURATIONS = 0.9  # weight of the past in the running mean of a request's duration


@dataclass(frozen=True, slots=True, kw_only=True)
class EngineSnapshot:
    """The engine's load at one moment."""

    unfinished: int  # requests that have not ended
    running: int  # sequences that hold pages
    waiting: int  # sequences without pages
    pages: int  # in all
    held_pages: int  # in use by at least one sequence
    preemptions: int  # since the start
    steps: int  # since the start


class EngineLoop:
    """Runs an engine in a thread of its own; every method may be called from any thread.

    Each submitted request gets exactly one end, also when a step fails, when the thread itself fails,
    and when the loop is closed.
    """

    def __init__(
        self,
        engine: Engine,
        background_delay_seconds: float = 60.0,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.clock = clock
        self._engine = engine
        self._background_delay = background_delay_seconds
        self._orders = Condition()
        self._new: list[Sequence] = []
        self._unwanted: list[int] = []
        self._streams: dict[int, Stream] = {}
        self._started: dict[int, float] = {}
        self._next_number = 0
        self._closing = False
        self._mean_seconds = 1.0
        self._thread = Thread(target=self._work, name="vade-engine", daemon=True)
        self._thread.start()

    def snapshot(self) -> EngineSnapshot:
        """Return the engine's load, for gauges; the numbers may be a step apart."""
        scheduler, pool = self._engine.scheduler, self._engine.pool
        return EngineSnapshot(
            unfinished=len(self._streams),
            running=scheduler.num_running,
            waiting=scheduler.num_waiting,
            pages=pool.num_pages,
            held_pages=pool.num_held,
            preemptions=scheduler.preemptions,
            steps=self._engine.steps,
        )

    @property
    def alive(self) -> bool:
        """Whether the loop accepts requests."""
        return self._thread.is_alive() and not self._closing

    def submit(
        self, request: GenerationRequest, matcher: Matcher | None = None, transcript: Transcript | None = None
    ) -> Stream:
        """Return the stream of a request's answer.

        Raises: RequestTooLongError if it could never run to its end, RequestInvalidError if its tokens are
        not the model's, EngineFullError if too many requests wait, EngineClosedError.
        """
        with self._orders:
            if not self.alive:
                raise EngineClosedError()
            now = self.clock()
            delay = self._background_delay if request.priority is Priority.BACKGROUND else 0.0
            sequence = Sequence(self._next_number, request, now + delay, matcher, transcript)
            self._engine.scheduler.check(sequence)
            if len(self._streams) >= self._engine.scheduler.capacity:
                raise EngineFullError(retry_after_seconds=self._retry_after())
            stream = Stream(sequence.number, self._give_up)
            self._next_number += 1
            self._streams[sequence.number] = stream
            self._started[sequence.number] = now
            self._new.append(sequence)
            self._orders.notify_all()
        return stream

    def close(self, drain_seconds: float = 0.0) -> None:
        """Refuse new requests, wait `drain_seconds` for those under way, cancel the rest, stop the thread."""
        with self._orders:
            self._closing = True
            self._orders.notify_all()
            self._orders.wait_for(lambda: not self._streams or not self._thread.is_alive(), drain_seconds)
            self._unwanted += self._streams
            self._orders.notify_all()
        self._thread.join()

    def _give_up(self, number: int) -> None:
        with self._orders:
            self._unwanted.append(number)
            self._orders.notify_all()

    def _retry_after(self) -> int:
        return max(1, min(_MAX_RETRY_AFTER_SECONDS, round(self._mean_seconds)))

    def _work(self) -> None:
        try:
            while self._take_orders():
                self._deliver(self._engine.step(self.clock()))
        finally:  # callers must not wait for a thread that has stopped
            self._abandon()

    def _take_orders(self) -> bool:
        """Wait for work and pass new and cancelled requests to the engine; return False once it is closed."""
        with self._orders:
            self._orders.wait_for(lambda: self._streams or self._closing)
            new, self._new = self._new, []
            unwanted, self._unwanted = self._unwanted, []
        for sequence in new:
            self._engine.scheduler.add(sequence)
        for number in unwanted:
            self._deliver(self._engine.cancel(number))
        return bool(self._streams) or not self._closing

    def _deliver(self, events: list[Event]) -> None:
        for event in events:
            stream = self._streams[event.number]
            if event.finish is not None:
                self._forget(event.number)
            stream.put(event)

    def _forget(self, number: int) -> None:
        with self._orders:
            del self._streams[number]
            seconds = self.clock() - self._started.pop(number)
            past = _MEMORY_OF_DURATIONS
            self._mean_seconds = past * self._mean_seconds + (1 - past) * seconds
            self._orders.notify_all()

    def _abandon(self) -> None:
        with self._orders:
            self._closing = True
            left, self._streams = self._streams, {}
            self._orders.notify_all()
        finish = Finish(FinishReason.ERROR, message="the engine's thread has stopped")
        for number, stream in left.items():
            stream.put(Event(number, Delta(), finish))
