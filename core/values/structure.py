"""The structure of a text: which headings stand above each of its blocks, and how it is kept.

A version keeps the kind, the level and the offsets of its blocks. A passage gets those that it shows, each
with the headings above it.
"""

import re
import struct
import zlib
from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from core.values.documents import Block, BlockKind

# Their order is part of the stored form.
_KINDS = (BlockKind.HEADING, BlockKind.PARAGRAPH, BlockKind.LIST_ITEM, BlockKind.ROW, BlockKind.CODE)
_HEADING = _KINDS.index(BlockKind.HEADING)
# The level of text: it stands below headings of every level, 1..6.
_BELOW_HEADINGS = 7
_ENTRY = struct.Struct("<BBII")

_STEP_HEADING = re.compile(
    r"\W*(?:(?:step|schritt)\s*\d|步骤\s*[\d一二三四五六七八九十]|第\s*[\d一二三四五六七八九十]+\s*步|\d{1,2}[.)、]\s*\D)",
    re.IGNORECASE,
)

Entry = tuple[int, int, int, int]
"""A block as it is kept: the place of its kind among `_KINDS`, its level, its start and its end."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PlacedBlock:
    """A block of a version's text, with the headings above it."""

    kind: BlockKind
    start: int
    """The 0-based offset of its first character in the version's stored text."""
    end: int
    """The offset behind its last character."""
    level: int = 0
    """1..6 for a heading; the 0-based depth for a list item."""
    path: tuple[str, ...] = ()
    """The headings above it, the outermost first; a heading is not above itself."""


def numbers_step(heading: str) -> bool:
    """Return whether a heading has a step's number: `Step 2: Fill the tank`, `2. Fill the tank`."""
    return bool(_STEP_HEADING.match(heading))


def packed_blocks(blocks: Iterable[Block]) -> bytes:
    """Return blocks in reading order as they are kept: zlib-compressed kind, level, start and end of each."""
    entries = (_ENTRY.pack(_KINDS.index(one.kind), min(one.level, 255), one.start, one.end) for one in blocks)
    return zlib.compress(b"".join(entries))


class Structure:
    """The kept blocks of a version, and its text."""

    def __init__(self, text: str, packed: bytes) -> None:
        """Read what `packed_blocks` returned for the blocks of `text`."""
        self._text = text
        self._entries: list[Entry] = list(_ENTRY.iter_unpack(zlib.decompress(packed)))
        self._starts = [start for _, _, start, _ in self._entries]

    def between(self, start: int, end: int) -> tuple[PlacedBlock, ...]:
        """Return the blocks that have a character between two offsets, in reading order."""
        first, last = self._within(start, end)
        path = self._headings_above(first)
        return tuple(self._placed(self._entries[first:last], path))

    def section(self, start: int, end: int, most: int) -> tuple[int, int]:
        """Return the offsets of the section around two offsets: from its heading to before the next one.

        It contains the sections below it. Around a step that a heading numbers, it is the section of all
        steps. If it has more than `most` characters, it is the smaller one, or the two as they are.
        """
        first, last = self._within(start, end)
        above = self._headings_above(first)
        if first < last and self._entries[first][0] == _HEADING:
            above = [*above, self._entries[first]]
        is_step = len(above) > 1 and numbers_step(self._text[above[-1][2] : above[-1][3]])
        for around in (above[:-1], above) if is_step else (above,):
            begin, stop = self._extent(around, start, end, last)
            if stop - begin <= most:
                return begin, stop
        return start, end

    def _extent(self, above: Sequence[Entry], start: int, end: int, last: int) -> tuple[int, int]:
        """Return the offsets of the section below the last of some headings, which holds two offsets."""
        level, begin = (above[-1][1], above[-1][2]) if above else (0, 0)
        while last < len(self._entries) and not self._ends(level, last):
            last += 1
        return min(begin, start), max(end, self._entries[last - 1][3] if last else end)

    def _ends(self, level: int, place: int) -> bool:
        kind, own, *_ = self._entries[place]
        return kind == _HEADING and own <= level

    def _within(self, start: int, end: int) -> tuple[int, int]:
        """Return the places of the first block that ends behind `start`, and behind the last before `end`."""
        first = max(0, bisect_right(self._starts, start) - 1)
        while first < len(self._entries) and self._entries[first][3] <= start:
            first += 1
        return first, max(first, bisect_left(self._starts, end))

    def _headings_above(self, place: int) -> list[Entry]:
        found: list[Entry] = []
        own = self._entries[place] if place < len(self._entries) else None
        least = own[1] if own and own[0] == _HEADING else _BELOW_HEADINGS
        for entry in reversed(self._entries[:place]):
            if least <= 1:
                break
            if entry[0] == _HEADING and entry[1] < least:
                found.append(entry)
                least = entry[1]
        return found[::-1]

    def _placed(self, entries: Sequence[Entry], above: list[Entry]) -> Iterator[PlacedBlock]:
        path = list(above)
        for kind, level, start, end in entries:
            if kind == _HEADING:
                path = [one for one in path if one[1] < level]
            names = tuple(self._text[one[2] : one[3]] for one in path)
            yield PlacedBlock(kind=_KINDS[kind], start=start, end=end, level=level, path=names)
            if kind == _HEADING:
                path.append((kind, level, start, end))
