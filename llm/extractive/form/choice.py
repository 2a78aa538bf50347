"""The choice of the candidates around which an answer is composed."""

from collections.abc import Sequence
from dataclasses import dataclass

from core.text.language import terms
from llm.extractive.candidates import Candidate
from llm.extractive.evidence import SentenceEvidence
from llm.extractive.form.regions import list_in_section, list_of
from llm.extractive.form.section_choice import Section
from llm.extractive.question_kind import OF_LISTS, Want
from llm.extractive.support import relevance

Weighed = tuple[Candidate, SentenceEvidence]

# Two sentences that share more of their words than this say the same.
_SAME = 0.7


@dataclass(frozen=True, slots=True)
class _Limit:
    most: int
    """Candidates that are chosen."""
    below: float
    """How much below that of the best one the relevance of a further one may be."""


_LIMITS = {
    Want.FACT: _Limit(2, 1.0),
    Want.YES_NO: _Limit(2, 1.0),
    Want.STEPS: _Limit(2, 0.5),
    Want.LIST: _Limit(2, 0.5),
    Want.COMPARISON: _Limit(3, 2.0),
    Want.CAUSE: _Limit(2, 1.5),
    Want.OTHER: _Limit(3, 2.0),
}
# How much below the best one the score of a second section may be.
_SECTION_BELOW = 1.0
# How much below the best one a candidate may be that stands in a list, if a list is wanted.
_LIST_BELOW = 2.0
# The relevance that a heading with all words of the question adds to a list below it.
_HEADED = 4.0


def chosen(want: Want, question: str, ranked: Sequence[Weighed]) -> list[Weighed]:
    """Return the candidates to compose an answer of, the most important first; `ranked` comes best first.

    They are the best one, and those that are almost as relevant and add something. For steps or a list, one
    that has a list comes first.
    """
    if want in OF_LISTS:
        ranked = _lists_first(question, ranked)
    limit = _LIMITS[want]
    kept = list(ranked[:1])
    for candidate, evidence in ranked[1:]:
        if len(kept) == limit.most:
            break
        enough = relevance(evidence) >= relevance(kept[0][1]) - limit.below
        if (
            enough
            and evidence.identifies_what_was_asked
            and not any(alike(candidate, one) for one, _ in kept)
        ):
            kept.append((candidate, evidence))
    return kept


def best_of(want: Want, sections: Sequence[Section]) -> list[Weighed]:
    """Return the best candidate of the best section, and of a second one that is almost as good."""
    scored = sorted(((one.score(want in OF_LISTS), one) for one in sections), key=lambda pair: -pair[0])
    kept = [one.best for score, one in scored[:2] if score >= scored[0][0] - _SECTION_BELOW]
    return [one for place, one in enumerate(kept) if not place or not alike(one[0], kept[0][0])]


def about(name: str, others: Sequence[str], ranked: Sequence[Weighed]) -> list[Weighed]:
    """Return the candidates about one of several things, best first: those about it alone, if any."""
    wanted = frozenset(terms(name))
    other = frozenset(term for one in others for term in terms(one)) - wanted
    both = [one for one in ranked if wanted <= one[0].known_words and one[1].identifies_what_was_asked]
    alone = [one for one in both if not other or not other <= one[0].words]
    return alone or both


def alike(one: Candidate, other: Candidate) -> bool:
    """Return whether two candidates say the same: in most words, in table rows in all.

    Numbers that differ within a document are not the same; between documents they are a disagreement.
    """
    if one.is_row or other.is_row:
        return one.words == other.words and one.label == other.label
    smaller = min(len(one.words), len(other.words))
    same_document = one.passage.document_id == other.passage.document_id
    if same_document and _numbers(one) != _numbers(other):
        return False
    return not smaller or len(one.words & other.words) / smaller > _SAME


def _lists_first(question: str, ranked: Sequence[Weighed]) -> list[Weighed]:
    """Return the candidates, in front the likely one that has the list.

    It stands in a list, leads one in, or its section has one; of several, the headings above it have more of
    the question's words.
    """
    asked = frozenset(terms(question))
    best = relevance(ranked[0][1]) if ranked else 0.0
    likely = [one for one in ranked if relevance(one[1]) >= best - _LIST_BELOW]
    inside = [one for one in likely if list_of(one[0])] or [one for one in likely if list_in_section(one[0])]
    first = sorted(inside, key=lambda one: -relevance(one[1]) - _HEADED * _headed(asked, one[0]))[:1]
    return [*first, *(one for one in ranked if one not in first)]


def _headed(asked: frozenset[str], one: Candidate) -> float:
    """Return the share of the question's words that stand in the heading above a candidate."""
    return len(asked & frozenset(terms(one.path[-1]))) / len(asked) if asked and one.path else 0.0


def _numbers(one: Candidate) -> frozenset[str]:
    return frozenset(word for word in one.words if any(map(str.isdigit, word)))
