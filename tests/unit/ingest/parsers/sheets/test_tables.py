import io
from collections.abc import Callable
from datetime import date, datetime, time

import openpyxl
import pytest
from openpyxl.comments import Comment
from unit.ingest.parsers.parser_samples import CSV, check, said, workbook

from core.errors import EmptyDocumentError
from core.values.documents import BlockKind, ParsedDocument
from ingest.parsers.plain.delimited import DelimitedParser
from ingest.parsers.sheets.xlsx import XlsxParser, cell_text
from ingest.parsers.tables import is_value, split_header


@pytest.mark.parametrize(
    ("rows", "header"),
    [
        ([["Bolt", "Torque"], ["M8", "25"]], ["Bolt", "Torque"]),
        ([["M8", "25"], ["M10", "49"]], []),
        ([["Region", "2023", "2024"], ["North", "5", "6"]], ["Region", "2023", "2024"]),
        (
            [["Bolt", "Torque", ""], ["", "dry", "oiled"], ["M8", "25", "20"]],
            ["Bolt", "Torque dry", "Torque oiled"],
        ),
        ([["1", "2", "3"], ["a", "b", "c"]], ["1", "2", "3"]),
        ([["Document", "SP-04"], ["Revision", "7"]], []),
        ([["Alone", "row"]], []),
        ([["A", ""], ["b", "c"]], []),
        ([], []),
    ],
)
def test_split_header(rows: list[list[str]], header: list[str]) -> None:
    assert split_header(rows)[0] == header


def test_values() -> None:
    assert all(map(is_value, ["25", "-3.5 %", "$1,200", "25 Nm", "01/02/2024", "≤ 5", "(3)"]))
    assert not any(map(is_value, ["Torque", "E-42", "2024", "M8x1.25", ""]))


def delimited(content: bytes, name: str = "a.csv") -> ParsedDocument:
    document = DelimitedParser().parse(content, name)
    check(document)
    return document


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
def test_delimiters_are_found(delimiter: str) -> None:
    content = f"Code{delimiter}Meaning{delimiter}Since\nE-1{delimiter}Stop, then go{delimiter}2020-01-02\n"
    if delimiter == ",":
        content = content.replace("Stop, then go", '"Stop, then go"')
    document = delimited(content.encode())
    assert [text for _, text in said(document)] == [
        "Code | Meaning | Since",
        "E-1 | Stop, then go | 2020-01-02",
    ]
    assert document.blocks[1].header == "Code | Meaning | Since"


def test_every_record_is_a_row() -> None:
    document = delimited(CSV.encode())
    assert said(document)[2] == (BlockKind.ROW, "E-2 | Go, slowly")


def sheet(*rows: tuple[object, ...]) -> ParsedDocument:
    document = XlsxParser().parse(workbook(*rows), "list.xlsx")
    check(document)
    return document


def test_a_sheet_is_a_heading_and_a_page() -> None:
    document = sheet()
    assert document.title == "list"
    assert said(document) == [
        (BlockKind.HEADING, "Torque"),
        (BlockKind.ROW, "Bolt | Torque (Nm)"),
        (BlockKind.ROW, "M8 | 25"),
        (BlockKind.ROW, "M10 | 49.5"),
    ]
    assert [block.header for block in document.blocks[2:]] == ["Bolt | Torque (Nm)"] * 2
    assert [(page.number, page.start, page.end) for page in document.pages] == [(1, 0, len(document.text))]


def test_lines_above_a_table_and_tables_below_or_beside_each_other() -> None:
    document = sheet(
        ("Torque list",),
        (None, "Bolt", "Nm", None, None, "Code", "Meaning"),
        (None, "M8", 25, None, None, "E-1", "Stop"),
        (),
        ("Note", None, "By"),
        ("ok", None, "Ann"),
    )
    assert [text for _, text in said(document)][1:] == [
        "Torque list",
        "Bolt | Nm",
        "M8 | 25",
        "Code | Meaning",
        "E-1 | Stop",
        "Note | By",
        "ok | Ann",
    ]


def test_cells_are_written_as_people_write_them() -> None:
    values = [
        True,
        3.0,
        0.1 + 0.2,
        1e20,
        datetime(2026, 1, 2),
        datetime(2026, 1, 2, 3, 4),
        date(2026, 1, 2),
        time(3, 4),
    ]
    assert [cell_text(value) for value in values] == [
        *("TRUE", "3", "0.3", "1e+20", "2026-01-02", "2026-01-02 03:04:00", "2026-01-02", "03:04:00")
    ]


@pytest.mark.parametrize(
    ("value", "number_format", "text"),
    [
        (0.125, "0%", "12.5%"),
        (0.125, "0.00%", "12.5%"),
        (1234.5, "$#,##0_);($#,##0)", "$1234.5"),
        (1234.5, "#,##0.00\\ [$€-1]", "1234.5 €"),
        (25, '0 "Nm"', "25 Nm"),
        (25, '[Red]0.0 "bar";-0', "25 bar"),
        (25, '0.0"°C"', "25 °C"),
        (25, "_-* #,##0.00_-", "25"),
        (25, "0.00E+00", "25"),
        (25, "[$USD] #,##0", "USD 25"),
        (4711, "000000", "004711"),
        ("#DIV/0!", "0%", "#DIV/0!"),
        (True, "0%", "TRUE"),
    ],
)
def test_a_number_keeps_the_unit_of_its_format(value: object, number_format: str, text: str) -> None:
    def format_last(book: openpyxl.Workbook) -> None:
        book.worksheets[0]["B2"].number_format = number_format

    assert said(changed(format_last, ("Name", "Value"), ("a", value)))[-1][1] == f"a | {text}"


def test_a_cell_that_spans_rows_is_said_in_each() -> None:
    def merge(book: openpyxl.Workbook) -> None:
        book.worksheets[0].merge_cells("A2:A3")
        book.worksheets[0].merge_cells("B1:C1")

    document = changed(merge, ("Bolt", "Torque", None), ("M8", 25, 20), (None, 27, 22), ("M10", 49, 45))
    assert [text for _, text in said(document)][1:] == [
        "Bolt | Torque",
        "M8 | 25 | 20",
        "M8 | 27 | 22",
        "M10 | 49 | 45",
    ]


def test_a_hidden_sheet_is_read_and_reported() -> None:
    def hide(book: openpyxl.Workbook) -> None:
        spare = book.create_sheet("Spare")
        spare.append(("Bolt", "Nm"))
        spare.sheet_state = "hidden"
        book.worksheets[0]["A1"].comment = Comment("Really?", "Ann")

    document = changed(hide, ("Code", "Meaning"), ("E-1", "Stop"))
    assert document.text.endswith("Bolt | Nm")
    assert document.notices == (
        "The sheet Spare is hidden; it was read.",
        "The workbook has comments on cells; they were not read.",
    )


def changed(change: Callable[[openpyxl.Workbook], None], *rows: tuple[object, ...]) -> ParsedDocument:
    """Return what is read of a workbook of these rows after a change."""
    book = openpyxl.load_workbook(io.BytesIO(workbook(*rows)))
    change(book)
    out = io.BytesIO()
    book.save(out)
    document = XlsxParser().parse(out.getvalue(), "list.xlsx")
    check(document)
    return document


def test_a_workbook_without_values_is_empty() -> None:
    with pytest.raises(EmptyDocumentError, match="no values"):
        sheet((None,))
