"""The engine: collect what was computed, start the next batch, tell; over and over."""

from collections.abc import Callable
from collections.abc import Sequence as Many
from dataclasses import dataclass, field
from typing import Protocol

from llm.engine.request import Delta, Finish, FinishReason, TokenLogprob
from llm.engine.scheduling.pages import PagePool
from llm.engine.scheduling.plan import Limits, Plan
from llm.engine.scheduling.scheduler import Scheduler
from llm.engine.scheduling.sequence import Sequence


@dataclass(frozen=True, slots=True)
class Sample:
    """The token chosen for one sequence, or why none could be."""

    token: int
    logprob: TokenLogprob | None = None
    error: str = ""


Waiting = Callable[[], Many[Sample]]
"""Waits until a batch is computed and returns its samples. May raise anything."""


@dataclass(frozen=True, slots=True)
class Event:
    """News of the request of that number: text, and once, last of all, its end."""

    number: int
    delta: Delta = field(default_factory=Delta)
    finish: Finish | None = None


class Runner(Protocol):
    """Computes a plan's tokens with a neural model."""

    def start(self, plan: Plan) -> Waiting:
        """Start computing; what it returns gives one sample for each of `plan.sampled`, in order.

        May raise anything, now or when waited for; then nothing of the plan counts as computed.
        """
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class _News:
    """A token that a sequence has got, not yet spelled. `error` says why the request ends without it."""

    sequence: Sequence
    sample: Sample
    reason: FinishReason | None
    error: str = ""


class Engine:
    """Brings each request that it was given to exactly one end. Used by one thread at a time."""

    def __init__(self, limits: Limits, num_pages: int, runner: Runner) -> None:
        self.pool = PagePool(num_pages)
        self.scheduler = Scheduler(limits, self.pool)
        self._runner = runner
        self._under_way: tuple[Plan, Waiting] | None = None
        self.steps = 0

    def step(self, now: float) -> list[Event]:
        """Return what the batch under way brought, having started the next; `now` is compared with deadlines.

        So text is spelled and handed out while the device computes. The first call only starts.
        """
        events = self._expire(now)
        news = self._collect()
        self._start()
        return events + [self._event_of(one) for one in news]

    def cancel(self, number: int) -> list[Event]:
        """End a request early; nothing happens if it has ended already."""
        return [
            self._end(sequence, FinishReason.CANCELLED)
            for sequence in self.scheduler.sequences
            if sequence.number == number
        ]

    def _expire(self, now: float) -> list[Event]:
        late = [
            sequence
            for sequence in self.scheduler.sequences
            if sequence.request.deadline is not None and sequence.request.deadline <= now
        ]
        return [self._end(sequence, FinishReason.DEADLINE) for sequence in late]

    def _start(self) -> None:
        plan = self.scheduler.plan()
        if not plan:
            return
        try:
            self._under_way = plan, self._runner.start(plan)
        except Exception as error:  # told with the next step, as if computing had failed
            self._under_way = plan, _failing(error)

    def _collect(self) -> list[_News]:
        """Wait for the batch under way and take its tokens; whoever has ended meanwhile is left out."""
        if self._under_way is None:
            return []
        (plan, wait), self._under_way = self._under_way, None
        sampled = plan.sampled
        try:
            samples = wait()
        except Exception as error:  # whatever it was, only this plan's requests may suffer from it
            message = _message(error)
            return [self._failed(row.sequence, message) for row in plan.rows if not row.sequence.ended]
        self.steps += 1
        self.scheduler.commit(plan)
        pairs = zip(sampled, samples, strict=True)
        return [self._take(sequence, sample) for sequence, sample in pairs if not sequence.ended]

    def _take(self, sequence: Sequence, sample: Sample) -> _News:
        if sample.error:
            return self._failed(sequence, sample.error)
        try:
            reason = sequence.append(sample.token)
        except Exception as error:  # a grammar that trips must not take others along
            return self._failed(sequence, _message(error))
        if reason is not None:
            self.scheduler.remove(sequence)
        return _News(sequence=sequence, sample=sample, reason=reason)

    def _failed(self, sequence: Sequence, message: str) -> _News:
        self.scheduler.remove(sequence)
        return _News(sequence=sequence, sample=Sample(0), reason=FinishReason.ERROR, error=message)

    def _event_of(self, news: _News) -> Event:
        sequence, token = news.sequence, news.sample.token
        if news.error:
            return self._end(sequence, FinishReason.ERROR, news.error)
        try:
            text, reason = sequence.spell(token, news.reason)
        except Exception as error:  # nor must a tokenizer
            return self._end(sequence, FinishReason.ERROR, _message(error))
        logprobs = (news.sample.logprob,) if news.sample.logprob is not None else ()
        delta = Delta(text, (token,), logprobs)
        if reason is not None:
            return self._end(sequence, reason, delta=delta)
        return Event(sequence.number, delta)

    def _end(
        self, sequence: Sequence, reason: FinishReason, message: str = "", delta: Delta | None = None
    ) -> Event:
        if not sequence.ended:
            self.scheduler.remove(sequence)
        return Event(sequence.number, delta or Delta(), Finish(reason, sequence.usage, message))


def _failing(error: Exception) -> Waiting:
    def fail() -> Many[Sample]:
        raise error

    return fail


def _message(error: Exception) -> str:
    return f"{type(error).__name__}: {error}"
