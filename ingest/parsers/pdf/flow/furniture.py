"""Running headers, footers and page numbers.

What pages repeat is kept once, on its first page. What differs is kept on every page, except numbers that
count the pages. `page_numbers.py` finds those.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from ingest.parsers.pdf.flow.page_numbers import PageNumbers, without_digits
from ingest.parsers.pdf.hidden import page_list
from ingest.parsers.pdf.lines import Line
from ingest.parsers.pdf.style import Style

# Such lines stand in these shares of a page, from its top and from its bottom.
_MARGIN_SHARE = 0.14
# A line may move a little from page to page.
_HEIGHT_STEP_POINTS = 8.0
_MIN_PAGES = 2
# Left and right pages may differ, so a line may stand on less than half of all pages.
_MIN_SHARE = 0.4
# A line of more cells is a row of a table.
_MAX_SEGMENTS = 3
_SAME_ROW = 0.5  # of a line's height
# A line that differs from page to page is part of the body unless this share of its height parts them.
_GAP = 0.6
_SHOWN_LINES, _SHOWN_CHARS = 3, 80

_Key = tuple[str, int]


@dataclass(frozen=True, slots=True)
class Sheet:
    """The lines of a page in reading order."""

    number: int
    """Of the page, 1-based."""
    height: float
    """Of the page in points."""
    lines: Sequence[Line]


@dataclass(frozen=True, slots=True)
class Body:
    """A sheet's lines without its furniture; the lines at its edges stand apart from the text."""

    top: list[Line] = field(default_factory=list)
    """Headers that are kept: repeated ones on their first page, others on each."""
    lines: list[Line] = field(default_factory=list)
    bottom: list[Line] = field(default_factory=list)
    """Footers that are kept."""


def without_furniture(sheets: Sequence[Sheet], style: Style) -> tuple[list[Body], list[str]]:
    """Return the sheets' lines without repetitions and page numbers, and notices about what was left out."""
    furniture = _Furniture(sheets, style)
    bodies = [furniture.body(sheet) for sheet in sheets]
    if any(body.top or body.lines or body.bottom for body in bodies):
        return bodies, list(furniture.notices())
    return [Body(lines=list(sheet.lines)) for sheet in sheets], []


class _Furniture:
    """Knows what the sheets repeat and where they count themselves."""

    def __init__(self, sheets: Sequence[Sheet], style: Style) -> None:
        self._style = style
        marginal = [(sheet.number, line) for sheet in sheets for line in self._candidates(sheet)]
        self._numbers = PageNumbers(marginal)
        enough = max(_MIN_PAGES, _MIN_SHARE * len({sheet.number for sheet in sheets if sheet.lines}))
        self._same = _repeated(((n, self._numbers.masked(n, line), line) for n, line in marginal), enough)
        self._alike = _repeated(((n, without_digits(line.text), line) for n, line in marginal), enough)
        edges = {id(line) for sheet in sheets for line, _ in self._walk(sheet)}
        # A running header that repeats a heading says nothing that the heading does not say.
        self._said = {_words(line.text) for s in sheets for line in s.lines if id(line) not in edges}
        self._dropped: dict[str, str] = {}
        self._numbered: dict[int, None] = {}

    def body(self, sheet: Sheet) -> Body:
        """Return a sheet's lines; sheets are asked for in their order."""
        kept: dict[int, bool] = {}
        for line, is_same in self._walk(sheet):
            kept[id(line)] = self._is_kept(sheet.number, line, is_same)
        body = Body()
        for line in sheet.lines:
            if id(line) not in kept:
                body.lines.append(line)
            elif kept[id(line)]:
                (body.top if line.middle < sheet.height / 2 else body.bottom).append(line)
        return body

    def notices(self) -> Iterator[str]:
        """Yield what was left out of the bodies."""
        if self._dropped:
            shown = list(self._dropped.values())
            quoted = ", ".join(f"“{text[:_SHOWN_CHARS]}”" for text in shown[:_SHOWN_LINES])
            more = f" and {len(shown) - _SHOWN_LINES} more" if len(shown) > _SHOWN_LINES else ""
            yield f"Lines that pages repeat were kept once: {quoted}{more}."
        if self._numbered:
            yield f"Page numbers were left out on {page_list(list(self._numbered))}."

    def _is_kept(self, number: int, line: Line, is_same: bool) -> bool:
        if self._numbers.is_number(number, line):
            self._numbered[number] = None
            return False
        if not is_same:
            return True
        words = _words(self._numbers.masked(number, line))
        if words in self._said or _words(line.text) in self._said:
            self._dropped.setdefault(words, line.text)
            return False
        self._said.add(words)
        return True

    def _candidates(self, sheet: Sheet) -> list[Line]:
        return [line for edge in _edges(sheet) for line in edge if self._can_repeat(line)]

    def _can_repeat(self, line: Line) -> bool:
        return not self._style.is_large(line) and len(line.segments) <= _MAX_SEGMENTS

    def _walk(self, sheet: Sheet) -> Iterator[tuple[Line, bool]]:
        """Yield a sheet's headers and footers, and whether pages repeat them as they are.

        From each edge inwards, the walk ends with the first row that differs from page to page: what
        stands behind a page's own name belongs to it, also if the next page says the same.
        """
        for edge in _edges(sheet):
            for row, gap in _rows(edge, sheet.lines):
                found = [(line, kind) for line in row if (kind := self._kind(sheet.number, line, gap))]
                yield from ((line, kind == "same") for line, kind in found)
                if len(found) < len(row) or any(kind == "alike" for _, kind in found):
                    break

    def _kind(self, number: int, line: Line, gap: float) -> str:
        """Return how a line recurs: `number`, `same`, `alike`, or empty if it does not."""
        if not self._can_repeat(line):
            return ""
        if self._numbers.is_number(number, line):
            return "number"
        if self._same.get(_words(self._numbers.masked(number, line)), frozenset()) & _steps(line):
            return "same"
        is_alike = self._alike.get(without_digits(line.text), frozenset()) & _steps(line)
        return "alike" if is_alike and gap > _GAP * line.size else ""


def _words(text: str) -> str:
    return " ".join(text.casefold().split())


def _steps(line: Line) -> frozenset[int]:
    """Return the heights at which a line counts as repeated: its own, and the nearer one beside it."""
    step = int(line.middle / _HEIGHT_STEP_POINTS)
    is_low = line.middle % _HEIGHT_STEP_POINTS > _HEIGHT_STEP_POINTS / 2
    return frozenset((step, step + (1 if is_low else -1)))


def _repeated(lines: Iterator[tuple[int, str, Line]], enough: float) -> Mapping[str, frozenset[int]]:
    """Return the texts that so many pages have at the same height, with those heights."""
    pages: dict[_Key, set[int]] = {}
    for number, text, line in lines:
        for step in _steps(line):
            pages.setdefault((_words(text), step), set()).add(number)
    found: dict[str, frozenset[int]] = {}
    for (text, step), numbers in pages.items():
        if len(numbers) >= enough:
            found[text] = found.get(text, frozenset()) | {step}
    return found


def _edges(sheet: Sheet) -> tuple[list[Line], list[Line]]:
    """Return the lines in the upper and in the lower margin, the outermost first."""
    top = [line for line in sheet.lines if line.y1 < _MARGIN_SHARE * sheet.height]
    bottom = [line for line in sheet.lines if line.y0 > (1 - _MARGIN_SHARE) * sheet.height]
    return sorted(top, key=lambda line: line.middle), sorted(bottom, key=lambda line: -line.middle)


def _rows(edge: Sequence[Line], lines: Sequence[Line]) -> Iterator[tuple[list[Line], float]]:
    """Yield the lines side by side, and how far the next line inwards is from them."""
    rows: list[list[Line]] = []
    for line in edge:
        if rows and abs(line.middle - rows[-1][0].middle) < _SAME_ROW * line.size:
            rows[-1].append(line)
        else:
            rows.append([line])
    for row in rows:
        top, bottom = min(line.y0 for line in row), max(line.y1 for line in row)
        own = {id(line) for line in row}
        others = (line for line in lines if id(line) not in own)
        yield row, min((max(line.y0 - bottom, top - line.y1) for line in others), default=bottom)
