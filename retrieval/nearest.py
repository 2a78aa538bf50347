"""What comes nearest to a refused question: the best sections of the passages, not single sentences."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import groupby

from core.text.language import sentences, terms
from core.values.answers import Citation, Passage
from core.values.documents import BlockKind
from core.values.structure import PlacedBlock

Span = tuple[int, int]

# Sections that are shown, and the characters of each.
_SHOWN = 3
_CHARACTERS = 700
# A part of a section is marked if it has nearly as much of the question as the best one; so many at most.
_FITS = 0.8
_MARKED = 2
# What a section gains that a generator drafted from, beside its share of the question (0..1) and the score
# of its passage (0..1).
_DRAFTED = 0.5


@dataclass(frozen=True, slots=True, kw_only=True)
class _Section:
    """A section of a passage, as the sentences, items and rows that it consists of."""

    passage: Passage
    parts: tuple[Span, ...]
    """The offsets of each part in the version's stored text, in order."""
    fits: tuple[float, ...]
    """The share of the question that each part has, 0..1."""
    score: float


def nearest(
    passages: Sequence[Passage], term_weights: Mapping[str, float], drafted: Sequence[Citation] = ()
) -> tuple[Citation, ...]:
    """Return the sections that come nearest, best first, each as a citation with the parts marked that fit.

    `term_weights` are the question's terms; `drafted` are the quotes that did not suffice.
    """
    quoted = {(one.document_id, one.span) for one in drafted}
    best = dict[Span, _Section]()
    for passage in passages:
        found = [_weighed(passage, parts, term_weights, quoted) for parts in _sections(passage)]
        for one in sorted(found, key=lambda section: -section.score)[:1]:
            best.setdefault((passage.document_id, one.parts[0][0]), one)
    first = sorted(best.values(), key=lambda section: -section.score)[:_SHOWN]
    return tuple(_cited(one) for one in first)


def _sections(passage: Passage) -> Iterator[list[Span]]:
    """Yield the parts of each section that the chunk found, or one of its neighbours, stands in."""
    first, last = passage.near or (passage.start, passage.end)
    blocks = passage.blocks or (PlacedBlock(kind=passage.kind, start=first, end=last),)
    for is_text, group in groupby(blocks, key=lambda one: one.kind is not BlockKind.HEADING and one.path):
        placed = list(group)
        if is_text is not False and placed[0].start < last and placed[-1].end > first:
            parts = [part for block in placed for part in _parts(passage, block)]
            yield from [parts] if parts else []


def _parts(passage: Passage, block: PlacedBlock) -> list[Span]:
    start, end = max(block.start, passage.start), min(block.end, passage.end)
    if start >= end:
        return []
    if block.kind is not BlockKind.PARAGRAPH:
        return [(start, end)]
    return [(start + first, start + last) for first, last in sentences(passage.between(start, end))]


def _weighed(
    passage: Passage, parts: Sequence[Span], term_weights: Mapping[str, float], quoted: set[tuple[int, Span]]
) -> _Section:
    words = [frozenset(terms(passage.between(*part))) for part in parts]
    above = frozenset(terms("\n".join((passage.title, *passage.headings_at(parts[0][0])))))
    drafted = [
        any(where == passage.document_id and _meet(part, span) for where, span in quoted) for part in parts
    ]
    share = _share(term_weights, above.union(*words))
    return _Section(
        passage=passage,
        parts=tuple(parts),
        fits=tuple(
            1.0 if is_drafted else _share(term_weights, own)
            for own, is_drafted in zip(words, drafted, strict=True)
        ),
        score=share + passage.score + _DRAFTED * any(drafted),
    )


def _meet(one: Span, other: Span) -> bool:
    return one[0] < other[1] and other[0] < one[1]


def _share(term_weights: Mapping[str, float], words: frozenset[str]) -> float:
    total = sum(term_weights.values())
    return sum(weight for term, weight in term_weights.items() if term in words) / total if total else 0.0


def _cited(one: _Section) -> Citation:
    """Return as much of a section as is shown, from its beginning if its best part is near enough."""
    best = max(range(len(one.parts)), key=lambda place: (one.fits[place], -place))
    first = next(
        p for p in range(best + 1) if p == best or one.parts[best][1] - one.parts[p][0] <= _CHARACTERS
    )
    start = one.parts[first][0]
    last = max(p for p in range(best, len(one.parts)) if p == best or one.parts[p][1] - start <= _CHARACTERS)
    shown = one.passage.cite(start, one.parts[last][1])
    fitting = [p for p in range(first, last + 1) if one.fits[p] and one.fits[p] >= _FITS * one.fits[best]]
    marked = sorted(sorted(fitting, key=lambda p: (-one.fits[p], p))[:_MARKED])
    return replace(shown, marks=tuple((one.parts[p][0] - start, one.parts[p][1] - start) for p in marked))
