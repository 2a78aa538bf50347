"""The candidate that decides a question for yes or no."""

from collections.abc import Mapping, Sequence

from core.reading.values import Word
from core.text.language import cjk_share, terms
from core.values.documents import CELL_SEPARATOR
from llm.extractive.candidates import Candidate
from llm.extractive.evidence import SentenceEvidence
from llm.extractive.support import relevance
from llm.extractive.verdicts.beside import Weigh
from llm.extractive.verdicts.deciding import decided
from llm.extractive.verdicts.questions import whether

Weighed = tuple[Candidate, SentenceEvidence]

# Candidates that may decide, and how much less relevant than the best one.
_MOST, _BELOW = 6, 2.0


def deciding(
    question: str, term_weights: Mapping[str, float], ranked: Sequence[Weighed]
) -> tuple[str, list[Weighed]]:
    """Return `yes`, `no` or `depends`, and the candidates with the one that decides it in front.

    Empty, with the candidates as they are, if none decides for certain. `ranked` comes best first.
    """
    asked = whether(question)
    if asked is None or not ranked:
        return "", list(ranked)
    best, weigh = relevance(ranked[0][1]), _weighing(term_weights)
    for one in ranked[:_MOST]:
        candidate, evidence = one
        if not evidence.identifies_what_was_asked or relevance(evidence) < best - _BELOW:
            continue
        decision = decided(asked, *_said_below(candidate), weigh)
        if decision.verdict:
            return str(decision.verdict), [one, *(other for other in ranked if other is not one)]
    return "", list(ranked)


def verdict_of(question: str, term_weights: Mapping[str, float], text: str, headings: Sequence[str]) -> str:
    """Return `yes`, `no` or `depends` if a text below its headings decides a question, or nothing."""
    asked = whether(question)
    return str(decided(asked, text, headings, _weighing(term_weights)).verdict) if asked else ""


def _weighing(term_weights: Mapping[str, float]) -> Weigh:
    """Return how much a word counts: its rarest term; a Chinese one its length."""

    def weigh(word: Word) -> float:
        if cjk_share(word.text):
            return float(len(word.text))
        return max((term_weights.get(term, 1.0) for term in terms(word.text)), default=1.0)

    return weigh


def _said_below(one: Candidate) -> tuple[str, tuple[str, ...]]:
    """Return what a candidate says, and what stands above it; the cells of a row are sentences."""
    above = (one.passage.title, *one.path)
    if one.is_row:
        return one.text.replace(CELL_SEPARATOR, "\n"), (one.passage.context, *above, one.text)
    return one.text, above
