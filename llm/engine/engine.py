"""The engine's step: collect the tokens of one batch, start the next, hand out the text of the first."""

from collections.abc import Callable
from collections.abc import Sequence as Many
from dataclasses import dataclass, field
from typing import Protocol

from core.values.notices import Notice
from llm.engine.request import Delta, Finish, FinishReason, TokenLogprob
from llm.engine.scheduling.pages import PagePool
from llm.engine.scheduling.plan import Limits, Plan
from llm.engine.scheduling.scheduler import Scheduler
from llm.engine.scheduling.sequence import Sequence


@dataclass(frozen=True, slots=True)
class Sample:
    """The token chosen for one sequence, or the reason why no token could be chosen."""

    token: int
    logprob: TokenLogprob | None = None
    error: str = ""


Waiting = Callable[[], Many[Sample]]
"""Waits until a batch is computed and returns its samples. May raise anything."""


@dataclass(frozen=True, slots=True)
class Event:
    """A piece of one request's answer; the last event of a request carries its end."""

    number: int  # of the request
    delta: Delta = field(default_factory=Delta)
    finish: Finish | None = None


class Runner(Protocol):
    """Computes a plan's tokens with a neural model."""

    def start(self, plan: Plan) -> Waiting:
        """Start computing; the returned function gives one sample for each of `plan.sampled`, in order.

        Both may raise anything; then no token of the plan counts as computed.
        """
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class _News:
    """A sequence's new token, not yet turned into text."""

    sequence: Sequence
    sample: Sample
    reason: FinishReason | None  # why the request ends with this token; None if it goes on
    error: str = ""  # why the request ends without a token


class Engine:
    """Brings each request to exactly one end. Only one thread may use it at a time."""

    def __init__(
        self, limits: Limits, num_pages: int, runner: Runner, notices: tuple[Notice, ...] = ()
    ) -> None:
        """Compute with `runner`; `notices` are what every answer has to do without."""
        self.notices = notices
        self.pool = PagePool(num_pages)
        self.scheduler = Scheduler(limits, self.pool)
        self._runner = runner
        self._under_way: tuple[Plan, Waiting] | None = None
        self.steps = 0

    def step(self, now: float) -> list[Event]:
        """Return the events of the batch under way, after starting the next one.

        `now` is compared with deadlines. Text is decoded and handed out while the device computes. The first
        call only starts a batch.
        """
        events = self._expire(now)
        news = self._collect()
        self._start()
        return events + [self._event_of(one) for one in news]

    def cancel(self, number: int) -> list[Event]:
        """End a request early; a request that has ended already is left alone."""
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
        except Exception as error:  # reported by the next step, as if computing had failed
            self._under_way = plan, _failing(error)

    def _collect(self) -> list[_News]:
        """Wait for the batch under way and take its tokens, except those of requests that ended meanwhile."""
        if self._under_way is None:
            return []
        (plan, wait), self._under_way = self._under_way, None
        sampled = plan.sampled
        try:
            samples = wait()
        except Exception as error:  # a fault of any kind ends only this plan's requests
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
        except Exception as error:  # a grammar's fault ends its own request only
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
        except Exception as error:  # so does a tokenizer's
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
