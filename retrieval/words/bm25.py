"""BM25: the score of a chunk for terms, from counts over a set of chunks.

Robertson and Zaragoza, "The Probabilistic Relevance Framework" (2009), equations 3.3 and 3.15, in Lucene's
form. The counts are those of the chunks that one asker may read, so that no other chunk has a part in the
score.
"""

import math
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from retrieval.words.views import ChunkTerms

# The usual constants: how soon further occurrences count less, and how much the length matters.
K1, B = 1.2, 0.75


class Clause(NamedTuple):
    """A term in one view of a chunk."""

    view: str
    term: str


@dataclass(frozen=True, slots=True)
class ViewWeights:
    """How a question's terms count in one view of a chunk, for one asker."""

    mean_length: float
    """The mean number of terms in this view of the chunks that the asker may read, above 0."""
    weights: Mapping[str, float]
    """The weight of each term: its share in the question times its inverse document frequency."""

    def score(self, words: Sequence[str]) -> float:
        """Return the sum of the terms' scores in a view with these words; 0 if it has none of them."""
        counts = Counter(filter(self.weights.__contains__, words))
        slowness = K1 * (1 - B + B * len(words) / self.mean_length)
        return sum(
            self.weights[term] * count * (K1 + 1) / (count + slowness) for term, count in counts.items()
        )


def score(chunk: ChunkTerms, weighing: Mapping[str, ViewWeights]) -> float:
    """Return the score of a chunk; `weighing` names the views that count."""
    return sum(weights.score(chunk.view(view)) for view, weights in weighing.items())


def inverse_frequency(total: int, count: int) -> float:
    """Return the inverse document frequency of a term that `count` of `total` chunks have, above 0."""
    return math.log(1 + (total - count + 0.5) / (count + 0.5))
