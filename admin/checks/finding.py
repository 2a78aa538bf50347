"""What a check finds."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import islice

# Things named one by one; a thousand of them would tell no more.
_NAMED = 5


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that is wrong, and what to do about it."""

    name: str
    detail: str
    remedy: str


def listed(things: Sequence[object]) -> str:
    """Return the first few, for a person."""
    more = f" and {len(things) - _NAMED} more" if len(things) > _NAMED else ""
    return ", ".join(map(str, islice(things, _NAMED))) + more
