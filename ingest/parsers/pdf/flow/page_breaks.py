"""What goes on over the end of a page: a sentence, a list, a table.

A sentence that is cut by a page's end is one block of parts on several pages. Headers and footers that are
kept are moved in front of it or behind it.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from itertools import pairwise

from core.values.documents import BlockKind
from ingest.parsers.pdf.blocks import SENTENCE_END, PdfBlock
from ingest.parsers.pdf.style import Style
from ingest.parsers.pdf.text import Text, join_texts

_CAPTION = re.compile(r"Table|Figure|Fig\.|Chart|Tabelle|Abbildung|Abb\.|Tableau|Notes?\b|Source|[图表注]")
_ABBREVIATION = re.compile(
    r"\b(?:e\.g|i\.e|z\.B|approx|ca|no|nos|fig|figs|vs|cf|max|min|resp|sec|art|dr|mr|ms|st|vol|pp?)\.$",
    re.IGNORECASE,
)
# After these a sentence goes on, whatever the next page begins with.
_OPEN_END = re.compile(
    r"(?:[,(/–-]|\b(?:and|or|of|the|an?|to|in|on|at|by|for|with|from|than|above|below|over|under|between|least"
    r"|most|is|are|be|must|may|shall|not|that|which|und|oder|der|die|das|des|von|bis|über|unter))$",
    re.IGNORECASE,
)
_UNSPACED = re.compile(r"[\u2e80-\u9fff\uf900-\ufaff\uff00-\uffef]")
_FULL_LINE_CHARS, _FULL_LINE_UNSPACED = 50, 15
_SHORT_LINE = 0.18  # of the width of the page's text
_SAME_SIZE = 0.12
_SMALL = 0.92  # footnotes are smaller than the body


@dataclass(slots=True)
class PageBlocks:
    """The blocks of one page; what is kept of its headers and footers stands apart."""

    top: list[PdfBlock] = field(default_factory=list)
    body: list[PdfBlock] = field(default_factory=list)
    bottom: list[PdfBlock] = field(default_factory=list)


@dataclass(slots=True)
class Placed:
    """A block with its text page by page."""

    block: PdfBlock
    parts: list[tuple[int, Text]]
    """The 0-based position of a page, and the text on it."""


def in_flow(pages: Sequence[PageBlocks], style: Style) -> list[Placed]:
    """Return the blocks of the document; sentences and tables that a page's end cuts are joined."""
    pages = [PageBlocks(list(page.top), list(page.body), list(page.bottom)) for page in pages]
    goes_on = [False] * (len(pages) + 1)
    for at, (page, following) in enumerate(pairwise(pages), start=1):
        goes_on[at] = _moved_aside(page, following, style, is_joined=goes_on[at - 1])
        _continue_table(page, following)
    out: list[Placed] = []
    for at, page in enumerate(pages):
        blocks = _ordered(page, goes_on[at], goes_on[at + 1])
        for number, block in enumerate(blocks):
            if number == 0 and goes_on[at]:
                _append(out[-1], at, block)
            else:
                out.append(Placed(block, [(at, block.text)]))
    return out


def _moved_aside(page: PageBlocks, following: PageBlocks, style: Style, is_joined: bool) -> bool:
    """Return whether the text of a page goes on; if so, its footnotes are moved to the footers."""
    notes = 0
    while notes < len(page.body) and _is_note(page.body[-1 - notes], style):
        notes += 1
    body = page.body[: len(page.body) - notes]
    # A page inside one sentence has no other place for what stands at its edges.
    is_full = is_joined and len(body) == 1 and (notes or page.top or page.bottom)
    if not body or not following.body or is_full or not _is_cut(body, following.body[0]):
        return False
    page.bottom[:0] = page.body[len(body) :]
    page.body[:] = body
    return True


def _is_note(block: PdfBlock, style: Style) -> bool:
    return bool(block.lines) and block.lines[0].size < _SMALL * style.size


def _is_cut(body: Sequence[PdfBlock], following: PdfBlock) -> bool:
    """Return whether the last block of a page's body is a sentence that `following` goes on with."""
    last = body[-1]
    if not last.lines or not following.lines or following.kind is not BlockKind.PARAGRAPH:
        return False
    if abs(last.lines[-1].size - following.lines[0].size) > _SAME_SIZE * last.lines[-1].size:
        return False
    text, begin = last.text[0], following.text[0]
    if SENTENCE_END.search(text) and not _ABBREVIATION.search(text):
        return False
    if begin[0].islower() or _ABBREVIATION.search(text):
        return True
    is_sentence = len(following.lines) > 1 or bool(SENTENCE_END.search(begin))
    return is_sentence and not _CAPTION.match(begin) and (bool(_OPEN_END.search(text)) or _is_full(body))


def _is_full(body: Sequence[PdfBlock]) -> bool:
    """Return whether the last line reaches the edge of the page's text, as lines inside a paragraph do."""
    last = body[-1].lines[-1]
    lines = [line for block in body for line in block.lines]
    left, right = min(line.x0 for line in lines), max(line.x1 for line in lines)
    chars = _FULL_LINE_UNSPACED if _UNSPACED.search(last.text[-1:]) else _FULL_LINE_CHARS
    return len(last.text) >= chars and last.x1 > right - _SHORT_LINE * (right - left)


def _continue_table(page: PageBlocks, following: PageBlocks) -> None:
    """Give the rows of a table the header that stands on the page before, and drop its repetition."""
    if not page.body or not following.body:
        return
    last, first = page.body[-1], following.body[0]
    if not last.columns or not _same_columns(last.columns, first.columns):
        return
    header = last.header or last.text[0]
    end = next((at for at, row in enumerate(following.body) if row.columns != first.columns), None)
    rows = following.body[:end]
    if first.text[0].casefold() == header.casefold():
        following.body[:end] = [replace(row, header=header) for row in rows[1:]]
    elif last.header and not any(row.header for row in rows):
        following.body[:end] = [replace(row, header=header) for row in rows]


def _same_columns(one: Sequence[tuple[float, float]], other: Sequence[tuple[float, float]]) -> bool:
    return len(one) == len(other) and all(
        min(x1, right) > max(x0, left) for (x0, x1), (left, right) in zip(one, other, strict=True)
    )


def _ordered(page: PageBlocks, is_joined: bool, goes_on: bool) -> list[PdfBlock]:
    """Return a page's blocks; the sentence that comes from the page before is first, a cut one is last."""
    body = page.body
    if is_joined and not (goes_on and len(body) == 1):
        first, body = body[:1], body[1:]
        head = [*first, *page.top]
    else:
        head = page.top
    if goes_on:
        return [*head, *body[:-1], *page.bottom, *body[-1:]]
    return [*head, *body, *page.bottom]


def _append(placed: Placed, at: int, block: PdfBlock) -> None:
    """Add the text of the next page to a block."""
    page, before = placed.parts[-1]
    text, glyphs = join_texts([before, block.text])
    cut = len(text) - len(block.text[0])
    placed.parts[-1] = (page, (text[:cut], glyphs[:cut]))
    placed.parts.append((at, (text[cut:], glyphs[cut:])))
