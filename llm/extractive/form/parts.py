"""The parts of a question, each with the candidates that answer it."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from core.reading.question_parts import Part, parts_of, sides_of
from llm.extractive.candidates import Candidate
from llm.extractive.evidence import SentenceEvidence
from llm.extractive.form.choice import about, chosen
from llm.extractive.question_kind import want_of
from llm.extractive.support import support

Weighed = tuple[Candidate, SentenceEvidence]
Weigh = Callable[[str], Sequence[Weighed]]
"""Returns the candidates for a question of its own, best first."""

# The support with which the best candidate for a part answers it, and with which it may have to do with it.
_ANSWERS, _TOUCHES = 0.45, 0.1


@dataclass(frozen=True, slots=True)
class Answered:
    """One of several things that a question asks, or asks about, with its best candidate."""

    name: str
    """As the reader knows it."""
    best: Weighed | None
    """None if no candidate is about it."""

    @property
    def is_answered(self) -> bool:
        """Whether its best candidate has enough support."""
        return self.best is not None and support(self.best[1]) >= _ANSWERS

    @property
    def is_touched(self) -> bool:
        """Whether its best candidate may have to do with it, so that saying it is no silence."""
        return self.best is not None and support(self.best[1]) >= _TOUCHES


def answered_parts(question: str, weigh: Weigh) -> list[Answered]:
    """Return the parts of a question with the best candidate for each, in order; none if it has one."""
    sides = sides_of(question)
    if sides:
        names = [side.name for side in sides]
        return [_of_side(side, _but(names, place), weigh) for place, side in enumerate(sides)]
    return [Answered(one.name, _best(one.question, weigh(one.question))) for one in parts_of(question)]


def _of_side(side: Part, others: Sequence[str], weigh: Weigh) -> Answered:
    ranked = about(side.name, others, weigh(side.question))
    return Answered(side.name, _best(side.question, ranked))


def _best(question: str, ranked: Sequence[Weighed]) -> Weighed | None:
    return next(iter(chosen(want_of(question), question, ranked)), None)


def _but(names: Sequence[str], place: int) -> list[str]:
    return [*names[:place], *names[place + 1 :]]
