import io
import re
import zipfile
from collections.abc import Callable
from datetime import date, datetime, time, timedelta

import openpyxl
import pytest
from fakes.containers import packed
from openpyxl.cell.rich_text import CellRichText, TextBlock
from openpyxl.cell.text import InlineFont
from openpyxl.comments import Comment
from openpyxl.styles import Font
from unit.ingest.parsers.parser_samples import CSV, check, said, workbook

from core.errors import EmptyDocumentError
from core.values.documents import BlockKind, ParsedDocument
from ingest.parsers.plain.delimited import DelimitedParser
from ingest.parsers.sheets.cells import cell_text
from ingest.parsers.sheets.sheet_markup import read_markup
from ingest.parsers.sheets.xlsx import XlsxParser
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
    document = XlsxParser().parse(saved(change, *rows), "list.xlsx")
    check(document)
    return document


def saved(change: Callable[[openpyxl.Workbook], None], *rows: tuple[object, ...]) -> bytes:
    """Return a workbook of these rows after a change."""
    book = openpyxl.load_workbook(io.BytesIO(workbook(*rows)))
    change(book)
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def test_a_workbook_without_values_is_empty() -> None:
    with pytest.raises(EmptyDocumentError, match="no values"):
        sheet((None,))


@pytest.mark.parametrize(
    ("value", "number_format", "text"),
    [
        (timedelta(hours=42), "[h]:mm", "42:00"),
        (timedelta(days=5, hours=1, minutes=7, seconds=9), "[h]:mm:ss", "121:07:09"),
        (timedelta(hours=2, minutes=5), "[mm]:ss", "125:00"),
        (timedelta(hours=30), '[hh]" hours"', "30 hours"),
        (timedelta(minutes=-90), "[h]:mm", "-1:30"),
        (1.75, "h:mm", "18:00:00"),
        (0.5, "hh:mm", "12:00:00"),
        (46023.0, "dd.mm.yyyy", "2026-01-01"),
    ],
)
def test_times_are_written_as_their_format_shows_them(value: object, number_format: str, text: str) -> None:
    def format_last(book: openpyxl.Workbook) -> None:
        book.worksheets[0]["B2"].number_format = number_format

    assert said(changed(format_last, ("Name", "Value"), ("a", value)))[-1][1] == f"a | {text}"


def test_a_formula_without_a_value_is_reported_and_keeps_its_place() -> None:
    document = sheet(
        ("Part", "Weight", "Number", "Sum"),
        ("Flange", 4, 6, "=B2*C2"),
        ("Gasket", "=B2/8", 12, "=B3*C3"),
        ("Bolt", 1, 24, None),
    )
    assert [text for _, text in said(document)][2:] == [
        "Flange | 4 | 6 | [not computed: =B2*C2]",
        "Gasket | [not computed: =B2/8] | 12 | [not computed: =B3*C3]",
        "Bolt | 1 | 24",
    ]
    assert {block.header for block in document.blocks[2:]} == {"Part | Weight | Number | Sum"}
    assert document.notices == (
        "3 formulas of the sheet Torque hold no stored value (D2, B3, D3), so that the result is not known; "
        "open the workbook in Excel or LibreOffice and save it.",
    )


@pytest.mark.parametrize(
    ("cell", "formula"),
    [
        (b'<c r="B7"><f>SUM(B1:B6)</f></c>', "SUM(B1:B6)"),
        (b'<c r="B7" s="3"><f t="shared" si="0"/><v/></c>', ""),
        (b'<x:c r="B7"><x:f>A1&amp;A2</x:f><x:v></x:v></x:c>', "A1&A2"),
        (b'<c r="B7"><f>1+1</f><v>2</v></c>', None),
        (b'<c r="B7" t="str"><f>IF(A1,"","x")</f><v></v></c>', None),
        (b'<c r="B7"/>', None),
    ],
)
def test_which_formulas_have_no_stored_value(cell: bytes, formula: str | None) -> None:
    found = read_markup(io.BytesIO(b"<sheetData>" + cell + b"</sheetData>")).uncomputed
    assert found == ({} if formula is None else {(7, 2): formula})


def test_a_formula_across_the_border_of_two_blocks_is_found_once() -> None:
    cell = b'<c r="C9"><f>A9*2</f></c>'
    for before in range(2**20 - len(cell), 2**20 + 1):
        found = read_markup(io.BytesIO(b" " * before + cell + b" " * 50_000)).uncomputed
        assert found == {(9, 3): "A9*2"}, before


def test_rows_carry_the_titles_of_their_sheet_and_their_table() -> None:
    document = sheet(
        ("DATA SHEET TR-80",),
        ("Valid for all sites.",),
        (),
        ("Property", "Value"),
        ("Oil", "900 kg"),
        (),
        ("Losses at 75 °C",),
        ("Load", "Loss"),
        ("100 %", "7 kW"),
        (),
        ("Checked by Ann.",),
    )
    assert [(kind, text) for kind, text in said(document) if kind is not BlockKind.ROW] == [
        (BlockKind.HEADING, "Torque"),
        (BlockKind.HEADING, "DATA SHEET TR-80"),
        (BlockKind.PARAGRAPH, "Valid for all sites."),
        (BlockKind.HEADING, "Losses at 75 °C"),
        (BlockKind.PARAGRAPH, "Checked by Ann."),
    ]
    assert [block.level for block in document.blocks if block.kind is BlockKind.HEADING] == [1, 2, 3]


def test_a_list_of_one_column_has_no_title() -> None:
    document = sheet(("Apples",), ("Pears",), (), ("Plums",))
    assert [kind for kind, _ in said(document)] == [BlockKind.HEADING, *[BlockKind.PARAGRAPH] * 3]


def test_struck_cells_and_struck_parts_of_cells_are_left_out() -> None:
    def strike(book: openpyxl.Workbook) -> None:
        page = book.worksheets[0]
        page["B2"].font = Font(strike=True)
        page["B3"] = CellRichText(TextBlock(InlineFont(strike=True), "16 bar"), " 12 bar")

    content = shared(saved(strike, ("Pump", "Limit", "Unit"), ("P-1", 70, "bar"), ("P-2", "", "")), "B3")
    document = XlsxParser().parse(content, "list.xlsx")
    assert [text for _, text in said(document)][2:] == ["P-1 |  | bar", "P-2 | 12 bar"]
    assert document.notices == (
        "2 struck-through passages (7 characters) were not read; they stand under “Torque”.",
    )


def shared(content: bytes, cell: str) -> bytes:
    """Return a workbook with a cell's text among the shared strings, as Excel writes it."""
    office = "application/vnd.openxmlformats-officedocument.spreadsheetml"
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        files = {name: archive.read(name).decode() for name in archive.namelist()}
    match = re.search(rf'<c r="{cell}"[^>]*><is>(.*?)</is></c>', files["xl/worksheets/sheet1.xml"])
    assert match
    main = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
    part = f'<Override PartName="/xl/sharedStrings.xml" ContentType="{office}.sharedStrings+xml"/></Types>'
    files |= {
        "xl/worksheets/sheet1.xml": files["xl/worksheets/sheet1.xml"].replace(
            match.group(), f'<c r="{cell}" t="s"><v>0</v></c>'
        ),
        "xl/sharedStrings.xml": f'<sst xmlns="{main}"><si>{match[1]}</si></sst>',
        "[Content_Types].xml": files["[Content_Types].xml"].replace("</Types>", part),
    }
    return packed(files)
