"""The pieces of a page's text around the fields of a form, and which of them stand beside a field.

A label and the boxes of a choice are often one run of text, so runs are cut where a field stands in them.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ingest.parsers.pdf.lines import NO_GLYPH, Line, Segment
from ingest.parsers.pictures.glyphs import FormField, Glyphs

_SAME_ROW = 0.5  # of the lower one's height
_MAX_LEFT_POINTS, _MAX_RIGHT_POINTS, _MAX_ABOVE = 260.0, 24.0, 1.3
_TOUCHING_POINTS, _SAME_EDGE_POINTS = 3.0, 6.0
_MAX_LABEL_CHARS = 160
# Printed where something is to be written.
_MARKS = re.compile(r"[\s_.…·‥:：*]+$")
_MARK = re.compile(r"[\s_.…·‥]")


@dataclass(eq=False, slots=True, kw_only=True)
class Piece:
    """A run of text without a field in it."""

    segment: Segment
    line: int
    """The index of its line."""
    is_used: bool = False
    """Whether it stands with a field as its label."""

    @property
    def box(self) -> tuple[float, float, float, float]:
        """The left, top, right and bottom edges."""
        return self.segment.x0, self.segment.y0, self.segment.x1, self.segment.y1

    @property
    def text(self) -> str:
        """The text as a label, without a colon and marks of empty places at its end."""
        return _MARKS.sub("", self.segment.text) or self.segment.text

    @property
    def asks(self) -> bool:
        """Whether the text ends as a label in front of a choice does."""
        return self.segment.text.rstrip(" _").endswith((":", "?", "：", "？"))


@dataclass(eq=False, slots=True, kw_only=True)
class Placed:
    """A field with its box on the page."""

    field: FormField
    box: tuple[float, float, float, float]


Thing = Piece | Placed


def pieces_of(lines: Sequence[Line], page: Glyphs, fields: Sequence[Placed]) -> list[Piece]:
    """Return the pieces of the lines, in order."""
    return [
        Piece(segment=part, line=number)
        for number, line in enumerate(lines)
        for segment in line.segments
        for part in _cut(segment, page.boxes, fields)
    ]


def _cut(segment: Segment, boxes: NDArray[np.float32], fields: Sequence[Placed]) -> Iterator[Segment]:
    """Yield a segment's parts between the fields that stand in it; marks under a field are left out."""
    own = (segment.x0, segment.y0, segment.x1, segment.y1)
    inside = [one.box for one in fields if same_row(own, one.box) and _across(own, one.box) > 0]
    if not inside:
        yield segment
        return
    run: list[int] = []
    before: int | None = None
    for at, glyph in enumerate(segment.glyphs.tolist()):
        if glyph == NO_GLYPH:
            run.append(at)
            continue
        middle = float(boxes[glyph, 0] + boxes[glyph, 2]) / 2
        if _MARK.match(segment.text[at]) and any(x0 <= middle <= x1 for x0, _, x1, _ in inside):
            continue
        place = sum((x0 + x1) / 2 < middle for x0, _, x1, _ in inside)
        if before is not None and place != before:
            yield from _part(segment, run, boxes)
            run = []
        before = place
        run.append(at)
    yield from _part(segment, run, boxes)


def _part(segment: Segment, run: Sequence[int], boxes: NDArray[np.float32]) -> Iterator[Segment]:
    while run and _MARK.match(segment.text[run[0]]):
        run = run[1:]
    while run and segment.text[run[-1]].isspace():
        run = run[:-1]
    glyphs = segment.glyphs[list(run)]
    drawn = boxes[glyphs[glyphs != NO_GLYPH]]
    if len(drawn):
        yield Segment(
            text="".join(segment.text[at] for at in run),
            glyphs=glyphs,
            x0=float(drawn[:, 0].min()),
            y0=segment.y0,
            x1=float(drawn[:, 2].max()),
            y1=segment.y1,
        )


def left_of(one: Thing, things: Sequence[Thing]) -> Thing | None:
    """Return what stands nearest to the left in the same row."""
    x0, _, x1, _ = one.box
    found = [
        other
        for other in things
        if other is not one
        and same_row(one.box, other.box)
        and other.box[0] < x0
        and x0 - _MAX_LEFT_POINTS < other.box[2] < x1
        and _can_label(other)
    ]
    return max(found, key=lambda other: other.box[2], default=None)


def right_of(one: Thing, things: Sequence[Thing], most_points: float = _MAX_RIGHT_POINTS) -> Thing | None:
    """Return what stands closely to the right in the same row."""
    x1 = one.box[2]
    found = [
        other
        for other in things
        if other is not one
        and same_row(one.box, other.box)
        and -_TOUCHING_POINTS < other.box[0] - x1 < most_points
    ]
    return min(found, key=lambda other: other.box[0], default=None)


def above(one: Thing, things: Sequence[Thing]) -> Thing | None:
    """Return what stands closely above."""
    y0 = one.box[1]
    found = [
        other
        for other in things
        if other is not one
        and _across(one.box, other.box) > 0
        and -_TOUCHING_POINTS < y0 - other.box[3] < _MAX_ABOVE * (other.box[3] - other.box[1])
        and other.box[1] < y0
        and _can_label(other)
    ]
    return max(found, key=lambda other: other.box[3], default=None)


def head_of(one: Placed, things: Sequence[Thing]) -> Piece | None:
    """Return the text at the head of the field's column of fields."""
    over: Thing | None = above(one, things)
    seen: set[int] = set()
    while isinstance(over, Placed) and id(over) not in seen:
        seen.add(id(over))
        over = above(over, things)
    return over if isinstance(over, Piece) else None


def aligned(one: Placed, other: Placed) -> bool:
    """Return whether two fields have the same edges, as those of a column have."""
    sides = [abs(one.box[side] - other.box[side]) for side in (0, 2)]
    return max(sides) < _SAME_EDGE_POINTS


def same_row(one: Sequence[float], other: Sequence[float]) -> bool:
    """Return whether two boxes stand side by side."""
    overlap = min(one[3], other[3]) - max(one[1], other[1])
    return overlap >= _SAME_ROW * max(min(one[3] - one[1], other[3] - other[1]), 1.0)


def _across(one: Sequence[float], other: Sequence[float]) -> float:
    return min(one[2], other[2]) - max(one[0], other[0])


def _can_label(other: Thing) -> bool:
    return isinstance(other, Placed) or len(other.segment.text) <= _MAX_LABEL_CHARS
