"""Putting the two legs' hits in one order."""

from collections.abc import Sequence

from core.values import Hit


def fuse(dense: Sequence[Hit], lexical: Sequence[Hit], dense_weight: float) -> list[Hit]:
    """Return the convex sum of both legs' min-max normalised scores, best first, 0..1.

    A chunk that one leg did not find has that leg's least score. Bruch, Gai and Ingber, "An
    Analysis of Fusion Functions for Hybrid Retrieval" (2023), section 4. Ties are broken by id, so
    that the order never depends on chance.
    """
    sums: dict[int, float] = {}
    for hits, weight in ((dense, dense_weight), (lexical, 1.0 - dense_weight)):
        for chunk_id, score in _normalised(hits):
            sums[chunk_id] = sums.get(chunk_id, 0.0) + weight * score
    order = sorted(sums.items(), key=lambda item: (-item[1], item[0]))
    return [Hit(chunk_id, score) for chunk_id, score in order]


def _normalised(hits: Sequence[Hit]) -> list[tuple[int, float]]:
    if not hits:
        return []
    best, least = max(hit.score for hit in hits), min(hit.score for hit in hits)
    spread = best - least
    return [(hit.chunk_id, (hit.score - least) / spread if spread else 1.0) for hit in hits]
