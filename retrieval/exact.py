"""Exact things are found exactly: names and quoted words put what holds them first, or nothing at all."""

from collections.abc import Collection, Iterable, Sequence

from core.names import all_names, names, nearest, plain
from core.values import Passage

# Names offered in place of one that no document holds.
_OFFERED = 5


def held_first(
    passages: Sequence[Passage], asked: Collection[str], phrases: Collection[str]
) -> list[Passage]:
    """Return the passages, those first that hold the most of the names and phrases, otherwise in order."""
    if not asked and not phrases:
        return list(passages)

    def missing(passage: Passage) -> int:
        text = f"{passage.context}\n{passage.chunk_text}"
        held, words = names(text), plain(text) if phrases else ""
        return sum(name not in held for name in asked) + sum(phrase not in words for phrase in phrases)

    return sorted(passages, key=missing)


def unknown_names(question: str, passages: Sequence[Passage]) -> dict[str, str]:
    """Return the names in a question if no passage holds any of them, as term and as written.

    What was found then tells of something else, however alike it reads.
    """
    asked = names(question)
    return {} if any(term in _names_of(passages) for term in asked) else asked


def names_near(asked: Iterable[str], passages: Sequence[Passage]) -> tuple[str, ...]:
    """Return the names in the passages that could be meant, as written, likeliest first."""
    known = _names_of(passages)
    return tuple(dict.fromkeys(near for term in asked for near in nearest(term, known, _OFFERED)))[:_OFFERED]


def _names_of(passages: Iterable[Passage]) -> dict[str, str]:
    return all_names(f"{passage.context}\n{passage.text}" for passage in passages)
