"""The blocks of a page, made of its lines: headings, paragraphs, list items, tables and code."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import groupby

import numpy as np

from core.values.documents import CELL_SEPARATOR, BlockKind
from ingest.parsers.base import row_line
from ingest.parsers.pdf.lines import NO_GLYPH, Line, joined
from ingest.parsers.pdf.style import LEADER, Style
from ingest.parsers.pdf.tables import Table, find_table, fold_cells
from ingest.parsers.pdf.text import Text, join_lines
from ingest.parsers.tables import split_header

_BULLET = re.compile(r"[•◦▪▫■□●○‣⁃∙·►▸➢➤✓✔❖–—*-]\s+(?=\S)|[•▪■●►➢➤✓✔❖](?=\S)")
_NUMBER = re.compile(r"(?:\(?\d{1,3}[.)]|\(?[a-zA-Z]\)|\(?[ivx]{1,4}\)|[a-z]\.)\s+(?=\S)")
SENTENCE_END = re.compile(r"[.!?:;。！？：；][\"'”’)\]]*$")
_MAX_HEADING_LINES = 4
_MAX_HEADING_CHARS = 240
_MAX_SENTENCE_CHARS = 60
# Shares of a line's height or of a block's width.
_SAME_SIZE = 0.12
_PITCH_TOLERANCE = 0.35
_MAX_PITCH = 1.9
_FULL_LINE_CHARS = 50
_INDENT = 0.8
_SHORT_LINE = 0.18


@dataclass(frozen=True, slots=True, kw_only=True)
class PdfBlock:
    """A block whose characters know their glyphs."""

    kind: BlockKind
    text: Text
    level: int = 0
    """As in `Block`."""
    header: str = ""
    """As in `Block`."""
    lines: tuple[Line, ...] = ()
    """The lines of running text; empty for other kinds."""
    columns: tuple[tuple[float, float], ...] = ()
    """The left and right edges of the columns of a row's table, in points; empty for other kinds."""


def read_blocks(lines: Sequence[Line], style: Style) -> list[PdfBlock]:
    """Return the blocks of one page in reading order."""
    reader = _Reader(style)
    blocks: list[PdfBlock] = []
    for is_form, part in groupby(lines, key=lambda line: line.form_header is not None):
        own = list(part)
        blocks = reader.read_form(own) if is_form else reader.read(fold_cells(own))
    # A block of symbols alone is an ornament, or text in a font without a known encoding.
    return [block for block in blocks if any(character.isalnum() for character in block.text[0])]


class _Reader:
    """Collects the blocks of a page from its lines, front to back."""

    def __init__(self, style: Style) -> None:
        self._style = style
        self._blocks: list[PdfBlock] = []
        self._indents: list[float] = []  # the left edges of the open lists

    def read_form(self, lines: Iterable[Line]) -> list[PdfBlock]:
        """Return the blocks so far and the rows of a form's fields."""
        for line in lines:
            text = joined([(cell.text, cell.glyphs) for cell in line.segments], CELL_SEPARATOR)
            self._add(PdfBlock(kind=BlockKind.ROW, text=text, header=line.form_header or ""))
        return self._blocks

    def read(self, lines: Sequence[Line]) -> list[PdfBlock]:
        """Return the blocks so far and those of these lines."""
        position = 0
        while position < len(lines):
            position = self._next(lines, position)
        return self._blocks

    def _next(self, lines: Sequence[Line], start: int) -> int:
        """Add the block that begins at a line; return the index of the line behind it."""
        line = lines[start]
        if self._style.is_code(line):
            return self._code(lines, start)
        found = find_table(lines, start, self._style.is_heading)
        if found is not None:
            return self._columns(*found)
        end = self._heading_end(lines, start)
        if end > start:
            text = join_lines(lines[start:end])
            self._add(PdfBlock(kind=BlockKind.HEADING, text=text, level=self._style.level(line)))
            return end
        return self._running_text(lines, start)

    def _columns(self, found: Table | list[Line], end: int) -> int:
        if isinstance(found, Table):
            for block in _rows(found):
                self._add(block)
        else:
            self.read(found)
        return end

    def _heading_end(self, lines: Sequence[Line], start: int) -> int:
        """Return the index of the line behind a heading, or `start` if no heading begins there."""
        first = lines[start]
        end = start
        while end < len(lines) and self._style.is_heading(lines[end]):
            if end > start and not self._belongs(lines[end - 1], lines[end], first):
                break
            end += 1
        text = join_lines(lines[start:end])[0] if end > start else ""
        is_prose = len(text) > _MAX_HEADING_CHARS or (text.endswith(".") and len(text) > _MAX_SENTENCE_CHARS)
        follows = end < len(lines) and end > start and self._belongs(lines[end - 1], lines[end], first)
        # Many lines in a heading's style, or one that goes on as other text, are a text set off.
        return start if end - start > _MAX_HEADING_LINES or follows or is_prose else end

    def _belongs(self, last: Line, line: Line, first: Line) -> bool:
        font = (line.bold, line.italic) == (first.bold, first.italic)
        same = font and abs(line.size - first.size) < _SAME_SIZE * first.size
        return same and 0 < line.y0 - last.y0 < 1.6 * first.size and _overlap(last, line) > 0

    def _running_text(self, lines: Sequence[Line], start: int) -> int:
        marker = self._marker(lines[start])
        end = start + 1
        while end < len(lines) and self._goes_on(lines[start:end], lines[end]):
            if self._begins_table(lines, end):
                break
            end += 1
        text = join_lines(lines[start:end])
        if marker is None:
            self._indents.clear()
            self._add(PdfBlock(kind=BlockKind.PARAGRAPH, text=text, lines=tuple(lines[start:end])))
        else:
            depth = self._depth(lines[start])
            item = (text[0][marker:], text[1][marker:])
            own = tuple(lines[start:end])
            self._blocks.append(PdfBlock(kind=BlockKind.LIST_ITEM, text=item, level=depth, lines=own))
        return end

    def _begins_table(self, lines: Sequence[Line], at: int) -> bool:
        """Return whether a table begins at this line, close below a text such as its caption."""
        if len(lines[at].segments) < 2:
            return False
        found = find_table(lines, at, self._style.is_heading)
        return found is not None and isinstance(found[0], Table)

    def _marker(self, line: Line) -> int | None:
        """Return how many characters of a list item's marker to leave out, or None if there is no marker."""
        bullet = _BULLET.match(line.text)
        if bullet:
            return bullet.end()
        return 0 if _NUMBER.match(line.text) else None

    def _depth(self, line: Line) -> int:
        tolerance = line.size / 2
        while self._indents and line.x0 < self._indents[-1] - tolerance:
            self._indents.pop()
        if not self._indents or line.x0 > self._indents[-1] + tolerance:
            self._indents.append(line.x0)
        return len(self._indents) - 1

    def _goes_on(self, block: Sequence[Line], line: Line) -> bool:
        """Return whether a line continues the paragraph or list item of these lines."""
        last = block[-1]
        if (
            self._is_other(line)
            or LEADER.search(last.text)
            or abs(line.size - last.size) > _SAME_SIZE * last.size
        ):
            return False
        if line.y0 < last.y0:  # the top of the next column
            return not SENTENCE_END.search(last.text) and line.text[0].islower()
        step = (line.middle - last.middle) / max(last.size, 1.0)
        if _overlap(last, line) <= 0 or step > _MAX_PITCH:
            return False
        if step > self._style.pitch + _PITCH_TOLERANCE and not _breaks_off(last, line):
            return False
        return not self._begins_anew(block, line)

    def _is_other(self, line: Line) -> bool:
        return (
            self._marker(line) is not None
            or self._style.is_heading(line)
            or self._style.is_code(line)
            or len(line.segments) > 2
        )

    def _begins_anew(self, block: Sequence[Line], line: Line) -> bool:
        """Return whether a line begins a paragraph: by its indent, or by the short last line above it."""
        last = block[-1]
        if len(block) > 1 and line.x0 > min(part.x0 for part in block[1:]) + _INDENT * line.size:
            return True
        left, right = min(part.x0 for part in block), max(line.x1, *(part.x1 for part in block))
        is_short = last.x1 < right - _SHORT_LINE * (right - left)
        return is_short and bool(SENTENCE_END.search(last.text)) and not line.text[0].islower()

    def _code(self, lines: Sequence[Line], start: int) -> int:
        end = start + 1
        while end < len(lines) and self._style.is_code(lines[end]) and lines[end].y0 >= lines[end - 1].y0:
            end += 1
        self._add(PdfBlock(kind=BlockKind.CODE, text=_code_text(lines[start:end])))
        return end

    def _add(self, block: PdfBlock) -> None:
        self._indents.clear()
        self._blocks.append(block)


def _breaks_off(last: Line, line: Line) -> bool:
    """Return whether a line is full and stops in the middle of a sentence."""
    is_full = len(last.text) >= _FULL_LINE_CHARS and last.x1 > line.x1 - _SHORT_LINE * (line.x1 - line.x0)
    return is_full and not SENTENCE_END.search(last.text)


def _overlap(one: Line, other: Line) -> float:
    return min(one.x1, other.x1) - max(one.x0, other.x0)


def _rows(table: Table) -> list[PdfBlock]:
    """Return a table's rows as blocks; each row below the header has the header."""
    texts = [["" if cell is None else cell[0] for cell in row] for row in table.rows]
    header, body = split_header(texts)
    line = row_line(header)
    count = len(texts) - len(body)
    return [
        PdfBlock(
            kind=BlockKind.ROW,
            text=_row_text(row),
            header="" if number < count else line,
            columns=table.columns,
        )
        for number, row in enumerate(table.rows)
    ]


def _row_text(row: Sequence[Text | None]) -> Text:
    """Return a row's cells as `row_line` writes them, with their glyphs."""
    empty: Text = ("", np.zeros(0, np.int32))
    cells = [empty if cell is None else cell for cell in row]
    while cells and not cells[-1][0]:
        cells.pop()
    text, glyphs = joined(cells, CELL_SEPARATOR)
    skipped = len(text) - len(text.lstrip())
    return text[skipped:], glyphs[skipped:]


def _code_text(lines: Sequence[Line]) -> Text:
    """Return lines of code with their line breaks, indents and gaps."""
    left = min(line.x0 for line in lines)
    widths = [(line.x1 - line.x0) / max(len(line.text), 1) for line in lines if len(line.segments) == 1]
    width = max(sorted(widths)[len(widths) // 2] if widths else lines[0].size / 2, 1.0)
    return joined([_code_line(line, left, width) for line in lines], "\n")


def _code_line(line: Line, left: float, width: float) -> Text:
    texts: list[str] = []
    glyphs = []
    reached = left
    for segment in line.segments:
        gap = max(round((segment.x0 - reached) / width), 0 if segment is line.segments[0] else 1)
        texts += [" " * gap, segment.text]
        glyphs += [np.full(gap, NO_GLYPH, np.int32), segment.glyphs]
        reached = segment.x1
    return "".join(texts), np.concatenate(glyphs)
