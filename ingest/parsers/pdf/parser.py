"""PDF: pages with a box for each character.

The stages, in order, are `pdfium.py`, `lines.py`, `order.py`, `style.py`, `furniture.py` and `blocks.py`.
"""

import zlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from core.errors import EmptyDocumentError, ParseError
from core.values.documents import BlockKind, Page, ParsedDocument
from ingest.parsers.base import DocumentBuilder, said_title
from ingest.parsers.pdf.blocks import read_blocks
from ingest.parsers.pdf.flow.furniture import Body, Sheet, without_furniture
from ingest.parsers.pdf.flow.hyphens import with_own_hyphens
from ingest.parsers.pdf.flow.page_breaks import PageBlocks, Placed, in_flow
from ingest.parsers.pdf.form.rows import with_rows
from ingest.parsers.pdf.hidden import hidden_notices, page_list
from ingest.parsers.pdf.lines import NO_GLYPH, read_lines
from ingest.parsers.pdf.order import in_reading_order
from ingest.parsers.pdf.pdfium import read_pdf
from ingest.parsers.pdf.scrap import scrap_reason
from ingest.parsers.pdf.style import Style, style_of
from ingest.parsers.pdf.text import plain
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
    seen = [_sheets(page) for page in pages]
    scraps = {page.number: why for page, own in zip(pages, seen, strict=True) if (why := _scrap(page, own))}
    sheets = [sheet for own in seen for sheet in own if sheet.number not in scraps]
    if not any(sheet.lines for sheet in sheets):
        raise _no_text(pages, list(_scrap_notices(scraps)))
    style = style_of(sheet.lines for sheet in sheets)
    bodies, left_out = without_furniture(sheets, style)
    for notice in (*_notices(pages), *_scrap_notices(scraps), *left_out):
        builder.notice(notice)
    lines = with_own_hyphens([body.lines for body in bodies])
    bodies = [replace(body, lines=own) for body, own in zip(bodies, lines, strict=True)]
    read = [_blocks(page.number, sheets, bodies, style) for page in pages]
    builder.title = builder.title or _title(read)
    _write(builder, pages, in_flow(read, style))


def _sheets(page: Glyphs) -> list[Sheet]:
    """Return the page's lines, a sheet for each direction of its text; a form's rows are in the first."""
    seen = views(page)
    sheets = [
        Sheet(view.number, view.height, in_reading_order(read_lines(view), angle == UPSIDE_DOWN))
        for angle, view in seen
    ]
    if page.fields and seen:
        sheets[0] = replace(sheets[0], lines=with_rows(sheets[0].lines, seen[0][1]))
    return sheets


def _blocks(number: int, sheets: Sequence[Sheet], bodies: Sequence[Body], style: Style) -> PageBlocks:
    """Return the blocks of page `number`, which may have several sheets."""
    page = PageBlocks()
    for body in (body for sheet, body in zip(sheets, bodies, strict=True) if sheet.number == number):
        page.top += read_blocks(body.top, style)
        page.body += read_blocks(body.lines, style)
        page.bottom += read_blocks(body.bottom, style)
    return page


def _notices(pages: Sequence[Glyphs]) -> Iterator[str]:
    yield from hidden_notices((page.number, page.codes, page.hidden) for page in pages)
    unseen = [page.number for page in pages if any(one.is_filled and not one.is_shown for one in page.fields)]
    if unseen:
        yield f"Form fields that cannot be seen were left out on {page_list(unseen)}."
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


def _title(pages: Sequence[PageBlocks]) -> str:
    """Return the largest heading of the first page that has one."""
    for page in pages:
        headings = [block for block in page.body if block.kind is BlockKind.HEADING]
        if headings:
            return plain(min(headings, key=lambda block: block.level).text[0])
    return ""


def _write(builder: DocumentBuilder, pages: Sequence[Glyphs], placed: Sequence[Placed]) -> None:
    starts: list[int] = []
    glyphs: list[NDArray[np.int32]] = []
    for one in placed:
        before = builder.position
        text = "".join(part for _, (part, _) in one.parts)
        builder.add(one.block.kind, plain(text), one.block.level, plain(one.block.header))
        glyphs.append(np.full(builder.position - before - len(text), NO_GLYPH, np.int32))
        position = before
        for at, (part, own) in one.parts:
            starts += [position] * (at + 1 - len(starts))
            position = max(position, builder.position - len(text)) + len(part)
            glyphs.append(own)
    starts += [builder.position] * (len(pages) + 1 - len(starts))
    known = np.concatenate(glyphs)
    for page, start, end in zip(pages, starts, starts[1:], strict=False):
        boxes = _packed(known[start:end], page.boxes)
        builder.add_page(
            Page(number=page.number, start=start, end=end, width=page.width, height=page.height, boxes=boxes)
        )


def _packed(glyphs: NDArray[np.int32], boxes: NDArray[np.float32]) -> bytes:
    """Return the boxes in the format of `Page.boxes`."""
    scaled = np.clip(np.rint(boxes * _BOX_UNITS_PER_POINT), -_MAX_BOX_UNIT, _MAX_BOX_UNIT).astype("<i2")
    out = np.zeros((len(glyphs), 4), "<i2")
    drawn = glyphs != NO_GLYPH
    out[drawn] = scaled[glyphs[drawn]]
    return zlib.compress(out.tobytes(), _COMPRESSION_LEVEL)
