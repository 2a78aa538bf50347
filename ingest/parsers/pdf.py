"""PDF: pages with a box for each character; the stages stand in `pdfium.py`, `pdf_lines.py`, `pdf_order.py`,
`pdf_furniture.py`, `pdf_style.py` and `pdf_blocks.py`.
"""

import zlib
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from core.errors import EmptyDocumentError, ParseError
from core.values import BlockKind, ParsedDocument
from ingest.parsers.base import DocumentBuilder, said_title
from ingest.parsers.pdf_blocks import PdfBlock, read_blocks
from ingest.parsers.pdf_furniture import without_furniture
from ingest.parsers.pdf_lines import NO_GLYPH, read_lines
from ingest.parsers.pdf_order import in_reading_order
from ingest.parsers.pdf_style import style_of
from ingest.parsers.pdfium import Glyphs, read_pdf

_BOX_UNITS_PER_POINT = 4
_MAX_BOX_UNIT = 32_767
# Boxes of neighbouring characters are much alike: the fastest level does nearly as well as the best.
_COMPRESSION_LEVEL = 1


class PdfParser:
    """Reads PDFs that hold text; a scanned page has none until text recognition adds it."""

    extensions = frozenset({".pdf"})
    media_type = "application/pdf"

    def parse(self, content: bytes, name: str) -> ParsedDocument:
        """Return the document; see `Parser.parse`."""
        pdf = read_pdf(content)
        pages = [in_reading_order(read_lines(page)) for page in pdf.pages]
        if not any(pages):
            raise _no_text(pdf.pages)
        style = style_of(pages)
        body = without_furniture(pages, [page.height for page in pdf.pages], style)
        builder = DocumentBuilder(self.media_type, said_title(pdf.title))
        for page, lines in zip(pdf.pages, body if any(body) else pages, strict=True):
            blocks = read_blocks(lines, style)
            builder.title = builder.title or _largest_heading(blocks)
            _write_page(builder, page, blocks)
        return builder.build(name)


def _no_text(pages: Sequence[Glyphs]) -> ParseError:
    if not pages:
        return EmptyDocumentError("The PDF has no pages.")
    if not any(page.width for page in pages):
        return ParseError("The PDF's pages are damaged; get it anew or print it to a new PDF.")
    count = "page holds" if len(pages) == 1 else f"{len(pages)} pages hold"
    return EmptyDocumentError(
        f"The PDF's {count} no text; if it is a scan, run text recognition on it first."
    )


def _largest_heading(blocks: Sequence[PdfBlock]) -> str:
    headings = [block for block in blocks if block.kind is BlockKind.HEADING]
    return min(headings, key=lambda block: block.level).text[0] if headings else ""


def _write_page(builder: DocumentBuilder, page: Glyphs, blocks: Sequence[PdfBlock]) -> None:
    start = builder.position
    glyphs: list[NDArray[np.int32]] = [np.zeros(0, np.int32)]
    for block in blocks:
        text, own = block.text
        before = builder.position
        builder.add(block.kind, text, block.level, block.header)
        if builder.position > before:
            glyphs += [np.full(builder.position - before - len(text), NO_GLYPH, np.int32), own]
    boxes = _packed(np.concatenate(glyphs), page.boxes)
    builder.page(page.number, start, page.width, page.height, boxes)


def _packed(glyphs: NDArray[np.int32], boxes: NDArray[np.float32]) -> bytes:
    """Return the boxes as `Page.boxes` holds them."""
    scaled = np.clip(np.rint(boxes * _BOX_UNITS_PER_POINT), -_MAX_BOX_UNIT, _MAX_BOX_UNIT).astype("<i2")
    out = np.zeros((len(glyphs), 4), "<i2")
    drawn = glyphs != NO_GLYPH
    out[drawn] = scaled[glyphs[drawn]]
    return zlib.compress(out.tobytes(), _COMPRESSION_LEVEL)
