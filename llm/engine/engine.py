"""The engine: schedule, run, collect, over and over."""

from collections.abc import Sequence as Many
from dataclasses import dataclass, field
from typing import Protocol

from llm.engine.pages import PagePool
from llm.engine.plan import Limits, Plan
from llm.engine.request import Delta, Finish, FinishReason, TokenLogprob
from llm.engine.scheduler import Scheduler
from llm.engine.sequence import Sequence


@dataclass(frozen=True, slots=True)
class Sample:
    """The token chosen for one sequence, or why none could be."""

    token: int
    logprob: TokenLogprob | None = None
    error: str = ""


@dataclass(frozen=True, slots=True)
class Event:
    """News of the request of that number: text, and once, last of all, its end."""

    number: int
    delta: Delta = field(default_factory=Delta)
    finish: Finish | None = None


class Runner(Protocol):
    """Computes a plan's tokens with a neural model."""

    def run(self, plan: Plan) -> Many[Sample]:
        """Return one sample for each of `plan.sampled`, in order.

        May raise anything; then nothing of the plan counts as computed.
        """
        ...


class Engine:
    """Brings each request that it was given to exactly one end. Used by one thread at a time."""

    def __init__(self, limits: Limits, num_pages: int, runner: Runner) -> None:
        self.pool = PagePool(num_pages)
        self.scheduler = Scheduler(limits, self.pool)
        self._runner = runner
        self.steps = 0

    def step(self, now: float) -> list[Event]:
        """Compute one batch and return what it brought; `now` is compared with deadlines."""
        events = self._expire(now)
        plan = self.scheduler.plan()
        try:
            samples = self._runner.run(plan) if plan else ()
        except Exception as error:  # whatever it was, only this plan's requests may suffer from it
            return events + self._give_up(plan, error)
        return events + self._advance(plan, samples)

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

    def _give_up(self, plan: Plan, error: Exception) -> list[Event]:
        message = f"{type(error).__name__}: {error}"
        return [self._end(row.sequence, FinishReason.ERROR, message) for row in plan.rows]

    def _advance(self, plan: Plan, samples: Many[Sample]) -> list[Event]:
        self.steps += bool(plan)
        sampled = plan.sampled
        self.scheduler.commit(plan)
        return [self._accept(sequence, sample) for sequence, sample in zip(sampled, samples, strict=True)]

    def _accept(self, sequence: Sequence, sample: Sample) -> Event:
        if sample.error:
            return self._end(sequence, FinishReason.ERROR, sample.error)
        try:
            text, reason = sequence.append(sample.token)
        except Exception as error:  # a grammar or a tokenizer that trips must not take others along
            return self._end(sequence, FinishReason.ERROR, f"{type(error).__name__}: {error}")
        logprobs = (sample.logprob,) if sample.logprob is not None else ()
        delta = Delta(text, (sample.token,), logprobs)
        if reason is not None:
            return self._end(sequence, reason, delta=delta)
        return Event(sequence.number, delta)

    def _end(
        self, sequence: Sequence, reason: FinishReason, message: str = "", delta: Delta | None = None
    ) -> Event:
        self.scheduler.remove(sequence)
        return Event(sequence.number, delta or Delta(), Finish(reason, sequence.usage, message))
