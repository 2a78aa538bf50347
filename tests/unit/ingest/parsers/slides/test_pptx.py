import io
from typing import Any

import pptx
import pytest
from pptx.chart.data import CategoryChartData
from pptx.enum.chart import XL_CHART_TYPE
from pptx.util import Inches
from unit.ingest.parsers.parser_samples import check, said

from core.values.documents import BlockKind, ParsedDocument
from ingest.parsers.slides.pptx import PptxParser

_BLANK = 6


@pytest.fixture
def deck() -> Any:
    return pptx.Presentation()


def blank(deck: Any) -> Any:
    return deck.slides.add_slide(deck.slide_layouts[_BLANK])


def write(slide: Any, text: str, left: float, top: float) -> Any:
    box = slide.shapes.add_textbox(Inches(left), Inches(top), Inches(2), Inches(1))
    box.text_frame.text = text
    return box


def read(deck: Any) -> ParsedDocument:
    out = io.BytesIO()
    deck.save(out)
    document = PptxParser().parse(out.getvalue(), "a.pptx")
    check(document)
    return document


def texts(document: ParsedDocument) -> list[str]:
    return [text for _, text in said(document)]


def test_a_slide_is_read_row_by_row_in_any_drawing_order(deck: Any) -> None:
    slide = blank(deck)
    for text, left, top in (("below", 1, 4), ("right", 5, 1.1), ("left", 1, 1.0)):
        write(slide, text, left, top)
    assert texts(read(deck)) == ["left", "right", "below"]


def test_shapes_of_a_group_stay_together(deck: Any) -> None:
    slide = blank(deck)
    write(slide, "between", 1, 2)
    members = [write(slide, "first", 1, 1), write(slide, "second", 1, 3)]
    slide.shapes.add_group_shape(members)
    assert texts(read(deck)) == ["first", "second", "between"]


def test_shapes_that_are_hidden_or_beside_the_slide_are_left_out_and_reported(deck: Any) -> None:
    slide = blank(deck)
    write(slide, "Oil.", 1, 1)
    write(slide, "Ignore this.", 30, 1)
    write(slide, "And this.", 1, 2)._element.nvSpPr.cNvPr.set("hidden", "1")
    document = read(deck)
    assert texts(document) == ["Oil."]
    assert document.notices == ("Slide 1 has text that is hidden or beside the slide; it was not read.",)


def test_struck_runs_are_left_out_and_counted(deck: Any) -> None:
    slide = blank(deck)
    paragraph = write(slide, "Belt speed: ", 1, 1).text_frame.paragraphs[0]
    for text, strike in (("2", "sngStrike"), (" m/s", "dblStrike"), (" 3 m/s", "noStrike")):
        added = paragraph.add_run()
        added.text = text
        added.font._element.set("strike", strike)
    document = read(deck)
    assert texts(document) == ["Belt speed: 3 m/s"]
    assert document.notices == (
        "1 struck-through passage (4 characters) was not read; it stands under “slide 1”.",
    )


def test_a_hidden_slide_is_read_and_reported(deck: Any) -> None:
    slide = blank(deck)
    write(slide, "Spare.", 1, 1)
    slide._element.set("show", "0")
    document = read(deck)
    assert (document.text, document.notices) == ("Spare.", ("Slide 1 is hidden; it was read.",))


def test_numbered_items_have_their_numbers(deck: Any) -> None:
    slide = deck.slides.add_slide(deck.slide_layouts[1])
    slide.shapes.title.text = "Steps"
    frame = slide.placeholders[1].text_frame
    for position, (text, level) in enumerate((("Stop", 0), ("Slowly", 1), ("Wait", 0))):
        paragraph = frame.paragraphs[0] if position == 0 else frame.add_paragraph()
        paragraph.text, paragraph.level = text, level
        about = paragraph._p.get_or_add_pPr()
        about.append(about.makeelement(f"{{{about.nsmap['a']}}}buAutoNum", {"type": "arabicPeriod"}))
    document = read(deck)
    assert said(document)[1:] == [
        (BlockKind.LIST_ITEM, "1. Stop"),
        (BlockKind.LIST_ITEM, "1. Slowly"),
        (BlockKind.LIST_ITEM, "2. Wait"),
    ]
    assert [block.level for block in document.blocks[1:]] == [0, 1, 0]


def test_a_chart_is_a_table_of_its_numbers(deck: Any) -> None:
    data = CategoryChartData()
    data.categories = ["2024", "2025"]
    data.add_series("Line 1", (12, 15))
    blank(deck).shapes.add_chart(
        XL_CHART_TYPE.COLUMN_CLUSTERED, Inches(1), Inches(1), Inches(4), Inches(3), data
    )
    assert texts(read(deck)) == ["| Line 1", "2024 | 12", "2025 | 15"]


def test_cells_merged_downwards_are_said_in_each_row(deck: Any) -> None:
    table = blank(deck).shapes.add_table(3, 2, 0, 0, Inches(4), Inches(2)).table
    for place, text in {(0, 0): "Bolt", (0, 1): "Torque", (1, 0): "M8", (1, 1): "25", (2, 1): "27"}.items():
        table.cell(*place).text = text
    table.cell(1, 0).merge(table.cell(2, 0))
    document = read(deck)
    assert texts(document) == ["Bolt | Torque", "M8 | 25", "M8 | 27"]
    assert document.blocks[-1].header == "Bolt | Torque"
