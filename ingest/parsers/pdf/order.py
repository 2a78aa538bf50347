"""The reading order of the lines on a page.

Most programs draw text in reading order, columns included, and that order is kept. Some draw a table
from the bottom up or cell by cell in leaps; such a page is sorted by the places of its text.
"""

from collections.abc import Sequence
from dataclasses import replace
from itertools import pairwise

from ingest.parsers.pdf.lines import Line, Segment, with_segments

# How many steps to the next line, and which share of them, may lead upwards in the same column.
_MAX_LEAPS = 4
_MAX_LEAP_SHARE = 0.15
_SAME_ROW = 0.5  # of a line's height


def in_reading_order(lines: Sequence[Line], is_upside_down: bool = False) -> list[Line]:
    """Return the lines in reading order: as drawn, or sorted if the drawing order leaps too often.

    Lines that are upside down on the page are sorted: PDFium gives their pieces as those of upright ones.
    """
    leaps = sum(_leads_up(one, other) for one, other in pairwise(lines))
    if not is_upside_down and leaps <= max(_MAX_LEAPS, _MAX_LEAP_SHARE * len(lines)):
        return list(lines)
    rows: list[list[tuple[Segment, Line]]] = []
    pieces = [(segment, line) for line in lines for segment in line.segments]
    for piece in sorted(pieces, key=lambda piece: piece[0].y0 + piece[0].y1):
        if rows and _same_row(rows[-1][0], piece):
            rows[-1].append(piece)
        else:
            rows.append([piece])
    return [_line(row) for row in rows]


def _leads_up(one: Line, other: Line) -> bool:
    overlap = min(one.x1, other.x1) - max(one.x0, other.x0)
    return other.middle < one.middle - _SAME_ROW * one.size and overlap > 0


def _same_row(first: tuple[Segment, Line], piece: tuple[Segment, Line]) -> bool:
    (one, line), (other, _) = first, piece
    return other.y0 + other.y1 - one.y0 - one.y1 < 2 * _SAME_ROW * line.size


def _line(row: Sequence[tuple[Segment, Line]]) -> Line:
    lines = [line for _, line in row]
    segments = sorted((segment for segment, _ in row), key=lambda segment: segment.x0)
    merged = replace(
        lines[0],
        bold=all(line.bold for line in lines),
        italic=all(line.italic for line in lines),
        mono=all(line.mono for line in lines),
    )
    return with_segments(merged, segments)
