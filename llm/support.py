"""How far a sentence answers a question: one number from what can be measured about the pair."""

import math
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class SentenceEvidence:
    """What is known of a sentence and a question, each value in 0..1 but `likeness`, -1..1.

    `coverage` is the share of the question's words, weighted by rarity, that stand in the sentence;
    `likeness` is None where the embedder cannot read the question.
    """

    likeness: float | None
    coverage: float
    coverage_with_headings: float
    passage_rank: float
    names_what_was_asked: bool


def support(evidence: SentenceEvidence) -> float:
    """Return the estimate, 0..1, that the sentence answers the question."""
    if not evidence.names_what_was_asked:
        return 0.0
    words = 2.0 * evidence.coverage + 2.0 * evidence.coverage_with_headings + evidence.passage_rank
    likeness = evidence.likeness
    meaning = 2.0 * evidence.coverage - 3.0 if likeness is None else 6.0 * likeness - 5.0
    return 1.0 / (1.0 + math.exp(-words - meaning))
