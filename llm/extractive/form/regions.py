"""The regions around a candidate that its document made: its list, its paragraph, its section."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from core.reading.instructions import is_instruction
from core.text.prohibitions import forbids_what_follows
from core.values.documents import BlockKind
from core.values.structure import PlacedBlock, numbers_step
from llm.extractive.candidates import Candidate, stated
from llm.extractive.structure import leads_in, list_around, list_behind, number_of

_NUMBERED = re.compile(r"\W*\d")
# Instructions in a row that are a procedure.
_LEAST_STEPS = 2
_KEY = re.compile(r"[^:：\n]{1,30}[:：]")


@dataclass(frozen=True, slots=True, kw_only=True)
class Piece:
    """A sentence, a list item or a table row that an answer says."""

    start: int
    """Offset in the version's stored text, as `end`."""
    end: int
    text: str
    """What is said: the text between the offsets, in a row with the names of its columns."""
    is_item: bool = False
    depth: int = 0
    """The 0-based depth of an item."""


def placed_at(one: Candidate, piece: Piece) -> Candidate:
    """Return a piece of a candidate's passage as a candidate, in the block that it begins in."""
    places = [place for place, block in enumerate(one.blocks) if block.start <= piece.start]
    return replace(one, start=piece.start, end=piece.end, place=places[-1] if places else one.place)


def key_of(one: Candidate) -> Candidate | None:
    """Return the beginning of an item up to its colon, the name of what the rest is said of; None without."""
    key = _KEY.match(one.text)
    return replace(one, end=one.start + key.end()) if key else None


def section_of(one: Candidate) -> tuple[int, int]:
    """Return the places of the first block of a candidate's section, and behind its last one."""
    first, last = one.place, one.place + 1
    while first and _is_text(one.blocks[first - 1], one.path):
        first -= 1
    while last < len(one.blocks) and _is_text(one.blocks[last], one.path):
        last += 1
    return first, last


def list_of(one: Candidate) -> tuple[int, int] | None:
    """Return the places of the list that a candidate stands in or leads in; None if there is none."""
    if one.block.kind is BlockKind.LIST_ITEM:
        return list_around(one.blocks, one.place, one.passage)
    behind = list_behind(one.blocks, one.place + 1, one.passage)
    lead = one.passage.between(one.start, min(one.end, one.block.end))
    is_last = one.end >= one.block.end
    return (one.place + 1, behind) if is_last and behind > one.place + 1 and leads_in(lead) else None


def list_in_section(one: Candidate) -> tuple[int, int] | None:
    """Return the places of the list of a candidate's section that is next to it; None if it has none."""
    first, last = section_of(one)
    after = [place for place in range(one.place, last) if _is_item(one.blocks[place])]
    before = [place for place in range(first, one.place) if _is_item(one.blocks[place])]
    nearest = after[:1] or before[-1:]
    return list_around(one.blocks, nearest[0], one.passage) if nearest else None


def list_in_passage(one: Candidate) -> tuple[int, int] | None:
    """Return the places of the first list behind a candidate's section; None if its passage has none."""
    _, last = section_of(one)
    later = (place for place in range(last, len(one.blocks)) if _is_item(one.blocks[place]))
    first = next(later, None)
    return None if first is None else list_around(one.blocks, first, one.passage)


def steps_by_heading(one: Candidate) -> list[Piece]:
    """Return the sections of a passage whose headings are steps: each heading, and its text below it."""
    pieces, inside = list[Piece](), 0
    for place, block in enumerate(one.blocks):
        if block.kind is BlockKind.HEADING:
            text = one.passage.between(block.start, block.end)
            is_step = _is_step(text) and block.start >= one.passage.start
            inside = block.level if is_step else inside if block.level > inside else 0
            pieces += [Piece(start=block.start, end=block.end, text=text, is_item=True)] if is_step else []
        elif inside and block.kind is not BlockKind.ROW:
            pieces += [replace(piece, is_item=True, depth=1) for piece in _whole(one, place)]
    return pieces


def items(one: Candidate, first: int, last: int) -> list[Piece]:
    """Return the items of a list; a paragraph between two of them belongs to the one in front."""
    return [
        Piece(
            start=block.start,
            end=end,
            text=one.passage.between(block.start, end),
            is_item=True,
            depth=block.level if _is_item(block) else 1,
        )
        for block in one.blocks[first:last]
        if (end := min(block.end, one.passage.end)) > max(block.start, one.passage.start - 1)
    ]


def lead_of(one: Candidate, first: int) -> list[Piece]:
    """Return the sentence that leads in the list at `first`, or the heading that forbids its items.

    An empty list if there is neither.
    """
    before = one.blocks[first - 1] if first else None
    sentences = paragraph(one, first - 1) if before and before.kind is BlockKind.PARAGRAPH else []
    lead = [last for last in sentences[-1:] if leads_in(last.text) or one.place == first - 1]
    return lead or list(_forbidding_heading(one, first))


def _forbidding_heading(one: Candidate, first: int) -> Iterator[Piece]:
    """Yield the heading above the list at `first` if it forbids the items."""
    for block in reversed(one.blocks[:first]):
        if block.kind is BlockKind.HEADING:
            text = one.passage.between(block.start, block.end)
            if block.start >= one.passage.start and forbids_what_follows(text):
                yield Piece(start=block.start, end=block.end, text=text)
            return


def is_ordered(pieces: Sequence[Piece]) -> bool:
    """Return whether the items are numbered, so that their order counts."""
    own = [piece for piece in pieces if piece.is_item and not piece.depth]
    return len(own) > 1 and all(_is_numbered(piece.text) for piece in own)


def paragraph(one: Candidate, place: int) -> list[Piece]:
    """Return the sentences of a block that state something."""
    block = one.blocks[place]
    start, end = max(block.start, one.passage.start), min(block.end, one.passage.end)
    if block.kind is BlockKind.CODE:
        return [Piece(start=start, end=end, text=one.passage.between(start, end))] if start < end else []
    return [
        Piece(start=first, end=last, text=one.passage.between(first, last))
        for first, last in stated(one.passage, start, end)
    ]


def paragraphs(one: Candidate, first: int, last: int) -> Iterator[list[Piece]]:
    """Yield the sentences of each paragraph between two places."""
    for place in range(first, last):
        if one.blocks[place].kind in (BlockKind.PARAGRAPH, BlockKind.CODE):
            yield paragraph(one, place)


def regions_between(one: Candidate, first: int, last: int) -> Iterator[list[Piece]]:
    """Yield the paragraphs and the lists between two places, in order; a list with what leads it in."""
    place = first
    while place < last:
        if _is_item(one.blocks[place]):
            behind = list_behind(one.blocks, place, one.passage)
            yield [*lead_of(one, place), *items(one, place, behind)]
            place = behind
        else:
            for pieces in paragraphs(one, place, place + 1):
                follows = place + 1 < last and _is_item(one.blocks[place + 1])
                yield pieces[:-1] if follows and lead_of(one, place + 1) == pieces[-1:] else pieces
            place += 1


def as_steps(regions: Sequence[list[Piece]]) -> list[list[Piece]]:
    """Return paragraphs that are instructions, one behind the other, as the items of one list.

    Code, and what is said between two of them, belongs to the one in front.
    """
    told = [place for place, pieces in enumerate(regions) if is_instruction(pieces[0].text)]
    if len(told) < _LEAST_STEPS or any(piece.is_item for pieces in regions for piece in pieces):
        return list(regions)
    first, last = told[0], told[-1] + 1
    while last < len(regions) and "\n" in regions[last][0].text:  # code belongs to the last step
        last += 1
    steps = [
        replace(piece, is_item=True, depth=int(place not in told or number > 0))
        for place in range(first, last)
        for number, piece in enumerate(regions[place])
    ]
    return [*regions[:first], steps, *regions[last:]]


def _is_step(heading: str) -> bool:
    """Return whether a heading is a step: it says so, or its number stands before an instruction."""
    return numbers_step(heading) and (not _NUMBERED.match(heading) or is_instruction(heading))


def _whole(one: Candidate, place: int) -> list[Piece]:
    block = one.blocks[place]
    end = min(block.end, one.passage.end)
    return [Piece(start=block.start, end=end, text=one.passage.between(block.start, end))]


def _is_numbered(text: str) -> bool:
    return number_of(text) is not None or text.casefold().startswith(("step ", "步骤"))


def _is_text(block: PlacedBlock, path: tuple[str, ...]) -> bool:
    return block.kind is not BlockKind.HEADING and block.path == path


def _is_item(block: PlacedBlock) -> bool:
    return block.kind is BlockKind.LIST_ITEM
