"""Candidates: the sentences of passages that could answer a question, each with the headings above it."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property

from core.text.definitions import defined
from core.text.language import is_identifier, sentences, terms
from core.values.answers import PATH, Passage
from core.values.documents import CELL_SEPARATOR, BlockKind
from core.values.structure import PlacedBlock
from llm.extractive.labels import is_label, is_label_row, is_name, is_warning
from llm.extractive.structure import blocks_of, leads_in, list_around, list_behind

_ASKS = re.compile(r"[?？][\"'”’)」』）]*$")
# The most characters of a warning, which is kept whole because half of one is worse than none, and of a
# lead-in with its list where they are weighed.
_LIST_CHARACTERS = 700


# More than ten methods: one for each view of a sentence that is measured, computed once.
@dataclass(frozen=True, kw_only=True)
class Candidate:
    """A sentence, a table row, or a lead-in with the beginning of its list."""

    passage_number: int
    """The 0-based place of the passage among those given."""
    passage: Passage
    start: int
    """Offset in the stored text of the document, as `end`."""
    end: int
    place: int
    """The 0-based place of its block among those of the passage."""
    blocks: tuple[PlacedBlock, ...]
    """The blocks of the passage."""
    above_words: frozenset[str]
    """The terms of the title, the headings above it and, for a row, its table's header."""
    chunk_words: frozenset[str]
    """The terms of the chunk that was found."""

    @property
    def block(self) -> PlacedBlock:
        """The block that it stands in."""
        return self.blocks[self.place]

    @property
    def path(self) -> tuple[str, ...]:
        """The headings above it, the outermost first."""
        return self.block.path

    @property
    def is_row(self) -> bool:
        """Whether it is a table row."""
        return self.block.kind is BlockKind.ROW

    @cached_property
    def text(self) -> str:
        """The text as it stands in the document."""
        return self.passage.between(self.start, self.end)

    @cached_property
    def words(self) -> frozenset[str]:
        """The terms of the text."""
        return frozenset(terms(self.text))

    @property
    def known_words(self) -> frozenset[str]:
        """The terms of the text and of what stands above it."""
        return self.words | self.above_words

    @property
    def all_words(self) -> frozenset[str]:
        """The terms of the text, the headings above it and the chunk it stands in."""
        return self.words | self.above_words | self.chunk_words

    @cached_property
    def keys(self) -> frozenset[str]:
        """The identifiers that begin a cell, if this is a table row."""
        if not self.is_row:
            return frozenset()
        cells = (terms(cell) for cell in self.text.split(CELL_SEPARATOR))
        return frozenset(cell[0] for cell in cells if cell and is_identifier(cell[0]))

    @cached_property
    def defined(self) -> frozenset[str]:
        """The identifiers that it says the meaning of, by itself or as part of the section below one."""
        if self.is_row:
            return defined(BlockKind.ROW, self.passage.context, self.text)
        return defined(self.block.kind, PATH.join((self.passage.title, *self.path)), self.text)

    @cached_property
    def lead(self) -> str:
        """The innermost heading above it and, of a list item, the text in front of its list."""
        nearest = self.path[-1] if self.path else ""
        if self.block.kind is not BlockKind.LIST_ITEM:
            return nearest
        first, _ = list_around(self.blocks, self.place, self.passage)
        before = self.blocks[first - 1] if first else None
        if before is None or before.kind is not BlockKind.PARAGRAPH:
            return nearest
        return f"{nearest}\n{self.passage.between(before.start, before.end)}"

    @property
    def label(self) -> str:
        """The first cell with a letter in it, if this is a table row: the subject of the row."""
        if not self.is_row:
            return ""
        cells = (cell for cell in self.text.split(CELL_SEPARATOR) if any(map(str.isalpha, cell)))
        return next(cells, "")

    @cached_property
    def cells(self) -> tuple[tuple[str, str], ...]:
        """The cells of a table row, each with the name of its column; empty if their number differs."""
        return _named_cells(self.passage, self.text) if self.is_row else ()

    @property
    def readable(self) -> str:
        """The text for an answer; in a table row, each cell follows the name of its column."""
        return readable_row(self.passage, self.text) if self.is_row else self.text


def readable_row(passage: Passage, text: str) -> str:
    """Return a table row with the name of its column before each cell; any other text as it is."""
    named = [f"{name}: {cell}" if name else cell for name, cell in _named_cells(passage, text) if cell]
    return "; ".join(named) or text


def _named_cells(passage: Passage, text: str) -> tuple[tuple[str, str], ...]:
    lines = passage.context.split("\n")
    names, cells = _cells(lines[-1]), _cells(text)
    if len(lines) < 2 or len(names) < len(cells):
        return ()
    return tuple(zip(names, cells, strict=False))  # the empty cells at a row's end are not stored


def _cells(line: str) -> list[str]:
    """Return the cells of a row as it is stored; of an empty first one, only the separator is left."""
    return (
        f" {line}".split(CELL_SEPARATOR)
        if line.startswith(CELL_SEPARATOR.lstrip())
        else line.split(CELL_SEPARATOR)
    )


def candidates(passages: Sequence[Passage]) -> list[Candidate]:
    """Return the candidates of the chunks found and their neighbours, in order, each place once.

    Headings, questions and labels alone are left out: they name a subject and state no fact.
    """
    found: dict[tuple[int, int, int], Candidate] = {}
    for number, passage in enumerate(passages):
        for one in _of_passage(number, passage):
            found.setdefault((passage.document_id, one.start, one.end), one)
    return list(found.values())


def _of_passage(number: int, passage: Passage) -> Iterator[Candidate]:
    blocks, chunk_words = blocks_of(passage), frozenset(terms(passage.chunk_text))
    above: dict[str, frozenset[str]] = {}
    for place, start, end in _spans(passage, blocks):
        head = _head(passage, blocks[place])
        if head not in above:
            above[head] = frozenset(terms(head))
        yield Candidate(
            passage_number=number,
            passage=passage,
            start=start,
            end=end,
            place=place,
            blocks=blocks,
            above_words=above[head],
            chunk_words=chunk_words,
        )


def _head(passage: Passage, block: PlacedBlock) -> str:
    """Return the title, the headings above a block and, for a row, its table's header, each on a line."""
    is_known = passage.blocks and block.kind is not BlockKind.ROW
    return "\n".join((passage.title if is_known else passage.context, *block.path))


def _spans(passage: Passage, blocks: tuple[PlacedBlock, ...]) -> Iterator[tuple[int, int, int]]:
    """Yield `(place, start, end)` of each candidate: the place of its block, and its offsets."""
    first, last = passage.near or (passage.start, passage.end)
    for place, block in enumerate(blocks):
        start, end = max(block.start, first), min(block.end, last)
        if start >= end or block.kind is BlockKind.HEADING:
            continue
        if block.kind is not BlockKind.ROW:
            yield from _stated_in(passage, blocks, place, (start, end))
        elif not is_label_row(passage, passage.between(start, end)):
            yield place, start, end


def _stated_in(
    passage: Passage, blocks: tuple[PlacedBlock, ...], place: int, within: tuple[int, int]
) -> Iterator[tuple[int, int, int]]:
    for start, end in stated(passage, *within):
        whole = _with_list(passage, blocks, place, (start, end))
        text = passage.between(start, whole)
        names_the_rest = whole < blocks[place].end and is_name(text)
        if not is_label(text) and not names_the_rest and text != passage.title:
            yield place, start, whole


def stated(passage: Passage, start: int, end: int) -> Iterator[tuple[int, int]]:
    """Yield the offsets of the sentences of a block that state something."""
    text = passage.between(start, end)
    spans = sentences(text)
    for position, (first, last) in enumerate(spans):
        if not _ASKS.search(text[first:last]):
            yield start + first, start + _warning_end(text, spans[position:])


def _warning_end(text: str, spans: Sequence[tuple[int, int]]) -> int:
    """Return the end of the first sentence; if it begins a warning, that of its line."""
    start, end = spans[0]
    if not is_warning(text[start:]):
        return end
    of_line = [stop for _, stop in spans if "\n" not in text[start:stop]]
    return max((stop for stop in of_line if stop - start <= _LIST_CHARACTERS), default=end)


def _with_list(passage: Passage, blocks: tuple[PlacedBlock, ...], place: int, span: tuple[int, int]) -> int:
    """Return the end of a candidate: a lead-in includes as much of its list as can be weighed."""
    start, end = span
    if end < blocks[place].end or not leads_in(passage.between(start, end)):
        return end
    inside = blocks[place + 1 : list_behind(blocks, place + 1, passage)]
    if blocks[place].kind is BlockKind.LIST_ITEM and not (inside and inside[0].level > blocks[place].level):
        return end
    fitting = [one.end for one in inside if one.end - start <= _LIST_CHARACTERS and one.end <= passage.end]
    return max(fitting, default=end)
