"""Excel workbooks by openpyxl: values with their units, not formulas; each sheet is a heading and a page."""

import io
import warnings
import zipfile
from collections.abc import Iterable, Iterator
from datetime import date, datetime, time, timedelta
from itertools import chain
from typing import Any

from openpyxl import load_workbook

from core.errors import EmptyDocumentError
from core.values.documents import ParsedDocument
from core.values.metadata import metadata_of_properties
from ingest.parsers.base import DocumentBuilder, clean, said_title
from ingest.parsers.sheets.cell_formats import affixes, with_affixes
from ingest.parsers.sheets.merged_cells import merged_downwards
from ingest.parsers.tables import split_header

# Excel's own precision; further digits are noise of binary fractions.
_DIGITS = ".15g"
_COMMENTS = ("xl/comments", "xl/threadedComments")
# Sheets are rarely wider, and a stray cell in the last column must not cost memory in every row.
_MAX_COLUMNS = 1_000
# More than one blank column stands between tables side by side; one is layout.
_COLUMNS_BETWEEN_TABLES = 2


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
        workbook = load_workbook(io.BytesIO(content), read_only=True, data_only=True, keep_links=False)
        said = workbook.properties
        metadata = metadata_of_properties(said.modified, said.keywords)
        builder = DocumentBuilder(media_type=self.media_type, title=said_title(said.title), metadata=metadata)
        has_title = bool(builder.title)
        is_empty = True
        for number, sheet in enumerate(workbook.worksheets, start=1):
            start = builder.position
            for position, region in enumerate(_regions(_rows(sheet))):
                is_empty = False
                if position == 0:
                    builder.heading(1, sheet.title)
                _write_region(builder, region)
            if sheet.sheet_state != "visible" and builder.position > start:
                builder.notice(f"The sheet {sheet.title} is hidden; it was read.")
            builder.page(number, start)
        if is_empty:
            raise EmptyDocumentError(
                "The workbook has no values; results of formulas are stored "
                "only if Excel or a similar program saved it."
            )
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            has_comments = any(part.startswith(_COMMENTS) for part in archive.namelist())
        if has_comments:
            builder.notice("The workbook has comments on cells; they were not read.")
        if not has_title:
            builder.title = ""  # the file's name says more than a sheet's
        return builder.build(name)


def _rows(sheet: Any) -> Iterator[list[str]]:
    """Yield the texts of each row; a cell is repeated over the rows that it spans, not over the columns."""
    sheet.reset_dimensions()  # the size that a sheet claims is often wrong
    with sheet._get_source() as source:
        spans = merged_downwards(source)
    reaching: dict[int, tuple[int, str]] = {}  # column → the last row, and the text that fills it
    for row, values in enumerate(sheet.iter_rows(), start=1):
        cells = [_cell_text(cell) for cell in values[:_MAX_COLUMNS]]
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


def _cell_text(cell: Any) -> str:
    value = cell.value
    if isinstance(value, float | int) and not isinstance(value, bool):
        number_format = str(cell.number_format)
        if number_format != "General":
            if affixes(number_format)[2]:
                value = value * 100
            return with_affixes(cell_text(value), number_format)
    return cell_text(value)


def _regions(rows: Iterable[list[str]]) -> Iterator[list[list[str]]]:
    """Yield the tables of a sheet, which blank rows and wide blank columns separate."""
    region: list[list[str]] = []
    for row in chain(rows, ([],)):
        if row:
            region.append(row)
        elif region:
            yield from _side_by_side(region)
            region = []


def _side_by_side(region: list[list[str]]) -> Iterator[list[list[str]]]:
    """Yield the lines above, such as a table's name, and the tables beside each other.

    Blank columns are left out.
    """
    while region and _is_line(region[0]):
        yield [[cell for cell in region.pop(0) if cell]]
    if not region:
        return
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


def _write_region(builder: DocumentBuilder, region: list[list[str]]) -> None:
    if len(region[0]) == 1:
        for row in region:
            builder.paragraph(row[0])
    else:
        builder.table(*split_header(region))


def _is_line(row: list[str]) -> bool:
    return sum(bool(cell) for cell in row) == 1


def cell_text(value: Any) -> str:
    """Return a cell's value as text: ISO dates, whole numbers without `.0`."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "TRUE" if value else "FALSE"
    if isinstance(value, float):
        return str(int(value)) if value.is_integer() and abs(value) < 1e15 else format(value, _DIGITS)
    if isinstance(value, datetime):
        return value.date().isoformat() if value.time() == time() else value.isoformat(" ", "seconds")
    if isinstance(value, date | time | timedelta):
        return value.isoformat() if isinstance(value, date) else str(value)
    return clean(str(value))
