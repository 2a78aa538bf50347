"""PDF: pages with a box for each character.

The stages, in order, are `pdfium.py`, `lines.py`, `order.py`, `style.py`, `furniture.py` and `blocks.py`.
"""

import zlib
from collections.abc import Iterator, Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from core.errors import EmptyDocumentError, ParseError
from core.values.documents import BlockKind, ParsedDocument
from ingest.parsers.base import DocumentBuilder, said_title
from ingest.parsers.pdf.blocks import PdfBlock, read_blocks
from ingest.parsers.pdf.flow.furniture import Body, Sheet, without_furniture
from ingest.parsers.pdf.hidden import hidden_notices, page_list
from ingest.parsers.pdf.lines import NO_GLYPH, read_lines
from ingest.parsers.pdf.order import in_reading_order
from ingest.parsers.pdf.pdfium import read_pdf
from ingest.parsers.pdf.scrap import scrap_reason
from ingest.parsers.pdf.style import Style, style_of
from ingest.parsers.pdf.turned import UPSIDE_DOWN, views
from ingest.parsers.pictures.glyphs import Glyphs
from ingest.parsers.pictures.recognition import INSTALL, LOW_CONFIDENCE, GetRecognizer
from ingest.parsers.pictures.recognizer import recognizer

_BOX_UNITS_PER_POINT = 4
_MAX_BOX_UNIT = 32_767
# Boxes of neighbouring characters are similar: the fastest level compresses nearly as well as the best.
_COMPRESSION_LEVEL = 1


class PdfParser:
    """Parses PDFs; pages that are pictures are read by text recognition if it is installed."""

    media_type = "application/pdf"

    def __init__(self, recognizer: GetRecognizer = recognizer) -> None:
        self._recognizer = recognizer

    def parse(self, content: bytes, name: str) -> ParsedDocument:
        """Return the document; see `Parser.parse`."""
        pdf = read_pdf(content, self._recognizer)
        builder = DocumentBuilder(
            media_type=self.media_type, title=said_title(pdf.title), metadata=pdf.metadata
        )
        write_pages(builder, pdf.pages)
        return builder.build(name)


def write_pages(builder: DocumentBuilder, pages: Sequence[Glyphs]) -> None:
    """Write the blocks of the pages, and notices about how the pages were read.

    Raises: ParseError if no page holds text.
    """
    read = [_sheets(page) for page in pages]
    scraps = {page.number: why for page, own in zip(pages, read, strict=True) if (why := _scrap(page, own))}
    sheets = [sheet for own in read for sheet in own if sheet.number not in scraps]
    if not any(sheet.lines for sheet in sheets):
        raise _no_text(pages, list(_scrap_notices(scraps)))
    style = style_of(sheet.lines for sheet in sheets)
    bodies, left_out = without_furniture(sheets, style)
    for notice in (*_notices(pages), *_scrap_notices(scraps), *left_out):
        builder.notice(notice)
    for page in pages:
        own = (body for sheet, body in zip(sheets, bodies, strict=True) if sheet.number == page.number)
        blocks = [block for body in own for block in _blocks(body, style)]
        builder.title = builder.title or _largest_heading(blocks)
        _write_page(builder, page, blocks)


def _sheets(page: Glyphs) -> list[Sheet]:
    """Return the page's lines, a sheet for each direction of its text."""
    return [
        Sheet(view.number, view.height, in_reading_order(read_lines(view), angle == UPSIDE_DOWN))
        for angle, view in views(page)
    ]


def _blocks(body: Body, style: Style) -> list[PdfBlock]:
    return [block for lines in (body.top, body.lines, body.bottom) for block in read_blocks(lines, style)]


def _notices(pages: Sequence[Glyphs]) -> Iterator[str]:
    yield from hidden_notices((page.number, page.codes, page.hidden) for page in pages)
    unread = [page.number for page in pages if page.is_picture]
    read = [page.number for page in pages if page.confidence is not None]
    if unread:
        how = "beyond the number that is recognized" if read else f"not read; {INSTALL}"
        yield f"Pictures without text, {how}: {page_list(unread)}."
    if read:
        yield f"Read by text recognition: {page_list(read)}."
    for page in pages:
        if page.confidence is not None and page.confidence < LOW_CONFIDENCE:
            yield (
                f"Page {page.number} was recognized with a confidence of {page.confidence:.2f} only; "
                "compare what is cited from it with the page."
            )


def _scrap(page: Glyphs, sheets: Sequence[Sheet]) -> str:
    """Return why the page's text reads as scrap, or an empty string; a recognized page has its confidence."""
    if page.confidence is not None:
        return ""
    return scrap_reason(page.codes, "\n".join(line.text for sheet in sheets for line in sheet.lines))


def _scrap_notices(scraps: Mapping[int, str]) -> Iterator[str]:
    for why in dict.fromkeys(scraps.values()):
        where = page_list([number for number, reason in scraps.items() if reason == why])
        yield f"Text that reads as scrap was left out on {where}: {why}; {INSTALL}."


def _no_text(pages: Sequence[Glyphs], scraps: Sequence[str]) -> ParseError:
    if scraps:
        return EmptyDocumentError(f"The PDF's pages hold no readable text. {scraps[0]}")
    if not pages:
        return EmptyDocumentError("The PDF has no pages.")
    if not any(page.width for page in pages):
        return ParseError("The PDF's pages are damaged; get a new copy, or print it to a new PDF.")
    if any(page.is_picture for page in pages):
        return EmptyDocumentError(f"The pages are pictures without text; {INSTALL}.")
    hidden = hidden_notices((page.number, page.codes, page.hidden) for page in pages)
    if hidden:
        return EmptyDocumentError(f"The PDF's pages show no text. {hidden[0]}")
    count = "page holds" if len(pages) == 1 else f"{len(pages)} pages hold"
    return EmptyDocumentError(f"The PDF's {count} no text.")


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
    """Return the boxes in the format of `Page.boxes`."""
    scaled = np.clip(np.rint(boxes * _BOX_UNITS_PER_POINT), -_MAX_BOX_UNIT, _MAX_BOX_UNIT).astype("<i2")
    out = np.zeros((len(glyphs), 4), "<i2")
    drawn = glyphs != NO_GLYPH
    out[drawn] = scaled[glyphs[drawn]]
    return zlib.compress(out.tobytes(), _COMPRESSION_LEVEL)
