"""How far a sentence answers a question: two numbers from what can be measured about the pair.

The weights are logistic regressions on the tuning halves of ClapNQ (English, 300 questions) and
CMRC 2018 (Chinese, 322 questions) over one mixed index; `docs/retrieval.md` tells how they were
made and what they reach on the other halves.
"""

import math
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class SentenceEvidence:
    """What is known of a sentence and a question, each value in 0..1 but `likeness`, -1..1.

    `coverage` is the share of the question's words, weighted by rarity, that stand in the sentence;
    `passage_rank` is the score of its passage over the best passage's. `likeness` is None where the
    embedder cannot read the question. `looked_up` tells that the sentence is a table row with the
    very thing that was asked for in a cell of its own.
    """

    likeness: float | None
    coverage: float
    coverage_with_headings: float
    passage_rank: float
    names_what_was_asked: bool
    looked_up: bool = False


# What a row is worth that was looked up by its key: as much as a passage a quarter better. Set by
# hand: the tuning sets have no tables.
_LOOKED_UP = 3.0


def relevance(evidence: SentenceEvidence) -> float:
    """Return a number that orders the sentences found for one question, higher is better."""
    looked_up = _LOOKED_UP * evidence.looked_up
    if evidence.likeness is None:
        words = 3.3 * (evidence.coverage + evidence.coverage_with_headings)
        return looked_up + words + 8.0 * evidence.passage_rank
    meaning = 3.0 * evidence.likeness + 0.9 * evidence.coverage_with_headings
    return looked_up + meaning + 11.9 * evidence.passage_rank


def support(evidence: SentenceEvidence) -> float:
    """Return the estimate, 0..1, that the sentence answers the question; alike for any question.

    A sentence that does not name the one exact thing that was asked for has none.
    """
    if not evidence.names_what_was_asked:
        return 0.0
    if evidence.likeness is None:
        logit = 10.9 * (evidence.coverage + evidence.coverage_with_headings) - 5.9
    else:
        logit = 11.0 * evidence.likeness + 3.4 * evidence.coverage_with_headings - 8.1
    return 1.0 / (1.0 + math.exp(-logit - _LOOKED_UP * evidence.looked_up))
