"""A manual as PDF: an optional cover with contents, numbered pages, a running footer, bookmarks."""

import re
from pathlib import Path
from xml.sax.saxutils import escape

from reportlab.lib.colors import HexColor, white
from reportlab.lib.enums import TA_LEFT
from reportlab.lib.pagesizes import A4
from reportlab.lib.styles import ParagraphStyle
from reportlab.lib.units import mm
from reportlab.pdfgen.canvas import Canvas
from reportlab.platypus import (
    BaseDocTemplate,
    CondPageBreak,
    Flowable,
    Frame,
    KeepTogether,
    ListFlowable,
    ListItem,
    NextPageTemplate,
    PageBreak,
    PageTemplate,
    Spacer,
    TableStyle,
)
from reportlab.platypus import Paragraph as PdfParagraph
from reportlab.platypus import Table as PdfTable
from reportlab.platypus.tableofcontents import TableOfContents

from renderers import figures
from renderers.blocks import (
    Block,
    Figure,
    Heading,
    Line,
    Listing,
    Manual,
    Paragraph,
    SafetyNote,
    Table,
    plain,
)

INK, RULE, SHADE = HexColor("#1f3a52"), HexColor("#9fb2c1"), HexColor("#f3f6f8")
SIGNALS = {
    "DANGER": HexColor("#b3261e"),
    "WARNING": HexColor("#c4570a"),
    "CAUTION": HexColor("#a67c00"),
    "NOTICE": INK,
    "CONFIDENTIAL": HexColor("#5b2a86"),
}
LEFT, TOP, BOTTOM = 22 * mm, 20 * mm, 22 * mm
UNIT = re.compile(r"(\d) (°C|%|bar|mbar|N·m|mm|mA|g\b|h\b|L\b|kW|rpm|EUR)")  # a number stays with its unit
KEPT_ROWS = 9  # a table of up to so many rows is not split over two pages
WIDTH = A4[0] - 2 * LEFT

INVARIANT_DAY = b"D:20000101"  # what reportlab writes when told not to look at the clock

BODY = ParagraphStyle(
    "body", fontName="Helvetica", fontSize=9.6, leading=13.4, spaceAfter=5, alignment=TA_LEFT
)
CELL = ParagraphStyle("cell", BODY, fontSize=8.4, leading=10.8, spaceAfter=0)
HEAD_CELL = ParagraphStyle("head", CELL, fontName="Helvetica-Bold", textColor=white)
CAPTION = ParagraphStyle("caption", CELL, fontName="Helvetica-Oblique", spaceAfter=8)
HEADINGS = {
    1: ParagraphStyle(
        "h1", fontName="Helvetica-Bold", fontSize=15, leading=19, spaceBefore=13, spaceAfter=6, textColor=INK
    ),
    2: ParagraphStyle(
        "h2", fontName="Helvetica-Bold", fontSize=11.2, leading=14, spaceBefore=9, spaceAfter=4, textColor=INK
    ),
}
CONTENTS = [
    ParagraphStyle("toc1", BODY, fontName="Helvetica-Bold", spaceBefore=5, spaceAfter=0),
    ParagraphStyle("toc2", BODY, leftIndent=12, spaceAfter=0),
]


class ManualTemplate(BaseDocTemplate):
    """Draws cover and footer, and tells the table of contents about each heading."""

    def __init__(self, path: Path, manual: Manual) -> None:
        super().__init__(
            str(path),
            pagesize=A4,
            title=f"{manual.number} {manual.title}",
            author=manual.author,
            subject=manual.subtitle,
            creator=manual.author,
            producer=manual.author,
            lang="en",
            invariant=1,
        )
        self.manual = manual
        frame = Frame(LEFT, BOTTOM, WIDTH, A4[1] - TOP - BOTTOM, 0, 0, 0, 0)
        cover = Frame(LEFT, BOTTOM, WIDTH, A4[1] - 118 * mm - BOTTOM, 0, 0, 0, 0)
        pages = [
            PageTemplate("cover", [cover], onPage=self.draw_cover),
            PageTemplate("inside", [frame], onPage=self.draw_footer),
        ]
        self.addPageTemplates(pages if manual.cover else pages[1:])

    def draw_cover(self, canvas: Canvas, _: BaseDocTemplate) -> None:
        canvas.saveState()
        canvas.setFillColor(INK)
        canvas.rect(0, A4[1] - 100 * mm, A4[0], 100 * mm, stroke=0, fill=1)
        canvas.setFillColor(white)
        for text, font, size, y in (
            (self.manual.author, "Helvetica", 12, 30),
            (self.manual.title, "Helvetica-Bold", 25, 58),
            (self.manual.subtitle, "Helvetica", 14, 70),
        ):
            canvas.setFont(font, size)
            canvas.drawString(LEFT, A4[1] - y * mm, text)
        canvas.restoreState()
        self.draw_footer(canvas, self)

    def draw_footer(self, canvas: Canvas, _: BaseDocTemplate) -> None:
        manual, y = self.manual, BOTTOM - 9 * mm
        canvas.saveState()
        canvas.setStrokeColor(RULE)
        canvas.line(LEFT, y + 4 * mm, LEFT + WIDTH, y + 4 * mm)
        canvas.setFillColor(INK)
        canvas.setFont("Helvetica", 7.6)
        name = f"{manual.number} Rev. {manual.revision} – {manual.title}"
        canvas.drawString(LEFT, y, f"{name} – {manual.notice}" if manual.notice else name)
        canvas.drawRightString(LEFT + WIDTH, y, f"{manual.date.isoformat()}   Page {canvas.getPageNumber()}")
        canvas.restoreState()

    def afterFlowable(self, flowable: Flowable) -> None:
        level = getattr(flowable, "heading_level", None)
        if level is not None:
            key = f"h{self.page}-{flowable.getPlainText()}"
            self.canv.bookmarkPage(key)
            self.canv.addOutlineEntry(flowable.getPlainText(), key, level - 1, closed=False)
            self.notify("TOCEntry", (level - 1, flowable.getPlainText(), self.page, key))


def render(manual: Manual, target: Path) -> None:
    """Write the manual to ``target``."""
    story = _cover(manual) if manual.cover else _title(manual)
    for block in manual.body:
        story.extend(_flow(block))
    ManualTemplate(target, manual).multiBuild(_kept(story))
    written = target.read_bytes()
    target.write_bytes(written.replace(INVARIANT_DAY, manual.date.strftime("D:%Y%m%d").encode()))


def _cover(manual: Manual) -> list[Flowable]:
    contents = TableOfContents(levelStyles=CONTENTS, dotsMinLevel=0)
    heading = PdfParagraph("Contents", HEADINGS[1])
    return [_identity(manual), NextPageTemplate("inside"), PageBreak(), heading, contents, PageBreak()]


def _title(manual: Manual) -> list[Flowable]:
    title = ParagraphStyle("title", HEADINGS[1], fontSize=20, leading=25, spaceBefore=0, spaceAfter=2)
    subtitle = ParagraphStyle("subtitle", BODY, fontSize=11.5, leading=15, spaceAfter=8)
    return [
        PdfParagraph(escape(manual.title), title),
        PdfParagraph(escape(manual.subtitle), subtitle),
        _identity(manual),
        Spacer(1, 4 * mm),
    ]


def _identity(manual: Manual) -> PdfTable:
    pairs = [
        ("Document", manual.number),
        ("Revision", f"{manual.revision}, {manual.date.isoformat()}"),
        ("Owner", manual.owner),
    ]
    if manual.notice:
        pairs.append(("Distribution", manual.notice))
    cells = [
        [PdfParagraph(f"<b>{name}</b>", CELL), PdfParagraph(escape(value), CELL)] for name, value in pairs
    ]
    table = PdfTable(cells, [32 * mm, WIDTH - 32 * mm], hAlign="LEFT")
    table.setStyle(
        TableStyle([("LINEBELOW", (0, 0), (-1, -1), 0.4, RULE), ("LEFTPADDING", (0, 0), (-1, -1), 2)])
    )
    return table


def _flow(block: Block) -> list[Flowable]:
    match block:
        case Heading(level, line):
            heading = PdfParagraph(_markup(line), HEADINGS[level])
            heading.heading_level = level
            return [CondPageBreak(32 * mm), heading]
        case Paragraph(line):
            return [PdfParagraph(_markup(line), BODY)]
        case SafetyNote(signal, line):
            return [_warning(signal, line), Spacer(1, 2.2 * mm)]
        case Listing():
            return [_listing(block), Spacer(1, 1.6 * mm)]
        case Table():
            table = _table(block)
            table.is_short_table = len(block.rows) <= KEPT_ROWS
            return [table, Spacer(1, 3 * mm)]
        case Figure(name, caption):
            drawing = figures.draw(name, WIDTH)
            return [KeepTogether([Spacer(1, 2 * mm), drawing, PdfParagraph(escape(caption), CAPTION)])]


def _kept(story: list[Flowable]) -> list[Flowable]:
    """The story with each short table on one page, together with a heading right above it."""
    kept: list[Flowable] = []
    for flowable in story:
        if getattr(flowable, "is_short_table", False):
            heading = [kept.pop()] if hasattr(kept[-1], "heading_level") else []
            kept.append(KeepTogether([*heading, flowable]))
        else:
            kept.append(flowable)
    return kept


def _markup(line: Line) -> str:
    parts = []
    for span in line:
        text = escape(UNIT.sub("\\1\u00a0\\2", span.text))
        text = f"<b>{text}</b>" if span.bold else text
        parts.append(f"<i>{text}</i>" if span.italic else text)
    return "".join(parts)


def _warning(signal: str, line: Line) -> PdfTable:
    colour = SIGNALS[signal]
    text = PdfParagraph(
        f'<font color="{colour.hexval().replace("0x", "#")}"><b>{signal}:</b></font> {_markup(line)}', BODY
    )
    table = PdfTable([[text]], hAlign="LEFT")
    table.setStyle(
        TableStyle(
            [
                ("BACKGROUND", (0, 0), (-1, -1), SHADE),
                ("LINEBEFORE", (0, 0), (0, -1), 3, colour),
                ("LEFTPADDING", (0, 0), (-1, -1), 8),
                ("TOPPADDING", (0, 0), (-1, -1), 4),
                ("BOTTOMPADDING", (0, 0), (-1, -1), 1),
            ]
        )
    )
    return table


def _listing(listing: Listing) -> ListFlowable:
    items = [ListItem([part for block in item for part in _flow(block)]) for item in listing.items]
    start = (
        {"bulletType": "1", "bulletFormat": "%s."}
        if listing.ordered
        else {"bulletType": "bullet", "start": "•"}
    )
    return ListFlowable(items, leftIndent=18, bulletFontName="Helvetica", bulletFontSize=9.6, **start)


def _table(table: Table) -> PdfTable:
    rows = [[PdfParagraph(escape(plain(cell)), HEAD_CELL) for cell in table.header]]
    rows += [[PdfParagraph(_markup(cell), CELL) for cell in row] for row in table.rows]
    flow = PdfTable(rows, _widths(table), repeatRows=1, hAlign="LEFT")
    flow.setStyle(
        TableStyle(
            [
                ("BACKGROUND", (0, 0), (-1, 0), INK),
                ("ROWBACKGROUNDS", (0, 1), (-1, -1), [white, SHADE]),
                ("GRID", (0, 0), (-1, -1), 0.4, RULE),
                ("VALIGN", (0, 0), (-1, -1), "TOP"),
                ("TOPPADDING", (0, 0), (-1, -1), 3),
                ("BOTTOMPADDING", (0, 0), (-1, -1), 4),
            ]
        )
    )
    return flow


def _widths(table: Table) -> list[float]:
    """Column widths that follow the texts: between their longest word and their longest line."""
    columns = list(zip(table.header, *table.rows, strict=True))
    longest = [max(len(plain(cell)) for cell in column) for column in columns]
    word = [max(len(part) for cell in column for part in plain(cell).split()) for column in columns]
    wish = [max(w + 3, min(n, 60) ** 0.8 + 3) for w, n in zip(word, longest, strict=True)]
    return [WIDTH * part / sum(wish) for part in wish]
