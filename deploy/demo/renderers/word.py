"""A manual as DOCX: real heading, list and table styles, header rows that repeat, page numbers."""

from datetime import datetime
from pathlib import Path

from docx import Document
from docx.document import Document as WordDocument
from docx.enum.table import WD_TABLE_ALIGNMENT
from docx.oxml import OxmlElement
from docx.oxml.ns import qn
from docx.oxml.xmlchemy import BaseOxmlElement
from docx.shared import Mm, Pt, RGBColor
from docx.table import Table as WordTable
from docx.text.paragraph import Paragraph as WordParagraph

from renderers import archive
from renderers.blocks import Block, Heading, Line, Listing, Manual, Paragraph, SafetyNote, Table, plain

INK = RGBColor(0x1F, 0x3A, 0x52)
LATIN, CHINESE = "Calibri", "Microsoft YaHei"
SIGNAL_COLOURS = {
    "DANGER": "B3261E",
    "WARNING": "C4570A",
    "CAUTION": "A67C00",
    "NOTICE": "1F3A52",
    "危险": "B3261E",
    "警告": "C4570A",
    "注意": "A67C00",
}
BULLETS, NUMBERS = "List Bullet", "List Number"


def render(manual: Manual, target: Path) -> None:
    """Write the manual to ``target``."""
    document = Document()
    _set_styles(document, manual)
    _set_properties(document, manual)
    document.add_paragraph(manual.title, "Title")
    document.add_paragraph(manual.subtitle, "Subtitle")
    _identity(document, manual)
    for block in manual.body:
        _add(document, block)
    _set_footer(document, manual)
    document.save(str(target))
    archive.settle(target, manual.date)


def _set_styles(document: WordDocument, manual: Manual) -> None:
    for name in ("Normal", "Title", "Subtitle", "Heading 1", "Heading 2", BULLETS, NUMBERS):
        style = document.styles[name]
        style.font.name = LATIN
        fonts = style.element.get_or_add_rPr().get_or_add_rFonts()
        for theme in ("asciiTheme", "hAnsiTheme", "eastAsiaTheme", "cstheme"):
            fonts.attrib.pop(qn(f"w:{theme}"), None)
        fonts.set(qn("w:ascii"), LATIN)
        fonts.set(qn("w:hAnsi"), LATIN)
        fonts.set(qn("w:eastAsia"), CHINESE)
    document.styles["Normal"].font.size = Pt(10.5)
    for name, size in (("Title", 22), ("Subtitle", 12), ("Heading 1", 15), ("Heading 2", 12)):
        document.styles[name].font.size = Pt(size)
        document.styles[name].font.color.rgb = INK
    section = document.sections[0]
    section.page_width, section.page_height = Mm(210), Mm(297)
    section.left_margin = section.right_margin = Mm(22)
    section.top_margin = section.bottom_margin = Mm(22)
    language = OxmlElement("w:lang")
    language.set(qn("w:val"), "en-GB")
    language.set(qn("w:eastAsia"), "zh-CN")
    properties = document.styles["Normal"].element.get_or_add_rPr()
    properties.append(language)
    if manual.language != "en":
        document.core_properties.language = manual.language


def _set_properties(document: WordDocument, manual: Manual) -> None:
    properties = document.core_properties
    properties.title = f"{manual.number} {manual.title}"
    properties.subject, properties.author = manual.subtitle, manual.author
    properties.last_modified_by, properties.comments = manual.author, ""
    properties.created = properties.modified = datetime.combine(manual.date, datetime.min.time())
    properties.revision = 1


def _identity(document: WordDocument, manual: Manual) -> None:
    pairs = [
        ("Document", manual.number),
        ("Revision", f"{manual.revision}, {manual.date.isoformat()}"),
        ("Owner", manual.owner),
    ]
    table = document.add_table(0, 2, "Table Grid")
    for name, value in pairs:
        cells = table.add_row().cells
        cells[0].paragraphs[0].add_run(manual.label(name)).bold = True
        cells[1].text = value
    for row in table.rows:
        row.cells[0].width, row.cells[1].width = Mm(40), Mm(126)
    document.add_paragraph()


def _add(document: WordDocument, block: Block) -> None:
    match block:
        case Heading(level, line):
            document.add_heading(plain(line), level)
        case Paragraph(line):
            _fill(document.add_paragraph(), line)
        case SafetyNote(signal, line):
            _add_warning(document, signal, line)
        case Listing():
            _add_list(document, block)
        case Table():
            _add_table(document, block)
        case _:
            raise ValueError(f"no {type(block).__name__} in a Word document")


def _fill(paragraph: WordParagraph, line: Line) -> None:
    for span in line:
        run = paragraph.add_run(span.text)
        run.bold, run.italic = span.bold or None, span.italic or None


def _add_warning(document: WordDocument, signal: str, line: Line, indent_mm: float = 0) -> None:
    paragraph = document.add_paragraph()
    colour = SIGNAL_COLOURS[signal]
    run = paragraph.add_run(f"{signal}：" if signal[0] > "\u4e00" else f"{signal}: ")
    run.bold, run.font.color.rgb = True, RGBColor.from_string(colour)
    _fill(paragraph, line)
    paragraph.paragraph_format.left_indent = Mm(indent_mm + 3)
    properties = paragraph._p.get_or_add_pPr()
    borders, left = OxmlElement("w:pBdr"), OxmlElement("w:left")
    for key, value in (("val", "single"), ("sz", "24"), ("space", "6"), ("color", colour)):
        left.set(qn(f"w:{key}"), value)
    borders.append(left)
    shade = OxmlElement("w:shd")
    for key, value in (("val", "clear"), ("color", "auto"), ("fill", "F3F6F8")):
        shade.set(qn(f"w:{key}"), value)
    _insert_after(properties, ("w:pStyle", "w:keepNext", "w:keepLines", "w:numPr"), borders, shade)


def _insert_after(parent: BaseOxmlElement, before: tuple[str, ...], *children: BaseOxmlElement) -> None:
    """Insert the children behind the named elements of the parent: the schema has an order."""
    place = sum(1 for child in parent if child.tag in {qn(name) for name in before})
    for child in reversed(children):
        parent.insert(place, child)


def _add_list(document: WordDocument, listing: Listing) -> None:
    number = _restart_numbering(document) if listing.ordered else None
    for first, *rest in listing.items:
        paragraph = document.add_paragraph(style=NUMBERS if listing.ordered else BULLETS)
        _fill(paragraph, first.line)
        if number is not None:
            properties = paragraph._p.get_or_add_pPr().get_or_add_numPr()
            properties.get_or_add_ilvl().val = 0
            properties.get_or_add_numId().val = number
        for block in rest:
            if isinstance(block, SafetyNote):
                _add_warning(document, block.signal, block.line, indent_mm=7)
            else:
                _add(document, block)


def _restart_numbering(document: WordDocument) -> int:
    """A new numbering that starts at 1 and looks like the style's own."""
    numbering = document.part.numbering_part.element
    style = document.styles[NUMBERS].element.pPr.numPr.numId.val
    abstract = next(num for num in numbering.num_lst if num.numId == style).abstractNumId.val
    num = numbering.add_num(abstract)
    num.add_lvlOverride(ilvl=0).add_startOverride(1)
    return num.numId


def _add_table(document: WordDocument, table: Table) -> None:
    words = document.add_table(1, len(table.header), "Light Grid Accent 1")
    words.alignment = WD_TABLE_ALIGNMENT.LEFT
    for cell, line in zip(words.rows[0].cells, table.header, strict=True):
        cell.paragraphs[0].add_run(plain(line)).bold = True
    header = words.rows[0]._tr.get_or_add_trPr()
    header.append(OxmlElement("w:cantSplit"))
    header.append(OxmlElement("w:tblHeader"))
    for row in table.rows:
        for cell, line in zip(words.add_row().cells, row, strict=True):
            _fill(cell.paragraphs[0], line)
    _set_widths(words, table)
    document.add_paragraph()


def _set_widths(words: WordTable, table: Table) -> None:
    columns = list(zip(table.header, *table.rows, strict=True))
    wish = [min(max(len(plain(cell)) for cell in column), 60) ** 0.7 + 3 for column in columns]
    words.autofit = False
    for column, part in zip(words.columns, wish, strict=True):
        for cell in column.cells:
            cell.width = Mm(166 * part / sum(wish))


def _set_footer(document: WordDocument, manual: Manual) -> None:
    paragraph = document.sections[0].footer.paragraphs[0]
    text = f"{manual.number} {manual.label('Revision')} {manual.revision} – {manual.title}    "
    paragraph.add_run(text).font.size = Pt(8)
    for kind, code in (("begin", ""), ("", "PAGE"), ("end", "")):
        run = paragraph.add_run()
        run.font.size = Pt(8)
        if kind:
            mark = OxmlElement("w:fldChar")
            mark.set(qn("w:fldCharType"), kind)
        else:
            mark = OxmlElement("w:instrText")
            mark.text = code
        run._r.append(mark)
