"""Golden questions: asked of two states of the search, whose answers are compared."""

from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import structlog

from core.store.goldens import Golden
from core.values.answers import Answer
from core.values.notices import Notice
from core.values.search import AccessScope
from retrieval.judge.answer_evaluation import GoldQuestion, answer_in_citation, citation_precision

log = structlog.get_logger()

DOCUMENTS, EMBEDDER = "documents", "embedder"

Ask = Callable[[str, AccessScope], Answer]


@dataclass(frozen=True, slots=True)
class Trial:
    """A golden question and the judgement of its answer."""

    golden: Golden
    broken: str
    """Why the answer is wrong; empty if the question holds."""
    notices: tuple[Notice, ...] = ()
    """What the answer had to do without."""


@dataclass(frozen=True, slots=True)
class Broken:
    """A golden question that holds in the state in force, but not in the new one."""

    id: int
    question: str
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """The judgement of the golden questions on documents or an embedder that wait."""

    subject: str
    """`documents`, `embedder`, or `leg` and the name of the leg."""
    waiting: int
    """How many documents wait, or how many chunks have new vectors."""
    asked: int
    """How many golden questions were asked."""
    holding: int
    """How many of them hold in the state in force."""
    would_hold: int
    """How many of them hold in the new state."""
    passed: bool
    """Whether the new state comes into force."""
    removal: bool = False
    """Whether the leg is to be removed from the search."""
    broken: tuple[Broken, ...] = ()
    """The questions that hold in the state in force alone."""
    notices: tuple[str, ...] = ()
    """What answers in either state had to do without, each once."""

    def as_json(self) -> dict[str, Any]:
        """Return all fields for a JSON report."""
        return asdict(self)

    def as_text(self) -> str:
        """Return the verdict, each broken question and each notice as one line for a person."""
        if self.passed:
            came = f"{self._what()} came into force: {self.would_hold} of {self.asked} golden questions hold"
            return "; ".join([came, *self.notices])
        verdict = (
            f"{self._what()} did not come into force, and the state before stays: "
            f"{len(self.broken)} of {self.asked} golden questions would break"
        )
        return "; ".join(
            [verdict, *(f"{one.question!r}: {one.reason}" for one in self.broken), *self.notices]
        )

    def _what(self) -> str:
        if self.subject != DOCUMENTS:
            without = "the search without " if self.removal else ""
            return "the new embedder" if self.subject == EMBEDDER else f"{without}the {self.subject}"
        return "1 document" if self.waiting == 1 else f"{self.waiting} documents"


def try_out(goldens: Sequence[Golden], ask: Ask) -> list[Trial]:
    """Ask each question under its own scope, and judge the answers."""
    answers = [(golden, ask(golden.question, AccessScope(golden.principals))) for golden in goldens]
    return [Trial(golden, fault(golden, answer), answer.notices) for golden, answer in answers]


def compare(
    subject: str, waiting: int, before: Sequence[Trial], after: Sequence[Trial], lost: int
) -> Verdict:
    """Return the verdict on two trials of the same questions; it passes if at most `lost` of them break."""
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
        notices=tuple(dict.fromkeys(one.text for trial in (*before, *after) for one in trial.notices)),
    )


def logged(verdict: Verdict) -> Verdict:
    """Write a verdict into the log, and return it."""
    if verdict.passed:
        log.info("gate.passed", subject=verdict.subject, waiting=verdict.waiting, asked=verdict.asked)
    else:
        broken = [one.question for one in verdict.broken]
        log.error("gate.kept_back", subject=verdict.subject, waiting=verdict.waiting, broken=broken)
    return verdict


def fault(golden: Golden, answer: Answer) -> str:
    """Return why an answer is wrong; empty if it is right."""
    if not golden.answerable:
        return "" if answer.refused else f"it has to be refused, but was answered: {answer.text[:200]}"
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
        return f"its documents are not cited, but {cited}" if cited else "its documents are not cited"
    if golden.answers and not answer_in_citation(gold, answer) > 0:
        return f"the expected words are not cited: {answer.text[:200]}"
    return ""
