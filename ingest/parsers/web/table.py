"""HTML tables as grids with unfolded spans and a header."""

from collections.abc import Callable
from dataclasses import dataclass

from lxml.html import HtmlElement

from ingest.parsers.base import clean
from ingest.parsers.tables import joined_header, split_header

# The most rows or columns that a cell may span; a larger span is a mistake or an attack.
_MAX_SPAN = 200
_MAX_CELLS = 500_000
# A table that holds these is page layout, not data, unless its cells are short.
_LAYOUT_CONTENT = ".//table | .//h1 | .//h2 | .//h3 | .//h4"
_PAGE_CONTENT = ".//form | .//main | .//article"
# A data cell is short; a part of a page is not.
_MAX_CELL_CHARS = 300
_LEAST_ROWS = 2


@dataclass(frozen=True, slots=True)
class HtmlTable:
    """The texts of a table."""

    caption: str
    header: list[str]
    """Empty if the table has none."""
    rows: list[list[str]]
    """Each as wide as the table or shorter."""

    @property
    def width(self) -> int:
        """The number of columns."""
        return max((len(row) for row in [self.header, *self.rows]), default=0)


def is_layout(table: HtmlElement) -> bool:
    """Return whether a table only arranges a page's parts."""
    if table.get("role") in ("presentation", "none") or table.xpath(_PAGE_CONTENT):
        return True
    if not table.xpath(_LAYOUT_CONTENT):
        return False
    rows = [row for row in table.iter("tr") if _owner(row) is table]
    cells = [[cell for cell in row if cell.tag in ("td", "th")] for row in rows]
    if len(rows) < _LEAST_ROWS or any(len(row) != len(cells[0]) or len(row) < _LEAST_ROWS for row in cells):
        return True
    return any(len(clean(cell.text_content())) > _MAX_CELL_CHARS for row in cells for cell in row)


def read_table(table: HtmlElement, text_of: Callable[[HtmlElement], str]) -> HtmlTable:
    """Return the table; its header comes from `thead` or leading rows of `th`, or is guessed."""
    rows = [row for row in table.iter("tr") if _owner(row) is table]
    grid = _unfold(rows, text_of)
    count = _header_rows(rows)
    caption = table.find("caption")
    if count:
        header, body = joined_header(grid[:count]), grid[count:]
    elif _names_rows(rows):
        header, body = [], grid
    else:
        header, body = split_header(grid)
    return HtmlTable("" if caption is None else text_of(caption), header, [row for row in body if row])


def _owner(row: HtmlElement) -> HtmlElement | None:
    return next(row.iterancestors("table"), None)


def _header_rows(rows: list[HtmlElement]) -> int:
    """Return how many leading rows are the header by their markup."""
    count = 0
    for row in rows:
        parent = row.getparent()
        in_head = parent is not None and parent.tag == "thead"
        cells = [cell for cell in row if cell.tag in ("td", "th")]
        names = [cell for cell in cells if cell.tag == "th"]
        # A later row of `th` that span rows names rows, not columns.
        reaches_down = count > 0 and any(_span(cell, "rowspan") > 1 for cell in names)
        if not in_head and (len(names) < len(cells) or not cells or reaches_down):
            break
        count += 1
    # A table of `th` alone would have no row left below the header.
    return count if count < len(rows) else min(count, 1)


def _names_rows(rows: list[HtmlElement]) -> bool:
    """Return whether the markup marks names of rows and none of columns."""
    cells = [[cell.tag for cell in row if cell.tag in ("td", "th")] for row in rows]
    return bool(cells) and all(row[:1] == ["th"] and "td" in row for row in cells)


def _unfold(rows: list[HtmlElement], text_of: Callable[[HtmlElement], str]) -> list[list[str]]:
    """Return the cells' texts; a cell is repeated over the rows that it spans, not over the columns."""
    grid: list[list[str]] = []
    below: dict[int, tuple[int, str]] = {}  # column → rows still to fill, text
    total = 0
    for row in rows:
        line: list[str] = []
        for cell in row:
            if cell.tag not in ("td", "th"):
                continue
            below = _fill(line, below)
            text = text_of(cell)
            tall, wide = _span(cell, "rowspan"), _span(cell, "colspan")
            for offset in range(wide):
                if tall > 1:
                    below[len(line)] = (tall, text if offset == 0 else "")
                line.append(text if offset == 0 else "")
        total += len(line)
        if total > _MAX_CELLS:
            break
        _fill(line, below)
        below = {column: (left - 1, text) for column, (left, text) in below.items() if left > 1}
        grid.append(line)
    return grid


def _fill(line: list[str], below: dict[int, tuple[int, str]]) -> dict[int, tuple[int, str]]:
    """Append the cells from above that span into the next columns of the line."""
    while len(line) in below:
        line.append(below[len(line)][1])
    return below


def _span(cell: HtmlElement, name: str) -> int:
    text = (cell.get(name) or "").strip()
    return min(max(int(text), 1), _MAX_SPAN) if text.isascii() and text.isdigit() else 1
