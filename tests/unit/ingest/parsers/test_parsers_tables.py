from datetime import date, datetime, time

import pytest
from parser_samples import CSV, check, said, workbook

from core.errors import EmptyDocumentError
from core.values import BlockKind, ParsedDocument
from ingest.parsers.delimited import DelimitedParser
from ingest.parsers.tables import is_value, split_header
from ingest.parsers.xlsx import XlsxParser, cell_text


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


def test_a_workbook_without_values_is_empty() -> None:
    with pytest.raises(EmptyDocumentError, match="no values"):
        sheet((None,))
