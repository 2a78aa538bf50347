"""Excel workbooks by openpyxl: values with their units, not formulas; each sheet is a heading and a page."""

import io
import warnings
import zipfile
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import chain, takewhile
from typing import Any

from openpyxl import load_workbook
from openpyxl.utils import get_column_letter

from core.errors import EmptyDocumentError
from core.values.documents import ParsedDocument
from core.values.metadata import metadata_of_properties
from ingest.parsers.base import DocumentBuilder, said_title
from ingest.parsers.sheets.cells import CellReader, struck_fonts
from ingest.parsers.sheets.sheet_markup import SheetMarkup, read_markup
from ingest.parsers.tables import is_value, split_header
from ingest.parsers.withdrawn import counted

_COMMENTS = ("xl/comments", "xl/threadedComments")
# Sheets are rarely wider, and a stray cell in the last column must not cost memory in every row.
_MAX_COLUMNS = 1_000
# More than one blank column stands between tables side by side; one is layout.
_COLUMNS_BETWEEN_TABLES = 2
# A longer line is a note, not a title.
_MAX_TITLE_CHARS = 100
# More places of formulas only tire a reader.
_MAX_NAMED_CELLS = 5


_SHEET_TITLE, _TABLE_TITLE = 2, 3


@dataclass(frozen=True, slots=True)
class _Region:
    """Rows of a sheet without a blank row between them."""

    lines: list[str]
    """The lines at its top that have one cell, such as the name of a table."""
    tables: list[list[list[str]]]
    """The tables beside each other below the lines."""


class XlsxParser:
    """Parses .xlsx files and related formats; macros are never run."""

    media_type = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"

    def parse(self, content: bytes, name: str) -> ParsedDocument:
        """Return the document; see `Parser.parse`."""
        with warnings.catch_warnings():
            # openpyxl warns of content that it does not keep, such as colours; none of it is text.
            warnings.simplefilter("ignore")
            return self._parsed(content, name)

    def _parsed(self, content: bytes, name: str) -> ParsedDocument:
        workbook = load_workbook(
            io.BytesIO(content), read_only=True, data_only=True, keep_links=False, rich_text=True
        )
        said = workbook.properties
        metadata = metadata_of_properties(said.modified, said.keywords)
        builder = DocumentBuilder(media_type=self.media_type, title=said_title(said.title), metadata=metadata)
        has_title = bool(builder.title)
        fonts = struck_fonts(workbook)
        is_empty = True
        for number, sheet in enumerate(workbook.worksheets, start=1):
            start = builder.position
            _write_sheet(builder, sheet, fonts)
            if builder.position > start:
                is_empty = False
                if sheet.sheet_state != "visible":
                    builder.notice(f"The sheet {sheet.title} is hidden; it was read.")
            builder.page(number, start)
        if is_empty:
            raise EmptyDocumentError("The workbook has no values, or only values that are struck through.")
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            has_comments = any(part.startswith(_COMMENTS) for part in archive.namelist())
        if has_comments:
            builder.notice("The workbook has comments on cells; they were not read.")
        if not has_title:
            builder.title = ""  # the file's name says more than a sheet's
        return builder.build(name)


def _write_sheet(builder: DocumentBuilder, sheet: Any, fonts: frozenset[int]) -> None:
    sheet.reset_dimensions()  # the size that a sheet claims is often wrong
    with sheet._get_source() as source:
        markup = read_markup(source)
    reader = CellReader(uncomputed=markup.uncomputed, struck_fonts=fonts)
    _write_regions(builder, sheet.title, _regions(_rows(sheet, markup, reader)))
    for text in reader.struck:
        builder.withdrawn(text, under=sheet.title)
    if markup.uncomputed:
        builder.notice(_uncomputed_notice(sheet.title, list(markup.uncomputed)))


def _uncomputed_notice(title: str, places: list[tuple[int, int]]) -> str:
    cells = [f"{get_column_letter(column)}{row}" for row, column in places[:_MAX_NAMED_CELLS]]
    more = len(places) - len(cells)
    where = ", ".join(cells) + (f" and {more} more" if more else "")
    holds = "holds" if len(places) == 1 else "hold"
    return (
        f"{counted(len(places), 'formula')} of the sheet {title} {holds} no stored value ({where}), so that "
        "the result is not known; open the workbook in Excel or LibreOffice and save it."
    )


def _rows(sheet: Any, markup: SheetMarkup, reader: CellReader) -> Iterator[list[str]]:
    """Yield the texts of each row; a cell is repeated over the rows that it spans, not over the columns."""
    spans = markup.merged_downwards
    reaching: dict[int, tuple[int, str]] = {}  # column → the last row, and the text that fills it
    for row, values in enumerate(sheet.iter_rows(), start=1):
        cells = reader.row(row, values[:_MAX_COLUMNS])
        if spans or reaching:
            _fill(cells, row, spans, reaching)
        while cells and not cells[-1]:
            cells.pop()
        yield cells


def _fill(
    cells: list[str], row: int, spans: dict[tuple[int, int], int], reaching: dict[int, tuple[int, str]]
) -> None:
    for column, (last, text) in list(reaching.items()):
        if last < row:
            del reaching[column]
        elif text:
            cells += [""] * (column - len(cells))
            cells[column - 1] = cells[column - 1] or text
    for column, text in enumerate(cells, start=1):
        if (row, column) in spans:
            reaching[column] = (spans[row, column], text)


def _regions(rows: Iterable[list[str]]) -> Iterator[_Region]:
    """Yield the regions of a sheet, which blank rows separate."""
    region: list[list[str]] = []
    for row in chain(rows, ([],)):
        if row:
            region.append(row)
        elif region:
            lines = list(takewhile(_is_line, region))
            below = region[len(lines) :]
            yield _Region(["".join(line) for line in lines], list(_side_by_side(below)) if below else [])
            region = []


def _side_by_side(region: list[list[str]]) -> Iterator[list[list[str]]]:
    """Yield the tables beside each other, which wide blank columns separate; blank columns are left out."""
    width = max(len(row) for row in region)
    used = [any(column < len(row) and row[column] for row in region) for column in range(width)]
    parts: list[list[int]] = [[]]
    for column in range(width):
        blank = used[max(column - _COLUMNS_BETWEEN_TABLES, 0) : column]
        if used[column] and parts[-1] and not any(blank):
            parts.append([])
        if used[column]:
            parts[-1].append(column)
    tables = [_columns(region, part) for part in parts]
    if all(len(part) > 1 for part in parts) and all(len(table) > 1 for table in tables):
        yield from tables
    else:
        yield _columns(region, [column for part in parts for column in part])


def _columns(region: list[list[str]], columns: list[int]) -> list[list[str]]:
    rows = [[row[column] if column < len(row) else "" for column in columns] for row in region]
    return [row for row in rows if any(row)]


def _write_regions(builder: DocumentBuilder, title: str, regions: Iterable[_Region]) -> None:
    """Add a sheet; the line above its first table names the sheet, the line above another one that table."""
    above: list[str] = []
    level = _SHEET_TITLE
    for position, region in enumerate(regions):
        if position == 0:
            builder.heading(1, title)
        above += region.lines
        if region.tables:
            _write_lines(builder, above, level)
            level = _TABLE_TITLE
        elif level == _TABLE_TITLE:
            _write_lines(builder, above)
        else:
            continue  # it may be the lines above the first table
        above = []
        for table in region.tables:
            _write_table(builder, table)
    _write_lines(builder, above)


def _write_lines(builder: DocumentBuilder, lines: list[str], title_level: int = 0) -> None:
    for position, line in enumerate(lines):
        if position == 0 and title_level and _may_be_title(line):
            builder.heading(title_level, line)
        else:
            builder.paragraph(line)


def _write_table(builder: DocumentBuilder, table: list[list[str]]) -> None:
    if len(table[0]) > 1:
        builder.table(*split_header(table))
    else:
        for row in table:
            builder.paragraph(row[0])


def _may_be_title(text: str) -> bool:
    is_sentence = text.endswith((".", "!", "?", ";", "。", "！", "？"))
    return len(text) <= _MAX_TITLE_CHARS and not is_sentence and not is_value(text)


def _is_line(row: list[str]) -> bool:
    return sum(bool(cell) for cell in row) == 1
