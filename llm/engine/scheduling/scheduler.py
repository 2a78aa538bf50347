"""The scheduler: which tokens of which requests are computed in the next step.

Sequences are ordered by their *turn*: the time of arrival, to which a background request adds a fixed
delay, so that later interactive requests pass it but it never starves. The sequence with the earliest
turn is never preempted, and a sequence is admitted only if it fits alone; so there is always progress.
"""

from bisect import insort
from collections.abc import Iterable
from operator import attrgetter

from core.errors import EngineFullError, RequestInvalidError, RequestTooLongError
from llm.engine.scheduling.pages import PagePool
from llm.engine.scheduling.plan import Limits, Plan, Row
from llm.engine.scheduling.sequence import Sequence

RETRY_AFTER_SECONDS = 2
_TURN = attrgetter("turn")


class Scheduler:
    """Keeps the waiting and the running sequences, and their pages."""

    def __init__(self, limits: Limits, pool: PagePool) -> None:
        self._limits = limits
        self._pool = pool
        self._waiting: list[Sequence] = []
        self._running: list[Sequence] = []
        self._starved: Sequence | None = None
        self._last_step: dict[str, int] = {}
        self._steps = 0
        self.preemptions = 0

    @property
    def capacity(self) -> int:
        """The most sequences that may be unfinished at once."""
        return self._limits.capacity

    @property
    def num_waiting(self) -> int:
        """Sequences that have no pages yet, or were preempted."""
        return len(self._waiting)

    @property
    def num_running(self) -> int:
        """Sequences that hold pages."""
        return len(self._running)

    @property
    def sequences(self) -> tuple[Sequence, ...]:
        """Every unfinished sequence."""
        return (*self._running, *self._waiting)

    def add(self, sequence: Sequence) -> None:
        """Queue a sequence.

        Raises: RequestTooLongError or RequestInvalidError if it could never run to its end,
        EngineFullError if too many sequences wait already.
        """
        self.check(sequence)
        if len(self._waiting) + len(self._running) >= self.capacity:
            raise EngineFullError(retry_after_seconds=RETRY_AFTER_SECONDS)
        insort(self._waiting, sequence, key=_TURN)

    def check(self, sequence: Sequence) -> None:
        """Check that a sequence can run to its end and that its tokens are the model's.

        Raises: RequestTooLongError, RequestInvalidError.
        """
        prompt = sequence.request.prompt
        if not 0 <= min(prompt) <= max(prompt) < self._limits.vocabulary:
            raise RequestInvalidError("the prompt holds tokens that the model does not have")
        capacity = self._pool.num_pages * self._limits.page_tokens
        limit = min(self._limits.max_context_tokens, capacity)
        if sequence.max_length > limit:
            raise RequestTooLongError(
                f"{sequence.num_prompt} prompt and {sequence.request.sampling.max_tokens} answer tokens "
                f"are more than the {limit} that fit"
            )

    def plan(self) -> Plan:
        """Return the next step's work, after taking pages for it."""
        self._displace_for_first_waiting()
        self._steps += 1
        for adapter in self._adapters():
            rows = self._extend_running(adapter)
            self._admit(adapter, rows)
            if rows:
                self._last_step[adapter] = self._steps
                return Plan(tuple(rows), adapter)
        return Plan()

    def commit(self, plan: Plan) -> None:
        """Mark a plan's rows as computed and publish their full pages for sharing."""
        for row in plan.rows:
            if row.sequence.ended:  # during the step; its pages may be another's now
                continue
            first = row.start // self._limits.page_tokens
            row.sequence.computed = row.stop
            if self._limits.share_prefixes:
                for index in range(first, row.stop // self._limits.page_tokens):
                    digest = row.sequence.digest(index, self._limits.page_tokens)
                    self._pool.publish(row.sequence.pages[index], digest)

    def remove(self, sequence: Sequence) -> None:
        """Remove a sequence, finished or not, and release its pages."""
        sequence.ended = True
        if sequence is self._starved:
            self._starved = None
        if sequence in self._running:
            self._running.remove(sequence)
            self._release(sequence)
        else:
            self._waiting.remove(sequence)
        if not any(sequence.request.adapter == other.request.adapter for other in self.sequences):
            self._last_step.pop(sequence.request.adapter, None)

    def _adapters(self) -> list[str]:
        """Return the adapters with unfinished sequences, the one that has waited longest first."""
        adapters = dict.fromkeys(sequence.request.adapter for sequence in self.sequences)
        return sorted(adapters, key=lambda adapter: self._last_step.get(adapter, 0))

    def _extend_running(self, adapter: str) -> list[Row]:
        ready = [sequence for sequence in self._running if sequence.request.adapter == adapter]
        spare = self._limits.max_step_tokens - sum(sequence.remaining == 1 for sequence in ready)
        rows = []
        for sequence in ready:
            decodes = sequence.remaining == 1
            width = 1 if decodes else min(sequence.remaining, spare)
            if not sequence.pages or width == 0:  # without pages: preempted for a sequence before it
                continue
            if self._grow(sequence, sequence.computed + width):
                spare -= 0 if decodes else width
                rows.append(Row(sequence, sequence.computed, sequence.computed + width))
        return rows

    def _admit(self, adapter: str, rows: list[Row]) -> None:
        """Add rows of waiting sequences in turn order, up to the first that must wait."""
        spare = self._limits.max_step_tokens - sum(row.stop - row.start for row in rows)
        for sequence in [waiting for waiting in self._waiting if waiting.request.adapter == adapter]:
            if spare == 0 or self._awaits_prefix(sequence, rows) or not self._start(sequence):
                return
            width = min(sequence.remaining, spare)
            self._take(sequence, sequence.computed + width)
            spare -= width
            rows.append(Row(sequence, sequence.computed, sequence.computed + width))

    def _start(self, sequence: Sequence) -> bool:
        """Share a waiting sequence's prefix and move it to the running ones; return whether it fits."""
        if len(self._running) == self._limits.max_sequences:
            return False
        if self._starved is not None and self._starved.turn < sequence.turn:
            return False
        self._share_prefix(sequence)
        # One page for each running sequence is kept free, or the next steps would preempt again.
        if self._missing_pages(sequence) + len(self._running) > self._pool.num_available:
            self._release(sequence)
            self._starved = sequence
            return False
        self._starved = None
        if not sequence.output:
            sequence.cached = sequence.computed
        self._waiting.remove(sequence)
        insort(self._running, sequence, key=_TURN)
        return True

    def _share_prefix(self, sequence: Sequence) -> None:
        """Share published pages, except the last token's, which must be computed to sample the next one."""
        if self._limits.share_prefixes:
            for index in range((len(sequence.tokens) - 1) // self._limits.page_tokens):
                page = self._pool.share(sequence.digest(index, self._limits.page_tokens))
                if page is None:
                    break
                sequence.pages.append(page)
        sequence.computed = len(sequence.pages) * self._limits.page_tokens

    def _awaits_prefix(self, sequence: Sequence, rows: Iterable[Row]) -> bool:
        """Whether a row of this step computes the next page that the sequence could share."""
        size = self._limits.page_tokens
        for index in range((len(sequence.tokens) - 1) // size if self._limits.share_prefixes else 0):
            digest = sequence.digest(index, size)
            if not self._pool.knows(digest):
                end = (index + 1) * size
                return any(
                    row.start < end <= row.stop and row.sequence.digest(index, size) == digest for row in rows
                )
        return False

    def _missing_pages(self, sequence: Sequence) -> int:
        return -(-len(sequence.tokens) // self._limits.page_tokens) - len(sequence.pages)

    def _grow(self, sequence: Sequence, length: int) -> bool:
        """Take pages for `length` tokens of a running sequence, preempting later turns if needed.

        Returns False if the sequence itself was preempted.
        """
        needed = -(-length // self._limits.page_tokens) - len(sequence.pages)
        while self._pool.num_available < needed:
            victim = self._running[-1]
            self._preempt(victim)
            if victim is sequence:
                return False
        self._take(sequence, length)
        return True

    def _take(self, sequence: Sequence, length: int) -> None:
        while len(sequence.pages) * self._limits.page_tokens < length:
            sequence.pages.append(self._pool.take())

    def _displace_for_first_waiting(self) -> None:
        """Preempt background sequences while an interactive one with an earlier turn lacks room."""
        while self._waiting and self._running:
            first, last = self._waiting[0], self._running[-1]
            urgent = first.request.priority < last.request.priority and first.turn < last.turn
            pages = self._missing_pages(first) + len(self._running)
            room = len(self._running) < self._limits.max_sequences and pages <= self._pool.num_available
            if room or not urgent:
                return
            self._preempt(last)

    def _preempt(self, sequence: Sequence) -> None:
        """Move a running sequence back to the waiting ones; its published pages can be shared again later."""
        self._running.remove(sequence)
        self._release(sequence)
        insort(self._waiting, sequence, key=_TURN)
        self.preemptions += 1

    def _release(self, sequence: Sequence) -> None:
        """Release all pages, the last first, so that a prefix's first page stays shareable the longest."""
        while sequence.pages:
            self._pool.release(sequence.pages.pop())
        sequence.computed = 0
