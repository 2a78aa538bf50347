"""BM25 by the book, over the documents of a public set."""

import math
from collections import Counter
from collections.abc import Iterable, Mapping
from statistics import mean

# As in Tantivy.
K1, B = 1.2, 0.75


class Bm25:
    """BM25 over a handful of documents, each a list of terms."""

    def __init__(self, documents: Mapping[str, list[str]]) -> None:
        self._length = {key: len(words) for key, words in documents.items()}
        self._mean = mean(self._length.values())
        self._postings: dict[str, dict[str, int]] = {}
        for key, words in documents.items():
            for word, count in Counter(words).items():
                self._postings.setdefault(word, {})[key] = count

    def scores(self, query: Iterable[str]) -> dict[str, float]:
        """Return the scores of the documents that have a word of the query."""
        scores: dict[str, float] = {}
        for word in query:
            found = self._postings.get(word, {})
            weight = math.log(1 + (len(self._length) - len(found) + 0.5) / (len(found) + 0.5))
            for key, count in found.items():
                norm = K1 * (1 - B + B * self._length[key] / self._mean)
                scores[key] = scores.get(key, 0.0) + weight * count * (K1 + 1) / (count + norm)
        return scores

    def best(self, query: Iterable[str], limit: int) -> list[str]:
        """Return the ids of the best documents."""
        scores = self.scores(query)
        return sorted(scores, key=scores.__getitem__, reverse=True)[:limit]
