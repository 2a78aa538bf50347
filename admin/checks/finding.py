"""Findings of a check."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import islice

# Things named one by one; the rest is counted.
_NAMED = 5


@dataclass(frozen=True, slots=True)
class Finding:
    """A disagreement that a check found, and its remedy."""

    name: str
    detail: str
    remedy: str


def listed(things: Sequence[object]) -> str:
    """Return the first few things as text, and how many more there are."""
    more = f" and {len(things) - _NAMED} more" if len(things) > _NAMED else ""
    return ", ".join(map(str, islice(things, _NAMED))) + more
