"""Candidates: the sentences of passages that could answer a question, each with its heading."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property

from core.text.language import is_identifier, sentences, terms
from core.values.answers import Passage
from core.values.documents import BlockKind

CELL_SEPARATOR = " | "
# A passage does not mark its headings: they are recognized by few words and no full stop.
_HEADING_WORDS = 12
_HEADING_CHARACTERS = 100
_CLOSED = re.compile(r"[.!?:;,。！？：；，]$")
_ASKS = re.compile(r"[?？][\"'”’)」』）]*$")
_LEADS_IN = re.compile(r"[:：]$")
# A form's label, with the line that is printed to write on; it names what is asked for and does not say it.
_LABEL = re.compile(r"[:：][\s_.…·‥]*$")
_TO_WRITE_ON = re.compile(r"[\s_.…·‥]*")
_LABEL_WORDS, _LABEL_CHARACTERS = 6, 40
# The signal words of ISO 3864 and ANSI Z535. A warning is kept whole: half of one is worse than none.
_WARNS = re.compile(r"(?:danger|warning|caution|危险|警告|注意)\b\s*[:：!！]", re.IGNORECASE)
# The most characters of a warning, or of a lead-in such as "To reset the drive:" with its list.
_LIST_CHARACTERS = 700


@dataclass(frozen=True, kw_only=True)
class Candidate:
    """A sentence, a table row, or a lead-in with its list."""

    passage_number: int
    """The 0-based place of the passage among those given."""
    passage: Passage
    start: int
    """Offset in the stored text of the document, as `end`."""
    end: int
    heading: str
    """The last heading above it in the passage; empty if there is none."""

    @cached_property
    def text(self) -> str:
        """The text as it stands in the document."""
        return self.passage.text[self.start - self.passage.start : self.end - self.passage.start]

    @cached_property
    def words(self) -> frozenset[str]:
        """The terms of the text."""
        return frozenset(terms(self.text))

    @cached_property
    def known_words(self) -> frozenset[str]:
        """The terms of the text and of the headings above it."""
        return self.words | frozenset(terms(f"{self.passage.context}\n{self.heading}"))

    @cached_property
    def all_words(self) -> frozenset[str]:
        """The terms of the text, the headings above it and the chunk it stands in."""
        return self.known_words | frozenset(terms(self.passage.chunk_text))

    @cached_property
    def keys(self) -> frozenset[str]:
        """The identifiers that begin a cell, if this is a table row."""
        if self.passage.kind is not BlockKind.ROW:
            return frozenset()
        cells = (terms(cell) for cell in self.text.split(CELL_SEPARATOR))
        return frozenset(cell[0] for cell in cells if cell and is_identifier(cell[0]))

    @property
    def label(self) -> str:
        """The first cell with a letter in it, if this is a table row: the subject of the row."""
        if self.passage.kind is not BlockKind.ROW:
            return ""
        cells = (cell for cell in self.text.split(CELL_SEPARATOR) if any(map(str.isalpha, cell)))
        return next(cells, "")

    @property
    def readable(self) -> str:
        """The text for an answer; in a table row, each cell follows the name of its column."""
        lines = self.passage.context.split("\n")
        if self.passage.kind is not BlockKind.ROW or len(lines) < 2:
            return self.text
        names, cells = lines[-1].split(CELL_SEPARATOR), self.text.split(CELL_SEPARATOR)
        if len(names) < len(cells):
            return self.text
        pairs = zip(names, cells, strict=False)  # the empty cells at a row's end are not stored
        return "; ".join(f"{name}: {cell}" if name else cell for name, cell in pairs if cell)


def candidates(passages: Sequence[Passage]) -> list[Candidate]:
    """Return the candidates in the order of the passages, each place once.

    Headings, questions and labels alone are left out: they name a subject and state no fact.
    """
    found: dict[tuple[int, int, int], Candidate] = {}
    for number, passage in enumerate(passages):
        for start, end, heading in _spans(passage):
            place = (passage.document_id, passage.start + start, passage.start + end)
            found.setdefault(
                place,
                Candidate(
                    passage_number=number, passage=passage, start=place[1], end=place[2], heading=heading
                ),
            )
    return list(found.values())


def _spans(passage: Passage) -> Iterator[tuple[int, int, str]]:
    if passage.kind is BlockKind.ROW:
        if not _is_label_row(passage):
            yield 0, len(passage.text), ""
        return
    heading = ""
    spans = sentences(passage.text)
    for position, (start, end) in enumerate(spans):
        text = passage.text[start:end]
        if _is_heading(passage.text, start, end):
            heading = text
        elif not _ASKS.search(text):
            whole = _end(passage.text, spans, position)
            if not _is_label(passage.text[start:whole]):
                yield start, whole, heading


def _end(text: str, spans: Sequence[tuple[int, int]], position: int) -> int:
    """Return the end of a candidate: a lead-in includes its list, a warning the rest of its line."""
    start, end = spans[position]
    if _LEADS_IN.search(text[start:end]):
        return _list_end(text, spans, position)
    if not _WARNS.match(text, start):
        return end
    of_line = [stop for _, stop in spans[position:] if "\n" not in text[start:stop]]
    return max((stop for stop in of_line if stop - start <= _LIST_CHARACTERS), default=end)


def _is_heading(text: str, start: int, end: int) -> bool:
    """Return whether a text between two blank lines looks like a heading."""
    alone = text[max(0, start - 2) : start] in {"", "\n\n"}
    followed = text[end : end + 2] == "\n\n"
    piece = text[start:end]
    short = len(piece) <= _HEADING_CHARACTERS and len(piece.split()) <= _HEADING_WORDS
    return alone and followed and short and not _CLOSED.search(piece)


def _is_label(text: str) -> bool:
    """Return whether each line is a label without what belongs to it."""
    return all(_LABEL.search(line) for line in text.split("\n") if line.strip())


def _is_label_row(passage: Passage) -> bool:
    """Return whether only the label of a table row is filled in."""
    cells = [cell for cell in passage.text.split(CELL_SEPARATOR) if not _TO_WRITE_ON.fullmatch(cell)]
    if len(cells) != 1 or _LABEL.search(cells[0]):
        return len(cells) < 2
    _, _, header = passage.context.rpartition("\n")
    is_short = len(cells[0].split()) <= _LABEL_WORDS and len(cells[0]) <= _LABEL_CHARACTERS
    return CELL_SEPARATOR in header and is_short and not _CLOSED.search(cells[0])


def _list_end(text: str, spans: Sequence[tuple[int, int]], position: int) -> int:
    """Return the end of the list behind a lead-in: at the first blank line, or at the longest length."""
    start, last = spans[position]
    for next_start, next_end in spans[position + 1 :]:
        gap = text[last:next_start]
        parted = "\n\n" in gap and last != spans[position][1]
        if parted or next_end - start > _LIST_CHARACTERS:
            break
        last = next_end
    return last
