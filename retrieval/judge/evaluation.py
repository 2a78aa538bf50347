"""Ranking measures, as trec_eval defines them."""

import math
from collections.abc import Callable, Mapping, Sequence

import numpy as np

from retrieval.judge.statistics import Series, mean, percentile

Judgements = Mapping[str, Mapping[str, int]]
"""The relevant documents of each query, with their relevance."""

Rankings = Mapping[str, Sequence[str]]
"""The documents found for each query, best first, each once."""


def ndcg(ranking: Sequence[str], relevant: Mapping[str, int], k: int) -> float:
    """Return nDCG@k with linear gain: Järvelin and Kekäläinen, "Cumulated Gain-Based Evaluation" (2002)."""
    gain = sum(relevant.get(document, 0) / math.log2(rank + 2) for rank, document in enumerate(ranking[:k]))
    best = sorted(relevant.values(), reverse=True)[:k]
    ideal = sum(value / math.log2(rank + 2) for rank, value in enumerate(best))
    return gain / ideal if ideal else 0.0


def recall(ranking: Sequence[str], relevant: Mapping[str, int], k: int) -> float:
    """Return the share of the relevant documents that are among the first k."""
    wanted = {document for document, value in relevant.items() if value > 0}
    return len(wanted.intersection(ranking[:k])) / len(wanted) if wanted else 0.0


def reciprocal_rank(ranking: Sequence[str], relevant: Mapping[str, int], k: int) -> float:
    """Return the reciprocal of the rank of the first relevant document; 0 if it is not among the first k."""
    ranks = (rank for rank, document in enumerate(ranking[:k], start=1) if relevant.get(document, 0) > 0)
    return 1.0 / next(ranks, math.inf)


def ranking_series(rankings: Rankings, judgements: Judgements) -> dict[str, Series]:
    """Return each measure over the judged queries; a query without a ranking counts 0."""
    pairs = [(rankings.get(query, ()), relevant) for query, relevant in judgements.items()]
    return {name: Series(np.array([of(*pair) for pair in pairs]), mean) for name, of in _MEASURES.items()}


def latency_series(milliseconds: Sequence[float]) -> dict[str, Series]:
    """Return the median and the 95th percentile of the times of single questions."""
    rows = np.array(milliseconds)
    return {"ms_p50": Series(rows, percentile(0.5)), "ms_p95": Series(rows, percentile(0.95))}


_MEASURES: dict[str, Callable[[Sequence[str], Mapping[str, int]], float]] = {
    "ndcg@10": lambda found, relevant: ndcg(found, relevant, 10),
    "recall@10": lambda found, relevant: recall(found, relevant, 10),
    "recall@100": lambda found, relevant: recall(found, relevant, 100),
    "mrr@10": lambda found, relevant: reciprocal_rank(found, relevant, 10),
    "hit@1": lambda found, relevant: float(recall(found, relevant, 1) > 0),
}
