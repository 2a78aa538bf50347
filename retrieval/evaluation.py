"""Ranking measures, as trec_eval defines them."""

import math
from collections.abc import Mapping, Sequence
from statistics import mean

Judgements = Mapping[str, Mapping[str, int]]
"""For each query the relevant documents and how relevant each is."""

Rankings = Mapping[str, Sequence[str]]
"""For each query the documents found, best first, each once."""


def ndcg(ranking: Sequence[str], relevant: Mapping[str, int], k: int) -> float:
    """Return nDCG@k with linear gain: Järvelin and Kekäläinen, "Cumulated Gain-Based Evaluation" (2002)."""
    gain = sum(relevant.get(document, 0) / math.log2(rank + 2) for rank, document in enumerate(ranking[:k]))
    best = sorted(relevant.values(), reverse=True)[:k]
    ideal = sum(value / math.log2(rank + 2) for rank, value in enumerate(best))
    return gain / ideal if ideal else 0.0


def recall(ranking: Sequence[str], relevant: Mapping[str, int], k: int) -> float:
    """Return the share of the relevant documents that stand among the first k."""
    wanted = {document for document, value in relevant.items() if value > 0}
    return len(wanted.intersection(ranking[:k])) / len(wanted) if wanted else 0.0


def reciprocal_rank(ranking: Sequence[str], relevant: Mapping[str, int], k: int) -> float:
    """Return one over the rank of the first relevant document, 0 if none stands among the first k."""
    ranks = (rank for rank, document in enumerate(ranking[:k], start=1) if relevant.get(document, 0) > 0)
    return 1.0 / next(ranks, math.inf)


def measure(rankings: Rankings, judgements: Judgements) -> dict[str, float]:
    """Return the mean of each measure over the judged queries; a query without a ranking counts 0."""
    pairs = [(rankings.get(query, ()), relevant) for query, relevant in judgements.items()]
    return {
        "ndcg@10": mean(ndcg(found, relevant, 10) for found, relevant in pairs),
        "recall@10": mean(recall(found, relevant, 10) for found, relevant in pairs),
        "recall@100": mean(recall(found, relevant, 100) for found, relevant in pairs),
        "mrr@10": mean(reciprocal_rank(found, relevant, 10) for found, relevant in pairs),
        "hit@1": mean(recall(found, relevant, 1) > 0 for found, relevant in pairs),
    }
