"""A workbook from data: each sheet a title, notes, then one table with a frozen header row."""

from datetime import datetime
from pathlib import Path
from typing import Any

from openpyxl import Workbook
from openpyxl.styles import Alignment, Border, Font, PatternFill, Side
from openpyxl.utils import get_column_letter
from openpyxl.worksheet.worksheet import Worksheet

from renderers import archive

INK = "1F3A52"
THIN = Side(style="thin", color="9FB2C1")
WIDEST = 46


def render(data: dict[str, Any], target: Path) -> None:
    """Write the workbook to ``target``."""
    book = Workbook()
    book.remove(book.active)
    for sheet in data["sheets"]:
        _fill(book.create_sheet(sheet["name"]), sheet)
    properties = book.properties
    properties.title, properties.subject = f"{data['number']} {data['title']}", data["subtitle"]
    properties.creator = properties.lastModifiedBy = "Harbrook Bottling Works"
    properties.created = properties.modified = datetime.combine(data["date"], datetime.min.time())
    book.save(target)
    archive.settle(target, data["date"])


def _fill(sheet: Worksheet, data: dict[str, Any]) -> None:
    sheet.append([data["title"]])
    sheet["A1"].font = Font(bold=True, size=14, color=INK)
    for note in data["notes"]:
        sheet.append([note])
    first = len(data["notes"]) + 3  # below the title, the notes and an empty row
    for head, row in enumerate((data["header"], *data["rows"]), first):
        for column, value in enumerate(row, 1):
            cell = sheet.cell(head, column, value)
            cell.number_format = "0.0" if isinstance(value, float) else "General"
            cell.border = Border(THIN, THIN, THIN, THIN)
            cell.alignment = Alignment(
                wrap_text=True, vertical="top", horizontal=None if isinstance(value, str) else "right"
            )
    for cell in sheet[first]:
        cell.font = Font(bold=True, color="FFFFFF")
        cell.fill = PatternFill("solid", fgColor=INK)
    sheet.freeze_panes = sheet.cell(first + 1, 2)
    sheet.print_title_rows = f"{first}:{first}"
    sheet.page_setup.orientation, sheet.page_setup.paperSize = "landscape", sheet.PAPERSIZE_A4
    for column, values in enumerate(zip(data["header"], *data["rows"], strict=True), 1):
        widest = max(len(str(value)) for value in values)
        sheet.column_dimensions[get_column_letter(column)].width = min(widest, WIDEST) + 2
