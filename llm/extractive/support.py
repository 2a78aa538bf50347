"""How well a sentence answers a question: two numbers from the evidence of the pair.

*Relevance* orders the sentences found for one question; *support* estimates whether a sentence answers
it, and is comparable between questions. Both are weighted sums. The weights are rounded from the output of
`python -m benchmarks.grounding.relevance` and `.support`: fitted on the tuning halves of ClapNQ and TAT-QA if
the embedder reads the question, and of CMRC 2018 if it does not; those of support also on questions in
people's own words. `docs/grounding.md` has the measured results.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass

from llm.extractive.evidence import SentenceEvidence

# The weight of a row that was looked up by its key, and in support that of an identifier that is there. Both
# are set by hand: the tuning sets have no identifiers to look up.
_LOOKED_UP = 3.0
_NAMED = 1.0
# The weight of a definition of the identifier whose meaning is asked for. In relevance it outweighs what a
# mention gains by repeating the identifier: the text below its heading often does not repeat it.
_EXPLAINS, _EXPLAINS_FIRST = 2.5, 8.0
# What the other language costs in relevance, where the same thing stands in rows of two.
_OTHER_LANGUAGE = 4.0


@dataclass(frozen=True, slots=True)
class Weights:
    """The weight of each measure of `SentenceEvidence`; a measure that is not named has the weight 0."""

    relevance: Mapping[str, float]
    support: Mapping[str, float]
    bias: float


# If the sentence was compared by meaning, and if there are only words to go by.
READ = Weights(
    relevance={
        "likeness": 3.3,
        "with_headings": 1.2,
        "distinct": 2.6,
        "missing": -1.0,
        "passage": 1.9,
        "lead": 1.1,
        "title": 1.1,
        "label": 3.5,
        "length": 1.3,
        "fits": 0.2,
        "defines": 3.0,
    },
    support={
        "likeness": 6.3,
        "passage_likeness": 0.7,
        "best_likeness": 1.9,
        "missing_section": -1.9,
        "measure": 1.3,
        "name_missing": -1.7,
        "label": 2.3,
        "defines": 1.7,
    },
    bias=-3.85,
)
UNREAD = Weights(
    relevance={
        "distinct": 3.8,
        "characters": 6.4,
        "passage": 3.6,
        "lead": 1.8,
        "label": 3.5,
        "fits": 1.2,
    },
    support={
        "document": 4.6,
        "around": 2.2,
        "lead": 2.7,
        "characters": 1.0,
        "rank": 0.6,
        "measure": 1.9,
        "label": 2.0,
    },
    bias=-3.2,
)


def relevance(evidence: SentenceEvidence) -> float:
    """Return the relevance, which orders the sentences found for one question; higher is better."""
    by_hand = _EXPLAINS_FIRST * evidence.explains
    if evidence.looked_up or evidence.explains:
        by_hand -= _OTHER_LANGUAGE * (not evidence.own_language)
    return _sum(_weights(evidence).relevance, evidence) + by_hand


def support(evidence: SentenceEvidence) -> float:
    """Return the estimate that the sentence and the section around it answer the question, 0..1.

    Its level is set: 0.36 refuses about a tenth of the answerable questions in people's own words, 0.45 a
    seventh, and a seventh of those without an answer passes.

    It is 0 if the question names an exact thing and the sentence does not.
    """
    if not evidence.identifies_what_was_asked:
        return 0.0
    weights = _weights(evidence)
    by_hand = _NAMED * evidence.named + _EXPLAINS * evidence.explains
    logit = weights.bias + _sum(weights.support, evidence) + by_hand
    if evidence.measure < 0:  # what is known of the thing asked for is another measure
        logit -= _LOOKED_UP * evidence.looked_up
    return 1.0 / (1.0 + math.exp(-logit))


def _weights(evidence: SentenceEvidence) -> Weights:
    return UNREAD if evidence.likeness is None else READ


def _sum(weights: Mapping[str, float], evidence: SentenceEvidence) -> float:
    weighed = sum(weight * float(getattr(evidence, name)) for name, weight in weights.items())
    return weighed + _LOOKED_UP * evidence.looked_up
