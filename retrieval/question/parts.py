"""Passages for each part of a question that asks several things, or one thing of several."""

from collections.abc import Callable, Sequence

from core.reading.question_parts import parts_of, sides_of
from core.values.answers import Passage

# Passages that a part adds, of those that the whole question did not find.
_ADDED = 3

Search = Callable[[str], Sequence[Passage]]
"""Returns the best passages for a question, under the asker's scope."""


def with_parts(question: str, found: Sequence[Passage], search: Search) -> list[Passage]:
    """Return the passages found for a question, and behind them those that each part finds besides."""
    passages = list(found)
    for part in sides_of(question) or parts_of(question):
        known = {one.chunk_id for one in passages}
        passages += [one for one in search(part.question) if one.chunk_id not in known][:_ADDED]
    return passages
