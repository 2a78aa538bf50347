"""Putting the legs' hits in one order."""

from collections.abc import Sequence
from dataclasses import dataclass

from core.values.search import Hit


@dataclass(frozen=True, slots=True)
class Leg:
    """What one leg found; a chunk that it did not find has the score `missing`, its least or none."""

    hits: Sequence[Hit]
    weight: float
    missing: float = 0.0

    @property
    def shares(self) -> dict[int, float]:
        """What each hit adds to the sum, beyond what a chunk adds that was not found."""
        return {hit.chunk_id: self.weight * (hit.score - self.missing) for hit in self.hits}


def fuse(legs: Sequence[Leg]) -> list[Hit]:
    """Return the weighted sum of the legs' scores, best first, stretched to 0..1.

    Scores are summed as they are: how much better a leg's best hit is than its next tells how sure
    the leg is. Bruch, Gai and Ingber, "An Analysis of Fusion Functions for Hybrid Retrieval" (2023),
    compare ways to bring scores to one unit. Ties are broken by id, so that the order never depends
    on chance.
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
