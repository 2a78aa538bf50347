import numpy as np
import pytest
from reportlab.lib.pagesizes import A4
from reportlab.pdfgen.canvas import Canvas
from unit.ingest.parsers.parser_samples import block_of, boxes, pdf, said
from unit.ingest.parsers.pdf.drawing import draw, parse, rows_at, texts

from core.errors import EmptyDocumentError, EncryptedError, ParseError
from core.values.documents import BlockKind


def test_structure() -> None:
    document = parse(pdf())
    assert document.title == "Chapter 1"
    assert said(document)[:7] == [
        (BlockKind.HEADING, "Chapter 1"),
        (BlockKind.PARAGRAPH, "The pump must be stopped before any maintenance work begins."),
        (BlockKind.LIST_ITEM, "Close the valve"),
        (BlockKind.LIST_ITEM, "Wait"),
        (BlockKind.ROW, "Code | Meaning | Action"),
        (BlockKind.ROW, "E-1 | Hot | Stop"),
        (BlockKind.ROW, "E-2 | Cold | Go"),
    ]
    assert document.blocks[5].header == "Code | Meaning | Action"
    assert [page.number for page in document.pages] == [1, 2]
    assert document.pages[0].width == pytest.approx(595.3, abs=0.1)


def test_every_character_has_its_own_box() -> None:
    document = parse(pdf())
    page = document.pages[1]
    found = boxes(page.boxes) / 4
    start = document.text.index("Chapter 2") - page.start
    heading = found[start : start + 9]
    assert heading[0, 0] == pytest.approx(72 + 1, abs=2)
    assert heading[0, 1] < 841.9 - 760 < heading[0, 3] + 5
    assert (np.diff(heading[:, 0]) > 0).all()
    join = document.text.index("maintenance", page.start) - page.start
    mainte, nance = found[join + 5], found[join + 6]
    assert mainte[0] > 200
    assert nance[0] == pytest.approx(72, abs=2)
    assert nance[1] > mainte[1]
    between = document.text.index(" | ", page.start) - page.start
    assert not found[between : between + 3].any()
    for block in document.blocks:
        text = document.text[block.start : block.end]
        if page.start <= block.start and " | " not in text:
            solid = [found[block.start - page.start + at] for at, letter in enumerate(text) if letter != " "]
            assert all(box.any() for box in solid)


def test_a_turned_page_has_boxes_as_it_is_shown() -> None:
    def page(canvas: Canvas, _: int) -> None:
        canvas.setPageRotation(90)
        canvas.drawString(100, 500, "Turned")

    document = parse(draw(page))  # reportlab turns the paper too: it is shown upright, the text is not
    assert (document.pages[0].width, document.pages[0].height) == pytest.approx(A4, abs=0.1)
    box = boxes(document.pages[0].boxes)[0] / 4
    assert box[0] == pytest.approx(500, abs=5)
    assert box[1] == pytest.approx(100, abs=5)


def test_columns_are_read_one_after_the_other() -> None:
    left = [f"left column line number {row} goes on and" for row in range(6)]
    right = [f"right column line number {row} goes on and" for row in range(6)]

    def page(canvas: Canvas, _: int) -> None:
        for row in range(6):
            canvas.drawString(60, 700 - 13 * row, left[row])
            canvas.drawString(320, 700 - 13 * row, right[row])

    assert " ".join(texts(draw(page))) == " ".join([*left, *right])


def test_a_page_drawn_from_below_is_sorted() -> None:
    rows = [
        ("Code", "Meaning", "Action"),
        *((f"E-{row}", f"fault {row}", f"step {row}") for row in range(12)),
    ]

    def page(canvas: Canvas, _: int) -> None:
        for row in reversed(range(len(rows))):
            for column, cell in enumerate(rows[row]):
                canvas.drawString(72 + 120 * column, 700 - 15 * row, cell)

    assert texts(draw(page)) == [" | ".join(row) for row in rows]


def test_cells_of_several_lines_are_one_cell() -> None:
    rows = [
        ("Code", "Meaning", "Cause", "Remedy"),
        ("C-1", "Discharge too|hot", "Oil low; room|too warm", "Top up; open|the exhaust|duct"),
        ("C-2", "Stop", "Button", "Pull it"),
    ]

    def page(canvas: Canvas, _: int) -> None:
        for row, cells in enumerate(rows):
            for column, cell in enumerate(cells):
                for below, line in enumerate(cell.split("|")):
                    canvas.drawString(72 + 110 * column, 700 - 40 * row - 12 * below, line)

    assert texts(draw(page)) == [" | ".join(cell.replace("|", " ") for cell in row) for row in rows]


def test_code_keeps_its_lines_and_indents() -> None:
    def page(canvas: Canvas, _: int) -> None:
        canvas.drawString(72, 760, "The program below stops the pump and waits for an answer from it.")
        canvas.setFont("Courier", 10)
        for row, line in enumerate(("def stop():", "    pump.off()", "    return 1")):
            canvas.drawString(72 + 6 * (len(line) - len(line.lstrip())), 700 - 12 * row, line.strip())

    assert said(parse(draw(page)))[1] == (BlockKind.CODE, "def stop():\n    pump.off()\n    return 1")


def test_nested_bullets_have_their_depth() -> None:
    def page(canvas: Canvas, _: int) -> None:
        for row, (indent, line) in enumerate(((0, "• one"), (20, "– deep"), (0, "• two"), (0, "3. three"))):
            canvas.drawString(72 + indent, 700 - 14 * row, line)

    document = parse(draw(page))
    assert texts(draw(page)) == ["one", "deep", "two", "3. three"]
    assert block_of(document, "deep").level == 1
    assert block_of(document, "two").level == 0


def test_what_cannot_be_read_says_why() -> None:
    with pytest.raises(EmptyDocumentError, match="2 pages hold no text"):
        parse(draw(lambda canvas, _: canvas.rect(10, 10, 50, 50), 2))
    with pytest.raises(EncryptedError):
        parse(draw(lambda canvas, _: canvas.drawString(72, 700, "secret"), encrypt="password"))
    with pytest.raises(ParseError, match="damaged"):
        parse(b"%PDF-1.7\nnothing")


def test_lines_of_a_table_of_contents_stay_apart_and_are_no_headings() -> None:
    def page(canvas: Canvas, _: int) -> None:
        canvas.setFont("Helvetica-Bold", 11)
        for row, line in enumerate(("1 Safety ................ 3", "2 Faults ................ 5")):
            canvas.drawString(72, 700 - 14 * row, line)
        canvas.setFont("Helvetica", 11)
        canvas.drawString(72, 600, "Everything else on this page is set in the usual weight of the document.")

    assert said(parse(draw(page)))[:2] == [
        (BlockKind.PARAGRAPH, "1 Safety … 3"),
        (BlockKind.PARAGRAPH, "2 Faults … 5"),
    ]


def test_a_name_set_apart_from_its_values_is_one_column() -> None:
    def page(canvas: Canvas, _: int) -> None:
        rows = (("Part", "Quantity", "Place"), ("Seal", "4", "A1"), ("Ring", "12", "A2"))
        for row, cells in enumerate(rows):
            for left, cell in zip((72, 200 if row else 260, 400), cells, strict=True):
                canvas.drawString(left, 700 - 15 * row, cell)

    assert texts(draw(page)) == ["Part | Quantity | Place", "Seal | 4 | A1", "Ring | 12 | A2"]


def test_a_number_before_a_number_is_a_cell_and_before_a_word_a_headings() -> None:
    def page(canvas: Canvas, number: int) -> None:
        rows_at(canvas, 700, ((72, "Year"), (200, "Ducks"), (300, "Geese")))
        rows_at(canvas, 684, *(((72, str(year)), (200, str(year // 9))) for year in range(2019, 2024)))
        canvas.setFont("Helvetica-Bold", 16)
        rows_at(canvas, 500, ((72, "2"), (100, "Method of the count")))

    found = texts(draw(page))
    assert found[:3] == ["Year | Ducks | Geese", "2019 | 224", "2020 | 224"]
    assert found[-1] == "2 Method of the count"


def test_a_captions_label_is_no_cell() -> None:
    def page(canvas: Canvas, number: int) -> None:
        rows_at(canvas, 700, ((72, "Table 10:"), (136, "Weights of what is measured")))
        rows_at(
            canvas,
            684,
            ((72, "Code"), (300, "Weight")),
            ((72, "E-1"), (300, "15")),
            ((72, "E-2"), (300, "9")),
        )

    assert texts(draw(page)) == [
        "Table 10: Weights of what is measured",
        "Code | Weight",
        "E-1 | 15",
        "E-2 | 9",
    ]


def test_a_bold_row_parts_the_rows_of_a_table_and_not_the_table() -> None:
    def page(canvas: Canvas, number: int) -> None:
        rows_at(canvas, 760, *(((72, "Much running text of the document, so that bold is unusual."),),) * 3)
        rows_at(canvas, 700, ((72, "Part"), (300, "Weight")), ((72, "Pump"), (300, "15")))
        canvas.setFont("Helvetica-Bold", 11)
        canvas.drawString(72, 668, "Staff")
        canvas.setFont("Helvetica", 11)
        rows_at(canvas, 652, ((72, "Training"), (300, "11")), ((72, "Development"), (300, "6")))

    document = parse(draw(page))
    rows = [(text, block.header) for (_, text), block in zip(said(document), document.blocks, strict=True)]
    assert rows[-4:] == [
        ("Pump | 15", "Part | Weight"),
        ("Staff", "Part | Weight"),
        ("Training | 11", "Part | Weight"),
        ("Development | 6", "Part | Weight"),
    ]
