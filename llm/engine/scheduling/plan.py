"""The scheduler's decision: the work of one step."""

from dataclasses import dataclass

from llm.engine.scheduling.sequence import Sequence


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """The bounds of one step and of one request."""

    page_tokens: int  # tokens of one page
    max_step_tokens: int  # tokens that one step computes
    max_sequences: int  # sequences that run at once
    max_waiting: int  # sequences that wait beside the running ones
    max_context_tokens: int  # tokens of prompt and answer of one request
    vocabulary: int  # token ids are below it
    share_prefixes: bool = True  # whether requests share the pages of equal prefixes

    @property
    def capacity(self) -> int:
        """Requests that may be unfinished at once."""
        return self.max_waiting + self.max_sequences


@dataclass(frozen=True, slots=True)
class Row:
    """The tokens `start..stop` of a sequence, to be computed in this step."""

    sequence: Sequence
    start: int
    stop: int

    @property
    def samples(self) -> bool:
        """Whether the row reaches the sequence's end, so that its next token can be chosen."""
        return self.stop == len(self.sequence.tokens)


@dataclass(frozen=True, slots=True)
class Plan:
    """The work of one step; all rows share one adapter. An empty plan means that no sequence can run."""

    rows: tuple[Row, ...] = ()
    adapter: str = ""

    def __bool__(self) -> bool:
        return bool(self.rows)

    @property
    def sampled(self) -> tuple[Sequence, ...]:
        """The sequences that get a token from this step, in row order."""
        return tuple(row.sequence for row in self.rows if row.samples)
