"""The fields of a form as rows of a table: the label, and what is filled in.

A label stands to the left of its field or above it, that of a box to tick to its right. Fields side by side
and below each other are the cells of a table.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np

from ingest.parsers.base import row_line
from ingest.parsers.pdf.form.choices import Choice, choices_of
from ingest.parsers.pdf.form.names import in_words
from ingest.parsers.pdf.form.pieces import (
    Piece,
    Placed,
    Thing,
    above,
    aligned,
    head_of,
    left_of,
    pieces_of,
    right_of,
    same_row,
)
from ingest.parsers.pdf.lines import NO_GLYPH, Line, Segment, with_segments
from ingest.parsers.pictures.glyphs import FieldKind, Glyphs

_CHINESE = re.compile(r"[\u2e80-\u9fff\uf900-\ufaff]")
# How an empty field is said, and a box that is or is not ticked: in English, and in Chinese.
_EMPTY, _TICKED, _UNTICKED = ("not filled in", "未填写"), ("yes", "是"), ("not ticked", "未勾选")
_UNIT = re.compile(r"[^\s:：]{1,6}")
_UNIT_POINTS, _HEIGHT_POINTS = 90.0, 12.0


@dataclass(frozen=True, slots=True, kw_only=True)
class _Row:
    segments: tuple[Segment, ...]
    header: str
    line: int
    """The index of the line behind which it stands, or -1."""


def with_rows(lines: Sequence[Line], page: Glyphs) -> list[Line]:
    """Return the page's lines; a row for each field takes the place of its label."""
    fields = [field for field in page.fields if field.is_shown]
    if not fields:
        return list(lines)
    form = _Form(lines, page)
    return list(form.lines([*form.rows(), *_unplaced(page, len(lines) - 1)]))


class _Form:
    """A page's lines and fields; texts that become labels are taken out of the lines."""

    def __init__(self, lines: Sequence[Line], page: Glyphs) -> None:
        self._lines = lines
        self._fields = [
            Placed(field=field, box=tuple(page.boxes[field.glyph].tolist()))
            for field in page.fields
            if field.is_shown and field.glyph >= 0
        ]
        self._pieces = pieces_of(lines, page, self._fields)
        self._things: list[Thing] = [*self._pieces, *self._fields]

    def rows(self) -> Iterator[_Row]:
        """Yield a row for each field, choice or row of cells."""
        written = [one for one in self._fields if one.field.kind is not FieldKind.TICK]
        cells = {id(one) for one in written if self._is_cell(one)}
        tables = [row for row in _in_rows(written) if any(id(one) in cells for one in row)]
        in_tables = {id(one) for row in tables for one in row}
        header: list[Piece] = []
        for row in tables:
            heads = self._heads(row)
            if heads and heads != header:
                yield _row([piece.segment for piece in heads], line=self._take(heads[0]))
                for piece in heads:
                    self._take(piece)
            header = heads or header
            yield self._cells(row, header)
        for one in written:
            if id(one) not in in_tables:
                label = self._label(one)
                said = self._with_unit(one) if one.field.value else _said(_EMPTY, label)
                yield self._row(one, label, said, one.field.label)
        for choice in choices_of([one for one in self._fields if one not in written], self._things):
            yield self._choice(choice)

    def lines(self, rows: Sequence[_Row]) -> Iterator[Line]:
        """Yield the lines without what became labels, and the rows behind the lines that held these."""
        usual = self._lines[0].size if self._lines else _HEIGHT_POINTS
        behind: dict[int, list[_Row]] = {}
        for row in rows:
            behind.setdefault(row.line, []).append(row)
        parts: dict[int, list[Piece]] = {}
        for piece in self._pieces:
            parts.setdefault(piece.line, []).append(piece)
        for number in range(-1, len(self._lines)):
            own = parts.get(number, [])
            left = [piece.segment for piece in own if not piece.is_used]
            if left:
                line = self._lines[number]
                yield line if len(left) == len(line.segments) == len(own) else with_segments(line, left)
            for row in sorted(behind.get(number, []), key=_place):
                yield _line(row, usual)

    def _is_cell(self, one: Placed) -> bool:
        """Return whether a field is one of several in a row or column of a table."""
        left, over = left_of(one, self._things), above(one, self._things)
        if isinstance(left, Piece) or (over is None and left is None):
            return False
        is_over = any(aligned(one, other) and above(other, self._things) is one for other in self._fields)
        if isinstance(left, Placed):
            return is_over or not isinstance(over, Piece)
        is_below = isinstance(over, Placed) and aligned(one, over)
        return (is_over or is_below) and head_of(one, self._things) is not None

    def _heads(self, row: Sequence[Placed]) -> list[Piece]:
        """Return the header of a table's row, or an empty list if a cell has none."""
        found = [head_of(one, self._things) for one in row]
        heads = [head for head in found if head is not None]
        if len(heads) < len(row) or len({id(head) for head in heads}) < len(row):
            return []
        first = self._first(row)
        over = above(first, self._things) if first else None
        while isinstance(over, Piece) and not same_row(over.box, heads[0].box):
            over = above(over, self._things)
        return [over, *heads] if first and isinstance(over, Piece) else [] if first else heads

    def _first(self, row: Sequence[Placed]) -> Piece | None:
        """Return the text in front of a table's row."""
        left = left_of(row[0], self._things)
        return left if isinstance(left, Piece) else None

    def _cells(self, row: Sequence[Placed], header: Sequence[Piece]) -> _Row:
        first = self._first(row)
        line = self._take(first) if first else self._line_above(row[0])
        texts = [_written(one, one.field.value or _said(_EMPTY, first)) for one in row]
        named = row_line([piece.segment.text for piece in header])
        return _row([*([first.segment] if first else []), *texts], named, line=line)

    def _label(self, one: Placed) -> Piece | None:
        left, over = left_of(one, self._things), above(one, self._things)
        return next((found for found in (left, over) if isinstance(found, Piece) and not found.is_used), None)

    def _with_unit(self, one: Placed) -> str:
        """Return what is filled in, with the unit that is printed behind it."""
        unit = right_of(one, self._things, _UNIT_POINTS)
        if not isinstance(unit, Piece) or unit.is_used or not _UNIT.fullmatch(unit.segment.text):
            return one.field.value
        if any(left_of(other, self._things) is unit for other in self._fields):
            return one.field.value
        self._take(unit)
        return f"{one.field.value} {unit.segment.text}"

    def _choice(self, choice: Choice) -> _Row:
        first = choice.boxes[0]
        if choice.is_alone:
            said = _said(_TICKED if first.field.is_ticked else _UNTICKED, choice.label)
        else:
            said = ", ".join(choice.ticked) or _said(_UNTICKED, choice.label)
            for option in choice.options:
                if option is not None:
                    self._take(option)
        ticked = next((box for box in choice.boxes if box.field.is_ticked), first)
        return self._row(ticked, choice.label, said, first.field.label)

    def _row(self, one: Placed, label: Piece | None, said: str, called: str) -> _Row:
        if label is None:
            name = _segment(called or in_words(one.field.name), NO_GLYPH, one.box)
            return _row([name, _written(one, said)], line=self._line_above(one))
        line = self._take(label)
        named = label.segment.glyphs[: len(label.text)]
        return _row([replace(label.segment, text=label.text, glyphs=named), _written(one, said)], line=line)

    def _take(self, piece: Piece) -> int:
        piece.is_used = True
        return piece.line

    def _line_above(self, one: Placed) -> int:
        tops = [(line.middle, number) for number, line in enumerate(self._lines) if line.middle <= one.box[3]]
        return max(tops, default=(0.0, -1))[1]


def _unplaced(page: Glyphs, line: int) -> Iterator[_Row]:
    """Yield rows for what is filled in and has no place on the page."""
    box = (0.0, page.height / 2, page.width, page.height / 2 + _HEIGHT_POINTS)
    for field in page.fields:
        if field.is_shown and field.glyph < 0:
            cells = [_segment(text, NO_GLYPH, box) for text in (field.label, field.value)]
            yield _row(cells, line=line)


def _in_rows(fields: Sequence[Placed]) -> Iterator[list[Placed]]:
    """Yield the fields that stand side by side, from the top down, each row from left to right."""
    row: list[Placed] = []
    for one in sorted(fields, key=lambda one: (one.box[1] + one.box[3], one.box[0])):
        if row and not same_row(row[0].box, one.box):
            yield sorted(row, key=lambda one: one.box[0])
            row = []
        row.append(one)
    if row:
        yield sorted(row, key=lambda one: one.box[0])


def _said(words: tuple[str, str], label: Piece | None) -> str:
    return words[bool(label is not None and _CHINESE.search(label.segment.text))]


def _written(one: Placed, text: str) -> Segment:
    return _segment(text, one.field.glyph, one.box)


def _segment(text: str, glyph: int, box: tuple[float, float, float, float]) -> Segment:
    x0, y0, x1, y1 = box
    return Segment(text=text, glyphs=np.full(len(text), glyph, np.int32), x0=x0, y0=y0, x1=x1, y1=y1)


def _row(segments: Sequence[Segment], header: str = "", *, line: int) -> _Row:
    return _Row(segments=tuple(one for one in segments if one.text), header=header, line=line)


def _place(row: _Row) -> tuple[float, float]:
    return round(row.segments[0].y0), row.segments[0].x0


def _line(row: _Row, size: float) -> Line:
    segments = row.segments
    return Line(
        segments=segments,
        size=size,
        bold=False,
        italic=False,
        mono=False,
        x0=min(one.x0 for one in segments),
        y0=min(one.y0 for one in segments),
        x1=max(one.x1 for one in segments),
        y1=max(one.y1 for one in segments),
        form_header=row.header,
    )
