"""A slide deck from data: title slide, then slides with bullets or a table, each with speaker notes."""

from datetime import datetime
from pathlib import Path
from typing import Any

from pptx import Presentation
from pptx.dml.color import RGBColor
from pptx.enum.text import MSO_ANCHOR
from pptx.slide import Slide
from pptx.util import Emu, Inches, Pt

from renderers import archive

INK, WHITE, SHADE = RGBColor(0x1F, 0x3A, 0x52), RGBColor(0xFF, 0xFF, 0xFF), RGBColor(0xF3, 0xF6, 0xF8)
WIDTH, HEIGHT, EDGE = Inches(13.333), Inches(7.5), Inches(0.7)
TITLE_SLIDE, TITLE_AND_CONTENT, TITLE_ONLY = 0, 1, 5


def render(data: dict[str, Any], target: Path) -> None:
    """Write the deck to ``target``."""
    deck = Presentation()
    deck.slide_width, deck.slide_height = WIDTH, HEIGHT
    _cover(deck.slides.add_slide(deck.slide_layouts[TITLE_SLIDE]), data)
    for page in data["slides"]:
        layout = TITLE_ONLY if "table" in page else TITLE_AND_CONTENT
        slide = deck.slides.add_slide(deck.slide_layouts[layout])
        _title(slide, page["title"])
        _body(slide, page)
        slide.notes_slide.notes_text_frame.text = page["notes"].strip()
    properties = deck.core_properties
    properties.title, properties.subject = f"{data['number']} {data['title']}", data["subtitle"]
    properties.author = properties.last_modified_by = "Harbrook Bottling Works"
    properties.created = properties.modified = datetime.combine(data["date"], datetime.min.time())
    properties.revision, properties.comments = 1, ""
    deck.save(str(target))
    archive.settle(target, data["date"])


def _cover(slide: Slide, data: dict[str, Any]) -> None:
    fill = slide.background.fill
    fill.solid()
    fill.fore_color.rgb = INK
    title, subtitle = slide.shapes.title, slide.placeholders[1]
    for shape, text, top, size in ((title, data["title"], 2.3, 40), (subtitle, data["subtitle"], 3.9, 20)):
        shape.left, shape.top, shape.width, shape.height = EDGE, Inches(top), WIDTH - 2 * EDGE, Inches(1.4)
        shape.text_frame.text = text
        for paragraph in shape.text_frame.paragraphs:
            paragraph.font.size, paragraph.font.color.rgb = Pt(size), WHITE
            paragraph.font.bold = size > 30
            paragraph.alignment = 1
    slide.notes_slide.notes_text_frame.text = data["notes"].strip()


def _title(slide: Slide, text: str) -> None:
    shape = slide.shapes.title
    shape.left, shape.top, shape.width, shape.height = EDGE, Inches(0.4), WIDTH - 2 * EDGE, Inches(0.9)
    shape.text_frame.text = text
    shape.text_frame.vertical_anchor = MSO_ANCHOR.MIDDLE
    paragraph = shape.text_frame.paragraphs[0]
    paragraph.font.size, paragraph.font.bold, paragraph.font.color.rgb = Pt(30), True, INK
    paragraph.alignment = 1


def _body(slide: Slide, page: dict[str, Any]) -> None:
    top = Inches(1.5)
    if "table" in page:
        _table(slide, page["table"], top)
        return
    body = slide.placeholders[1]
    body.left, body.top, body.width, body.height = EDGE, top, WIDTH - 2 * EDGE, HEIGHT - top - EDGE
    for number, text in enumerate(page["bullets"]):
        paragraph = body.text_frame.paragraphs[0] if number == 0 else body.text_frame.add_paragraph()
        paragraph.text = text
        paragraph.font.size, paragraph.space_after = Pt(20), Pt(8)


def _table(slide: Slide, rows: list[list[str]], top: Emu) -> None:
    count = len(rows[0])
    frame = slide.shapes.add_table(len(rows), count, EDGE, top, WIDTH - 2 * EDGE, Inches(0.42 * len(rows)))
    table = frame.table
    wish = [max(len(str(row[column])) for row in rows) ** 0.7 + 4 for column in range(count)]
    for column, part in enumerate(wish):
        table.columns[column].width = Emu(int((WIDTH - 2 * EDGE) * part / sum(wish)))
    for number, row in enumerate(rows):
        for column, text in enumerate(row):
            cell = table.cell(number, column)
            cell.text = str(text)
            cell.fill.solid()
            cell.fill.fore_color.rgb = INK if number == 0 else (WHITE, SHADE)[number % 2]
            font = cell.text_frame.paragraphs[0].font
            font.size, font.bold = Pt(15), number == 0
            font.color.rgb = WHITE if number == 0 else RGBColor(0x22, 0x22, 0x22)
