"""What a sentence decides of a question for yes or no."""

from dataclasses import dataclass
from enum import StrEnum


class Verdict(StrEnum):
    """The answer to a question for yes or no."""

    NONE = ""
    """Nothing is certain."""
    YES = "yes"
    NO = "no"
    DEPENDS = "depends"
    """The sentence names a condition of which the question says nothing."""

    @property
    def contrary(self) -> "Verdict":
        """No for yes, yes for no; anything else stays."""
        return {Verdict.YES: Verdict.NO, Verdict.NO: Verdict.YES}.get(self, self)


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """What a sentence decides of a question."""

    verdict: Verdict
    covered: float
    """The share of the question that the sentence speaks of, 0..1."""


UNDECIDED = Decision(verdict=Verdict.NONE, covered=0.0)
