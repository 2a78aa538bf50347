"""The blocks of a passage: those that its document was made of, or a guess from its text."""

import re
from collections.abc import Iterator, Sequence

from core.text.language import ends_clause
from core.text.prohibitions import forbids_what_follows
from core.values.answers import Passage
from core.values.documents import BlockKind
from core.values.structure import PlacedBlock

# Where blocks are not known, a heading is recognized by few words and no full stop.
_HEADING_WORDS = 12
_HEADING_CHARACTERS = 100
_PARAGRAPH = re.compile(r"[^\n]+(?:\n[^\n]+)*")
_LINE = re.compile(r"[^\n]+")
_MARKED = re.compile(r"\s*(?:[-*•·–]\s|\(?\d{1,3}[.)、]|\(?[a-zA-Z][.)]\s|[①-⑳]|步骤\s*\d)")
_COLON = re.compile(r"[:：]\s*$")
# Words of a sentence that announces a list without a colon.
_ANNOUNCES = re.compile(
    r"\b(?:these|the following|following|as follows|steps?|below|in (?:this )?order)\b"
    r"|如下|以下|下列|步骤|下面",
    re.IGNORECASE,
)
_NUMBER = re.compile(r"\s*\(?(\d{1,3})[.)、]")


def blocks_of(passage: Passage) -> tuple[PlacedBlock, ...]:
    """Return the blocks of a passage in reading order; those that are not known are guessed."""
    if passage.blocks:
        return passage.blocks
    if passage.kind is BlockKind.ROW:
        row = PlacedBlock(kind=BlockKind.ROW, start=passage.start, end=passage.end)
        return (row,)
    return tuple(_guessed(passage.text, passage.start))


def leads_in(text: str) -> bool:
    """Return whether a sentence in front of a list announces it: it ends in a colon, or says so."""
    return bool(_COLON.search(text) or _ANNOUNCES.search(text))


def list_behind(blocks: Sequence[PlacedBlock], place: int, text_of: Passage) -> int:
    """Return the place behind the list that begins at `place`; `place` itself if none begins there.

    A list goes on behind a paragraph or a piece of code if its numbers do.
    """
    end = place
    while (next_item := _next_item(blocks, end, text_of, begun=end > place)) is not None:
        end = next_item + 1
    return end


def list_around(blocks: Sequence[PlacedBlock], place: int, text_of: Passage) -> tuple[int, int]:
    """Return the places of the first block of the list around an item, and behind its last one."""
    first = place
    while first and blocks[first - 1].kind is BlockKind.LIST_ITEM:
        first -= 1
    for earlier in range(first - 1, -1, -1):  # the numbers may go on behind a paragraph
        if blocks[earlier].kind is BlockKind.HEADING:
            break
        if blocks[earlier].kind is BlockKind.LIST_ITEM and list_behind(blocks, earlier, text_of) > place:
            return list_around(blocks, earlier, text_of)
    return first, list_behind(blocks, first, text_of)


def forbidding_above(passage: Passage, blocks: Sequence[PlacedBlock], place: int) -> str:
    """Return the lead-in or heading above a list item that forbids it ("Never do this:"); empty if none does.

    The nearest lead-in decides, and without one the nearest heading.
    """
    if blocks[place].kind is not BlockKind.LIST_ITEM:
        return ""
    leads = (passage.between(one.start, one.end) for one in _above_item(blocks, place, passage))
    line = next(leads, blocks[place].path[-1] if blocks[place].path else "")
    return line if forbids_what_follows(line) else ""


def _above_item(blocks: Sequence[PlacedBlock], place: int, passage: Passage) -> Iterator[PlacedBlock]:
    """Yield the items around an item that lead in others, and what leads in its list, the nearest first."""
    first, _ = list_around(blocks, place, passage)
    level = blocks[place].level
    for earlier in range(place - 1, first - 2, -1):
        one = blocks[earlier] if earlier >= 0 else None
        if one is None or one.kind is BlockKind.HEADING:
            return
        outer = one.level < level if one.kind is BlockKind.LIST_ITEM else earlier < first
        level = one.level if outer else level
        if outer and leads_in(passage.between(one.start, one.end)):
            yield one


def number_of(text: str) -> int | None:
    """Return the number of a numbered list item; None if it has none."""
    match = _NUMBER.match(text)
    return int(match.group(1)) if match else None


def _next_item(blocks: Sequence[PlacedBlock], place: int, text_of: Passage, *, begun: bool) -> int | None:
    """Return the place of the item with which a list goes on at `place`; None if it has ended."""
    if place < len(blocks) and blocks[place].kind is BlockKind.LIST_ITEM:
        return place
    if not begun:
        return None
    last = number_of(text_of.between(blocks[place - 1].start, blocks[place - 1].end))
    for later in range(place, min(place + 3, len(blocks))):
        one = blocks[later]
        if one.kind is BlockKind.HEADING or last is None:
            return None
        if one.kind is BlockKind.LIST_ITEM:
            return later if number_of(text_of.between(one.start, one.end)) == last + 1 else None
    return None


def _guessed(text: str, offset: int) -> Iterator[PlacedBlock]:
    path: tuple[str, ...] = ()
    after_lead = False
    for match in _PARAGRAPH.finditer(text):
        paragraph = match.group()
        if _is_heading(text, match.start(), match.end()):
            yield _block(BlockKind.HEADING, offset + match.start(), paragraph, ())
            path, after_lead = (paragraph,), False
            continue
        lines = list(_LINE.finditer(paragraph))
        for number, line in enumerate(lines):
            item = _MARKED.match(line.group()) or (len(lines) > 1 and (number or after_lead))
            kind = BlockKind.LIST_ITEM if item else BlockKind.PARAGRAPH
            yield _block(kind, offset + match.start() + line.start(), line.group(), path)
        after_lead = len(lines) == 1 and leads_in(paragraph)


def _block(kind: BlockKind, start: int, text: str, path: tuple[str, ...]) -> PlacedBlock:
    return PlacedBlock(kind=kind, start=start, end=start + len(text), level=0, path=path)


def _is_heading(text: str, start: int, end: int) -> bool:
    """Return whether a text between two blank lines looks like a heading."""
    alone = text[max(0, start - 2) : start] in {"", "\n\n"}
    followed = text[end : end + 2] == "\n\n"
    piece = text[start:end]
    short = len(piece) <= _HEADING_CHARACTERS and len(piece.split()) <= _HEADING_WORDS
    return alone and followed and short and "\n" not in piece and not ends_clause(piece)
