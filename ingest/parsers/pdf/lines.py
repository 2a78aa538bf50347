"""The lines of a page, made of its characters, each with the index of its glyph.

A line consists of segments, which wide gaps separate; as a rule they are the cells of a table row.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from ingest.parsers.pdf.characters import repaired, spelled_out, steps
from ingest.parsers.pdf.hidden import Hidden
from ingest.parsers.pictures.glyphs import Glyphs

NO_GLYPH = -1
# Shares of a line's height, which is about 1.15 times the font's size.
_SAME_LINE_OVERLAP = 0.45
_STYLE_SHARE = 0.9
_WORD_GAP = 0.3
_NARROW_WORD_GAP = 0.12
_CELL_GAP = 0.85
_BACKWARDS = 1.0
# The fewest letters of a word drawn one above the other, such as a stamp along the margin.
_MIN_UPRIGHT_RUN = 4

_SPACES = np.array(
    [
        *range(0x09, 0x0E),
        0x20,
        0x85,
        0xA0,
        0x1680,
        *range(0x2000, 0x200B),
        0x2028,
        0x2029,
        0x202F,
        0x205F,
        0x3000,
    ],
    np.uint32,
)
_LINE_BREAKS = (0x0A, 0x0D)
_MARKER = re.compile(
    r"[•◦▪▫■□●○‣⁃∙·►▸➢➤✓✔❖\-–—*o]|\(?\d{1,3}[.)]|\(?[a-zA-Z][.)]|\(?[ivxIVX]{1,5}[.)]"
    r"|(?:Table|Figure|Fig\.|Chart|Graph|Box|Tableau|Tabelle|Abbildung|Abb\.|Tabla|Figura|[图表])"
    r" ?[\dA-Z.–-]{1,8}[.:]?"
)
# The number of a heading; far from the text it is a cell.
_NUMBER = re.compile(r"\d{1,2}(\.\d{1,2})*\.?")
_NUMBER_GAP = 4.0

# Of a segment: the number of characters, the sum of their heights, the number in each kind of font.
_Look = tuple[float, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Segment:
    """A run of text with its box in points from the page's top left corner."""

    text: str
    glyphs: NDArray[np.int32]
    """`(len(text),)` the index of each character's glyph on the page, or -1."""
    # The left, top, right and bottom edges.
    x0: float
    y0: float
    x1: float
    y1: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """Segments side by side, with the box around them."""

    segments: tuple[Segment, ...]
    """From left to right, as the file draws them."""
    size: float
    """The mean height of the characters in points."""
    bold: bool
    """Whether nearly all characters are bold."""
    italic: bool
    mono: bool
    """Whether nearly all characters are of fixed pitch."""
    x0: float
    y0: float
    x1: float
    y1: float
    form_header: str | None = None
    """The header of a row of a form's fields, or an empty string if it has none; None for other lines."""

    @property
    def text(self) -> str:
        """The segments' texts with spaces between."""
        return " ".join(segment.text for segment in self.segments)

    @property
    def middle(self) -> float:
        """The distance from the page's top to the line's middle, in points."""
        return (self.y0 + self.y1) / 2


def read_lines(page: Glyphs) -> list[Line]:
    """Return the lines of a page in the order in which the file draws them."""
    codes = repaired(page.codes)
    is_space = np.isin(codes, _SPACES)
    seen = ~is_space & (codes >= 0x20) & (codes != 0x7F) & (page.hidden == Hidden.NOT) & _placed(page)
    index = np.flatnonzero(seen).astype(np.int32)
    if not len(index):
        return []
    boxes = page.boxes[index]
    step = steps(codes[index], boxes)
    breaks, gaps = _breaks(boxes, step)
    spaces = np.cumsum(is_space)[index]
    # A line break within a line is PDFium's guess about text drawn in pieces; the gap is a better sign.
    broken = np.diff(np.cumsum(np.isin(codes, _LINE_BREAKS))[index]) > 0
    gap = step / _heights(boxes)[1:]
    words = np.where(broken, gap > _NARROW_WORD_GAP, (np.diff(spaces) > 0) | (gap > _WORD_GAP))
    cuts = breaks | gaps
    words &= ~cuts
    text, glyphs, places = _spaced(codes, index, words)
    starts = np.concatenate([[0], np.flatnonzero(cuts) + 1])
    ends = [*starts[1:].tolist(), len(index)]
    extents = _extents(boxes, starts)
    style = _styles(page, index, boxes, starts)
    begins_line = {0, *(np.flatnonzero(breaks) + 1).tolist()}
    lines: list[Line] = []
    row: list[Segment] = []
    looks: list[_Look] = []
    for start, end, extent, look in zip(starts.tolist(), ends, extents, style, strict=True):
        if start in begins_line and row:
            lines += _line(row, looks)
            row, looks = [], []
        left, right = places[start], places[end - 1] + 1
        row.append(_segment(text[left:right], glyphs[left:right], extent))
        looks.append(look)
    return _joined_upright([*lines, *_line(row, looks)])


def joined(parts: Sequence[tuple[str, NDArray[np.int32]]], between: str) -> tuple[str, NDArray[np.int32]]:
    """Return the texts joined by `between`, whose characters have no glyph."""
    filler = np.full(len(between), NO_GLYPH, np.int32)
    glyphs: list[NDArray[np.int32]] = []
    for _, part in parts:
        glyphs += [filler, part]
    return between.join(text for text, _ in parts), np.concatenate(glyphs[1:])


def cell_of(lines: Sequence[Line], text: str, glyphs: NDArray[np.int32]) -> Segment:
    """Return lines that stand below each other as one segment with the given text."""
    return Segment(
        text=text,
        glyphs=glyphs,
        x0=min(line.x0 for line in lines),
        y0=min(line.y0 for line in lines),
        x1=max(line.x1 for line in lines),
        y1=max(line.y1 for line in lines),
    )


def with_segments(line: Line, segments: Sequence[Segment]) -> Line:
    """Return the line with other segments and the box around them."""
    return replace(
        line,
        segments=tuple(segments),
        x0=min(segment.x0 for segment in segments),
        y0=min(segment.y0 for segment in segments),
        x1=max(segment.x1 for segment in segments),
        y1=max(segment.y1 for segment in segments),
    )


def _placed(page: Glyphs) -> NDArray[np.bool_]:
    """Return which characters have a box on the page."""
    x0, y0, x1, y1 = page.boxes.T
    placed = (x1 > x0) | (y1 > y0)
    inside: NDArray[np.bool_] = placed & (x1 >= 0) & (y1 >= 0) & (x0 <= page.width) & (y0 <= page.height)
    return inside


def _heights(boxes: NDArray[np.float32]) -> NDArray[np.float32]:
    heights: NDArray[np.float32] = np.maximum(boxes[:, 3] - boxes[:, 1], 1.0)
    return heights


def _breaks(
    boxes: NDArray[np.float32], step: NDArray[np.float32]
) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
    """Return behind which characters, except the last, a line ends, and behind which a segment ends."""
    heights = _heights(boxes)
    lower, higher = np.minimum(heights[1:], heights[:-1]), np.maximum(heights[1:], heights[:-1])
    overlap = np.minimum(boxes[1:, 3], boxes[:-1, 3]) - np.maximum(boxes[1:, 1], boxes[:-1, 1])
    breaks = (overlap < _SAME_LINE_OVERLAP * lower) | (step < -_BACKWARDS * higher)
    return breaks, ~breaks & (step > _CELL_GAP * higher)


def _spaced(
    codes: NDArray[np.uint32], index: NDArray[np.int32], words: NDArray[np.bool_]
) -> tuple[str, NDArray[np.int32], NDArray[np.int64]]:
    """Return the page's text with spaces between words, its glyphs, and the offset of each glyph."""
    places = np.arange(len(index)) + np.concatenate([[0], np.cumsum(words)])
    length = int(places[-1]) + 1
    glyphs = np.full(length, NO_GLYPH, np.int32)
    glyphs[places] = index
    # A space has a box where the file draws one: the character in front of the next word.
    before = np.flatnonzero(words) + 1
    drawn = np.isin(codes[index[before] - 1], _SPACES)
    glyphs[places[before] - 1] = np.where(drawn, index[before] - 1, NO_GLYPH)
    out = np.full(length, ord(" "), "<u4")
    out[places] = codes[index]
    return out.tobytes().decode("utf-32-le"), glyphs, places


def _extents(boxes: NDArray[np.float32], starts: NDArray[np.int64]) -> list[list[float]]:
    """Return x0, y0, x1, y1 of the segments that begin at these characters."""
    low = np.minimum.reduceat(boxes[:, :2], starts, axis=0)
    high = np.maximum.reduceat(boxes[:, 2:], starts, axis=0)
    extents: list[list[float]] = np.hstack([low, high]).tolist()
    return extents


def _styles(
    page: Glyphs, index: NDArray[np.int32], boxes: NDArray[np.float32], starts: NDArray[np.int64]
) -> list[_Look]:
    """Return the look of the segments that begin at these characters."""
    heights = boxes[:, 3:] - boxes[:, 1:2]
    sums = np.add.reduceat(np.hstack([heights, page.fonts[index]]), starts, axis=0, dtype=np.float64)
    counts = np.diff(np.append(starts, len(index)))
    return [tuple(look) for look in np.column_stack([counts, sums]).tolist()]


def _segment(text: str, glyphs: NDArray[np.int32], extent: list[float]) -> Segment:
    spelled, their_glyphs = spelled_out(text, glyphs)
    x0, y0, x1, y1 = extent
    return Segment(text=spelled, glyphs=their_glyphs, x0=x0, y0=y0, x1=x1, y1=y1)


def _line(row: list[Segment], looks: list[_Look]) -> list[Line]:
    """Return the line of these segments, or an empty list if they hold no text."""
    segments = [segment for segment in row if segment.text]
    if len(segments) > 1 and _is_marker(segments[0], segments[1]):
        segments = _with_marker(segments)
    if not segments:
        return []
    count, height, *fonts = (sum(values) for values in zip(*looks, strict=True))
    bold, italic, mono = (number > _STYLE_SHARE * count for number in fonts)
    x0, y0 = min(segment.x0 for segment in segments), min(segment.y0 for segment in segments)
    x1, y1 = max(segment.x1 for segment in segments), max(segment.y1 for segment in segments)
    return [
        Line(
            segments=tuple(segments),
            size=height / count,
            bold=bold,
            italic=italic,
            mono=mono,
            x0=x0,
            y0=y0,
            x1=x1,
            y1=y1,
        )
    ]


def _is_marker(first: Segment, text: Segment) -> bool:
    """Return whether a segment is a list's marker, a caption's label or a heading's number."""
    if _MARKER.fullmatch(first.text):
        return True
    is_near = text.x0 - first.x1 < _NUMBER_GAP * (first.y1 - first.y0)
    return bool(_NUMBER.fullmatch(first.text)) and is_near and text.text[0].isalpha()


def _with_marker(segments: list[Segment]) -> list[Segment]:
    """Join a list's marker or a heading's number with its text, unless the number is a cell."""
    marker, first, *rest = segments
    if rest and marker.text[-1].isdigit():
        return segments
    text, glyphs = joined([(marker.text, marker.glyphs), (first.text, first.glyphs)], " ")
    return [Segment(text=text, glyphs=glyphs, x0=marker.x0, y0=first.y0, x1=first.x1, y1=first.y1), *rest]


def _joined_upright(lines: list[Line]) -> list[Line]:
    """Join letters that stand one above the other, such as text along the margin."""
    out: list[Line] = []
    run: list[Line] = []
    for line in lines:
        is_letter = len(line.text) <= 2
        if run and not (is_letter and abs(line.x0 - run[-1].x0) < line.size):
            out += _upright(run)
            run = []
        if is_letter:
            run.append(line)
        else:
            out.append(line)
    return [*out, *_upright(run)]


def _upright(run: list[Line]) -> list[Line]:
    """Return letters above each other as a line; numbers that count lines are dropped, others stay apart."""
    pairs = [(part.text, part.segments[0].glyphs) for part in run if len(part.segments) == 1]
    if len(run) < _MIN_UPRIGHT_RUN or not pairs:
        return run
    numbers = [int(text) for text, _ in pairs if text.isdecimal()]
    if len(numbers) == len(pairs):
        return [] if numbers == list(range(numbers[0], numbers[0] + len(numbers))) else run
    return [with_segments(run[0], [cell_of(run, *joined(pairs, ""))])]
