"""The check of a claim against its source: every rule must hold."""

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum

from core.reading.alignment import Alignment, align
from core.reading.reading import read
from core.reading.values import Reading
from core.text.identifiers import plain
from core.text.language import sentences
from llm.chat.prompt_language import language_of
from llm.entailment.entailment import Entailment
from llm.extractive.structure import leads_in
from retrieval.claims.cutting import shortened
from retrieval.claims.rules.circumstances import (
    disagreeing_absence,
    disagreeing_condition,
    disagreeing_share,
)
from retrieval.claims.rules.numbers import disagreeing_number
from retrieval.claims.rules.order import disagreeing_order
from retrieval.claims.rules.other_languages import disagreeing_negation
from retrieval.claims.rules.roles import name_of_another, swapped_roles
from retrieval.claims.rules.stances import disagreeing_stance
from retrieval.claims.rules.substitution import substituted

# From these probabilities on, an entailment model is believed.
_CONTRADICTED, _ENTAILED = 0.9, 0.9


class Fault(StrEnum):
    """Why a claim is not what its source says."""

    NONE = ""
    EMPTY = "says nothing"
    WORD = "a word that the source does not have"
    NUMBER = "another number, unit or comparison"
    STANCE = "negation or duty"
    CONDITION = "a condition"
    ORDER = "before and after"
    SHARE = "of how many it holds"
    ROLE = "the roles of two words"
    NAME = "the name of another thing"
    PLACE = "a word in the place of another"


_READ = ("en", "zh")
_OF_ORDER = (Fault.ROLE, Fault.PLACE)


@dataclass(frozen=True, slots=True)
class Verdict:
    """Whether a claim agrees with its source."""

    fault: Fault
    unmatched: tuple[str, ...] = ()
    """The words, case-folded, that the source does not have."""
    may_be_vouched_for: bool = False
    """Whether the only fault is in words, none of them a name, that may mean what the source says."""

    @property
    def agrees(self) -> bool:
        """Whether no fault was found."""
        return self.fault is Fault.NONE


_RULES: tuple[tuple[Fault, Callable[[Alignment], bool]], ...] = (
    (Fault.STANCE, disagreeing_stance),
    (Fault.STANCE, disagreeing_absence),
    (Fault.STANCE, disagreeing_negation),
    (Fault.CONDITION, disagreeing_condition),
    (Fault.ORDER, disagreeing_order),
    (Fault.SHARE, disagreeing_share),
    (Fault.ROLE, swapped_roles),
    (Fault.NAME, name_of_another),
    (Fault.PLACE, substituted),
)


@dataclass(frozen=True, slots=True)
class Source:
    """What a sentence cites."""

    text: str
    headings: str = ""
    """The headings above the text: they may name what it speaks of."""


def agreeing(said: str, source: Source, entailment: Entailment | None = None) -> str:
    """Return what agrees with the source; empty if nothing does.

    Of several sentences, those that agree are kept. Of one that says more than the source, the rest is kept
    if it agrees. `entailment` may object to a sentence, and vouch for words that the source has not.
    """
    kept = [_kept(said[start:end], source, entailment) for start, end in sentences(said)]
    if len(kept) == 1:
        return said if kept[0] == said.strip() else kept[0]
    return " ".join(filter(None, kept))


def _kept(sentence: str, source: Source, entailment: Entailment | None) -> str:
    verdict = judge(sentence, source)
    if _passes(sentence, source, verdict, entailment):
        return sentence
    if verdict.fault is Fault.WORD:
        for rest in shortened(sentence, verdict.unmatched):
            if _passes(rest, source, judge(rest, source), entailment):
                return rest
    return ""


def _passes(sentence: str, source: Source, verdict: Verdict, entailment: Entailment | None) -> bool:
    if entailment is None:
        return verdict.agrees
    if not verdict.agrees and not verdict.may_be_vouched_for:
        return False
    relation = entailment.relation(f"{source.headings}\n{source.text}".strip(), sentence)
    return relation.contradicted < _CONTRADICTED if verdict.agrees else relation.entailed >= _ENTAILED


def judge(sentence: str, source: Source) -> Verdict:
    """Return the verdict on one sentence."""
    claim = read(sentence)
    if not claim.words and not claim.quantities:
        return Verdict(Fault.EMPTY)
    if _repeats(sentence, source.text):
        return Verdict(Fault.NONE)
    return _judged(claim, read(source.text), read(source.headings))


def _repeats(sentence: str, text: str) -> bool:
    """Return whether a claim is word for word a whole sentence of the text, with no lead-in before it.

    Under a lead-in ("Never do this:") the same words may mean the contrary.
    """
    claim = plain(sentence)
    for start, end in sentences(text):
        if plain(text[start:end]) == claim:
            return True
        if leads_in(text[start:end]):
            return False
    return False


def _judged(claim: Reading, source: Reading, headings: Reading) -> Verdict:
    alignment = align(claim, source, headings)
    unmatched = tuple(word.text for word in alignment.unmatched)
    named = any(word.name for word in alignment.unmatched)
    if disagreeing_number(alignment, headings):
        return Verdict(Fault.NUMBER, unmatched)
    # The order of words says who does what to whom only where it is fixed.
    fixed = language_of(source.text) in _READ
    for fault, broken in _RULES:
        if (fixed or fault not in _OF_ORDER) and broken(alignment):
            return Verdict(fault, unmatched)
    return Verdict(Fault.WORD if unmatched else Fault.NONE, unmatched, bool(unmatched) and not named)
