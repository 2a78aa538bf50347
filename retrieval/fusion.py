"""Fusion: the hits of all legs in one order."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from core.values.search import Hit


@dataclass(frozen=True, slots=True)
class Leg:
    """The result of one leg of the search."""

    hits: Sequence[Hit]
    weight: float
    missing: float = 0.0
    """The score of a chunk that the leg did not find: its least score if it stopped at a limit, else 0."""
    portions: Mapping[int, float] = field(default_factory=dict)
    """The portion of the weight for a chunk, 0..1, where it is not 1: other legs have the rest."""

    @property
    def shares(self) -> dict[int, float]:
        """What each hit adds to the sum, less what a chunk adds that was not found."""
        return {
            hit.chunk_id: self.weight * self.portions.get(hit.chunk_id, 1.0) * (hit.score - self.missing)
            for hit in self.hits
        }


def fuse(legs: Sequence[Leg]) -> list[Hit]:
    """Return the hits of all legs by the weighted sum of their scores, best first, scaled to 0..1.

    The scores of a leg are not normalized by their range: the lead of its best hit shows how certain the
    leg is. Bruch, Gai and Ingber, "An Analysis of Fusion Functions for Hybrid Retrieval" (2023), compare
    ways to bring scores to one unit. Ties are broken by id, so that the order is deterministic.
    """
    sums: dict[int, float] = {}
    for leg in legs:
        for chunk_id, share in leg.shares.items():
            sums[chunk_id] = sums.get(chunk_id, 0.0) + share
    if not sums:
        return []
    best, least = max(sums.values()), min(sums.values())
    spread = best - least
    hits = [Hit(chunk_id, (share - least) / spread if spread else 1.0) for chunk_id, share in sums.items()]
    return sorted(hits, key=lambda hit: (-hit.score, hit.chunk_id))
