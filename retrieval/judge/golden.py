"""Asking golden questions, and comparing what two states of the search make of them."""

from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from core.store.goldens import Golden
from core.values.answers import Answer
from core.values.search import AccessScope
from retrieval.judge.answer_evaluation import GoldQuestion, answer_in_citation, citation_precision

Ask = Callable[[str, AccessScope], Answer]


@dataclass(frozen=True, slots=True)
class Trial:
    """A golden question and why its answer is not what it must be; `broken` is empty where it holds."""

    golden: Golden
    broken: str


@dataclass(frozen=True, slots=True)
class Broken:
    """A golden question that held in what is in force and would hold no more."""

    id: int
    question: str
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """What the golden questions say of `subject`, that is `documents` or an `embedder`.

    `holding` of the `asked` hold in what is in force, `would_hold` in what is to come. `waiting` is how
    many documents wait, or chunks have new vectors.
    """

    subject: str
    waiting: int
    asked: int
    holding: int
    would_hold: int
    passed: bool
    broken: tuple[Broken, ...] = ()

    def as_json(self) -> dict[str, Any]:
        """Return it all."""
        return asdict(self)

    def as_text(self) -> str:
        """Return one line for a person, and one for each question that broke."""
        what = f"{self.waiting} documents" if self.subject == "documents" else "the new embedder"
        if self.passed:
            return f"{what} came into force: {self.would_hold} of {self.asked} golden questions hold"
        lines = [
            f"{what} came not into force, what was before stays: "
            f"{len(self.broken)} of {self.asked} golden questions would break"
        ]
        return "; ".join([*lines, *(f"{one.question!r}: {one.reason}" for one in self.broken)])


def try_out(goldens: Sequence[Golden], ask: Ask) -> list[Trial]:
    """Ask each question as who asks it, and judge the answers."""
    return [
        Trial(golden, fault(golden, ask(golden.question, AccessScope(golden.principals))))
        for golden in goldens
    ]


def compare(
    subject: str, waiting: int, before: Sequence[Trial], after: Sequence[Trial], lost: int
) -> Verdict:
    """Return the verdict on two trials of the same questions; at most `lost` may break."""
    broken = tuple(
        Broken(new.golden.id, new.golden.question, new.broken)
        for old, new in zip(before, after, strict=True)
        if new.broken and not old.broken
    )
    holding, would_hold = (sum(not one.broken for one in trials) for trials in (before, after))
    return Verdict(
        subject=subject,
        waiting=waiting,
        asked=len(before),
        holding=holding,
        would_hold=would_hold,
        passed=len(broken) <= lost,
        broken=broken,
    )


def fault(golden: Golden, answer: Answer) -> str:
    """Return why an answer is not what it must be; empty if it is."""
    if not golden.answerable:
        return "" if answer.refused else f"it has to be refused, and was answered: {answer.text[:200]}"
    if answer.refused:
        return f"it was refused: {answer.reason}"
    gold = GoldQuestion(
        id=str(golden.id),
        question=golden.question,
        answers=golden.answers,
        answerable=True,
        documents=golden.documents,
    )
    if golden.documents and not citation_precision(gold, answer) > 0:
        cited = ", ".join(sorted({citation.uri for citation in answer.citations}))
        return f"none of its documents is cited, but {cited}"
    if golden.answers and not answer_in_citation(gold, answer) > 0:
        return f"what has to be cited is not: {answer.text[:200]}"
    return ""
