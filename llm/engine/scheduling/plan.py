"""What the scheduler decides: the work of one step."""

from dataclasses import dataclass

from llm.engine.scheduling.sequence import Sequence


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """What one step and one request may take."""

    page_tokens: int
    max_step_tokens: int
    max_sequences: int
    max_waiting: int
    max_context_tokens: int
    vocabulary: int
    share_prefixes: bool = True

    @property
    def capacity(self) -> int:
        """Requests that may be unfinished at once."""
        return self.max_waiting + self.max_sequences


@dataclass(frozen=True, slots=True)
class Row:
    """Compute tokens `start..stop` of a sequence in this step."""

    sequence: Sequence
    start: int
    stop: int

    @property
    def samples(self) -> bool:
        """Whether the row reaches the sequence's end, so that its next token can be chosen."""
        return self.stop == len(self.sequence.tokens)


@dataclass(frozen=True, slots=True)
class Plan:
    """The work of one step; all rows share one adapter. An empty plan means that nothing can run."""

    rows: tuple[Row, ...] = ()
    adapter: str = ""

    def __bool__(self) -> bool:
        return bool(self.rows)

    @property
    def sampled(self) -> tuple[Sequence, ...]:
        """The sequences that get a token from this step, in row order."""
        return tuple(row.sequence for row in self.rows if row.samples)

    @property
    def num_tokens(self) -> int:
        """Tokens computed by the step."""
        return sum(row.stop - row.start for row in self.rows)
