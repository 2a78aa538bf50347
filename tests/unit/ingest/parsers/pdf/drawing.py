"""Draws small PDFs and parses them."""

import io
from collections.abc import Callable

from reportlab.lib.pagesizes import A4
from reportlab.pdfgen.canvas import Canvas
from unit.ingest.parsers.parser_samples import check, said

from core.values.documents import ParsedDocument
from ingest.parsers.pdf.parser import PdfParser
from ingest.parsers.pictures.recognition import no_recognizer


def draw(page: Callable[[Canvas, int], None], pages: int = 1, **options: object) -> bytes:
    """Return a PDF of A4 pages; `page` draws one, with its 0-based number."""
    out = io.BytesIO()
    canvas = Canvas(out, pagesize=A4, **options)
    for number in range(pages):
        canvas.setFont("Helvetica", 11)
        page(canvas, number)
        canvas.showPage()
    canvas.save()
    return out.getvalue()


def parse(content: bytes) -> ParsedDocument:
    """Return the document, whose blocks, pages and boxes are checked."""
    document = PdfParser(no_recognizer).parse(content, "a.pdf")
    check(document)
    return document


def texts(content: bytes) -> list[str]:
    """Return the texts of the blocks."""
    return [text for _, text in said(parse(content))]


def rows_at(canvas: Canvas, top: float, *rows: tuple[tuple[float, str], ...]) -> None:
    """Draw rows of (x, text), one below the other."""
    for number, row in enumerate(rows):
        for x, text in row:
            canvas.drawString(x, top - 16 * number, text)
