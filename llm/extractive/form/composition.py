"""The composition of an answer: which regions of the documents are said, in the form that is wanted."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from core.text.length import words_in
from core.text.prohibitions import forbids_what_follows
from core.values.answers import DraftSentence
from core.values.documents import BlockKind
from core.values.forms import BlockForm, Shape
from llm.extractive.candidates import Candidate
from llm.extractive.evidence import SentenceEvidence
from llm.extractive.form.regions import (
    Piece,
    as_steps,
    is_ordered,
    items,
    key_of,
    lead_of,
    list_in_passage,
    list_in_section,
    list_of,
    paragraph,
    paragraphs,
    placed_at,
    regions_between,
    section_of,
    steps_by_heading,
)
from llm.extractive.labels import asks_revision, is_footer, is_warning
from llm.extractive.polarity import is_contrary
from llm.extractive.question_kind import OF_LISTS, OF_SECTIONS, Want, want_of
from llm.extractive.structure import leads_in, list_behind
from llm.extractive.subjects import Subjects
from llm.extractive.support import support

Weighed = tuple[Candidate, SentenceEvidence]
Region = tuple[BlockForm, list[Piece]]

# A paragraph with so few words is said as a whole.
_SHORT_WORDS = 60
# A section with so few words is said as a whole, where more than one fact is wanted.
_SECTION_WORDS = 120
# The share of the words that the end of a list may add, so that no step is missing.
_OVERRUN = 0.25
# A lead-in with more words is a paragraph of its own.
_LEAD_WORDS = 30
_OF_FACTS = frozenset({Want.FACT, Want.YES_NO})
# The beginning of a sentence that limits the one in front of it, and of one that cannot be read without it.
_LIMITS = re.compile(
    r"(?:but|however|except|unless|otherwise|if|in (?:this|that) case|this (?:does|applies)|only)\b"
    r"|但|不过|除非|除外|否则|如果|若|此时|仅",
    re.IGNORECASE,
)
_LEANS = re.compile(
    r"(?:but|however|otherwise|this|that|these|it|they)\b|但|不过|否则|此时|它", re.IGNORECASE
)


@dataclass(frozen=True, slots=True, kw_only=True)
class DraftBlock:
    """A part of an answer in the making."""

    form: BlockForm
    by: Candidate
    """The candidate that it is made around."""
    pieces: tuple[Piece, ...]
    support: float
    more: int = 0
    """How many items of the list are left out at its end."""


class Composition:
    """Makes the blocks of an answer, within a number of words."""

    def __init__(self, question: str, most_words: int) -> None:
        """Compose about `most_words` at most; the beginning of what answers best is always said."""
        self._question = question
        self._want = want_of(question)
        self._subjects = Subjects(question, ())
        self._left = float(most_words)
        self._rest = _OVERRUN * most_words
        self._said: set[tuple[int, int, int]] = set()
        self.blocks: list[DraftBlock] = []

    def add(self, weighed: Weighed) -> None:
        """Add the region around a candidate, unless it is said already."""
        one, evidence = weighed
        if self._is_said(one.passage.document_id, one.start, one.end):
            return
        for form, pieces in self._regions(one):
            self._take(form, pieces, one, support(evidence))

    def says(self, one: Candidate) -> bool:
        """Return whether the beginning of a candidate is said already."""
        return self._is_said(one.passage.document_id, one.start, one.start)

    def _regions(self, one: Candidate) -> list[Region]:
        if one.is_row:
            return [(BlockForm.ROW, [Piece(start=one.start, end=one.end, text=one.readable)])]
        found = list_of(one)
        if self._want in _OF_FACTS and one.block.kind is BlockKind.LIST_ITEM and found:
            return [self._item(one, found)]
        if self._want in OF_SECTIONS:
            return self._section(one)
        return [self._list(one, found)] if found else self._prose(one)

    def _item(self, one: Candidate, found: tuple[int, int]) -> Region:
        """Return one item of a list, with the sentence that leads it in."""
        lead = [
            piece
            for piece in lead_of(one, found[0])
            if words_in(piece.text) <= _LEAD_WORDS or forbids_what_follows(piece.text)
        ]
        [item, *_] = items(one, one.place, one.place + 1)
        return BlockForm.LIST, [*lead, replace(item, depth=0)]

    def _list(self, one: Candidate, found: tuple[int, int]) -> Region:
        pieces = [*lead_of(one, found[0]), *items(one, *found)]
        return self._form(pieces), pieces

    def _form(self, pieces: Sequence[Piece]) -> BlockForm:
        if not any(piece.is_item for piece in pieces):
            return BlockForm.PARAGRAPH
        if any(forbids_what_follows(piece.text) for piece in pieces if not piece.is_item):
            return BlockForm.LIST  # what is forbidden has no order
        return BlockForm.STEPS if self._want is Want.STEPS or is_ordered(pieces) else BlockForm.LIST

    def _section(self, one: Candidate) -> list[Region]:
        """Return the regions of a candidate's section: in order, or what answers first if it is long.

        What answers is, for steps and lists, the list with the warnings in front of it, and otherwise the
        paragraph. If the section has no list of steps, they are those that headings name, or the next list.
        """
        first, last = section_of(one)
        own = list_of(one)
        if own and self._want is Want.LIST:
            return [self._list(one, own)]
        found = own or (list_in_section(one) if self._want in OF_LISTS else None)
        if self._want is Want.STEPS and not found:
            return self._steps_without_list(one)
        regions = [pieces for pieces in regions_between(one, first, last) if pieces]
        if self._want is not Want.STEPS and _words(*regions) > _SHORT_WORDS:
            regions = _answering_first(regions, one, found)
        elif found and _words(*regions) > _SECTION_WORDS:
            regions = _from_list(one, found[0])
        return self._formed(regions)

    def _steps_without_list(self, one: Candidate) -> list[Region]:
        """Return the steps that headings name, the next list of the passage, or instructions in a row."""
        if by_heading := steps_by_heading(one):
            return [(BlockForm.STEPS, by_heading)]
        if found := list_in_passage(one):
            return [*self._formed(_warnings(one, section_of(one)[0], found[0])), self._list(one, found)]
        regions = as_steps([pieces for pieces in regions_between(one, *section_of(one)) if pieces])
        if any(piece.is_item for pieces in regions for piece in pieces):
            return self._formed(regions)
        return self._formed(_answering_first(regions, one, None))

    def _formed(self, regions: Sequence[list[Piece]]) -> list[Region]:
        return [(self._form(pieces), pieces) for pieces in regions]

    def _prose(self, one: Candidate) -> list[Region]:
        whole = paragraph(one, one.place)
        said = [
            piece for piece in whole if piece.end > one.start
        ]  # code is one piece, with the candidate inside
        if self._want in _OF_FACTS and said:
            return [(BlockForm.PARAGRAPH, _with_condition(whole, len(whole) - len(said)))]
        section = list(regions_between(one, *section_of(one)))
        if _words(*section) <= _SECTION_WORDS:
            return self._formed([pieces for pieces in section if pieces])
        behind = list_behind(one.blocks, one.place + 1, one.passage)
        if whole and behind > one.place + 1 and leads_in(whole[-1].text):
            listed = items(one, one.place + 1, behind)
            return [(self._form(listed), [*said, *listed])]
        return [(BlockForm.PARAGRAPH, whole if _words(whole) <= _SHORT_WORDS else said)]

    def _take(self, form: BlockForm, pieces: Sequence[Piece], one: Candidate, value: float) -> None:
        """Add as many pieces as the words allow; of a list, count the rest."""
        document, kept = one.passage.document_id, list[Piece]()
        new = [
            piece
            for piece in pieces
            if not self._is_said(document, piece.start, piece.end) and self._belongs(piece, one)
        ]
        room = self._room(new, one)
        for piece in new:
            words = words_in(piece.text)
            if words > room and (self.blocks or kept):
                break
            kept.append(piece)
            room -= words
            self._left -= words
            self._said.add((document, piece.start, piece.end))
        more = sum(piece.is_item and not piece.depth for piece in new[len(kept) :])
        if kept:
            self.blocks.append(DraftBlock(form=form, by=one, pieces=tuple(kept), support=value, more=more))

    def _room(self, pieces: Sequence[Piece], one: Candidate) -> float:
        """Return how many words of a region may be said.

        A list that is nearly said is said to its end. One of a further section is said whole or not at all.
        """
        is_list, words = any(piece.is_item for piece in pieces), _words(pieces)
        is_further = bool(self.blocks) and self.blocks[0].by is not one
        if not is_list or self._want not in OF_SECTIONS:
            return self._left
        if is_further:
            return self._left if words <= self._left else -1.0
        return max(self._left, words if words <= self._left + self._rest else 0.0)

    def _belongs(self, piece: Piece, one: Candidate) -> bool:
        """Return whether a piece may be said with a candidate: not the contrary, and of no other thing."""
        if piece.start == one.start:
            return True
        if is_footer(piece.text) and not asks_revision(self._question):
            return False
        placed = placed_at(one, piece)
        if piece.is_item and self._want in OF_LISTS:  # an item may name other things in passing
            key = key_of(placed)
            return key is None or not self._subjects.names_another(key)
        above = f"{one.lead}\n{one.text}" if piece.is_item else one.lead
        contrary = is_contrary(self._question, piece.text, above)
        return not contrary and not self._subjects.names_another(placed)

    def _is_said(self, document: int, start: int, end: int) -> bool:
        return any(where == document and first <= start and end <= last for where, first, last in self._said)


def _answering_first(
    regions: Sequence[list[Piece]], one: Candidate, found: tuple[int, int] | None
) -> list[list[Piece]]:
    """Return regions, in front the list that is wanted or the candidate's own one, the others in order."""
    at = one.blocks[found[0]].start if found else one.start
    answers = [pieces for pieces in regions if pieces[0].start <= at < pieces[-1].end]
    return [*answers, *(pieces for pieces in regions if pieces not in answers)]


def _from_list(one: Candidate, place: int) -> list[list[Piece]]:
    """Return the warnings in front of a list, the list at `place`, and what is behind it in its section."""
    first, last = section_of(one)
    behind = [pieces for pieces in regions_between(one, place, last) if pieces]
    return [*_warnings(one, first, place), *behind]


def _warnings(one: Candidate, first: int, last: int) -> list[list[Piece]]:
    """Return the warnings among the paragraphs between two places."""
    return [pieces for pieces in paragraphs(one, first, last) if pieces and is_warning(pieces[0].text)]


def _words(*regions: Sequence[Piece]) -> float:
    return sum(words_in(piece.text) for pieces in regions for piece in pieces)


def _with_condition(pieces: Sequence[Piece], place: int) -> list[Piece]:
    """Return the sentence at a place of a paragraph, and those behind it that limit it or go on with it.

    If it goes on with the one in front of it, that one too.
    """
    first = place - 1 if place and _LEANS.match(pieces[place].text) else place
    kept = list(pieces[first : place + 1])
    for piece in pieces[place + 1 :]:
        if not _LIMITS.match(piece.text) or words_in(piece.text) > _LEAD_WORDS:
            break
        kept.append(piece)
    return kept


def drafted(blocks: Sequence[DraftBlock], verdict: str = "") -> Iterator[DraftSentence]:
    """Yield the sentences of blocks, each with its own citation and its place in the form.

    `verdict` is `yes`, `no` or `depends`, which the first sentence decides.
    """
    for number, block in enumerate(blocks):
        for place, piece in enumerate(block.pieces):
            last = place == len(block.pieces) - 1
            shape = Shape(
                block=number,
                form=block.form,
                is_item=piece.is_item,
                depth=piece.depth,
                more=block.more if last else 0,
                verdict="" if number or place else verdict,
            )
            cited = (block.by.passage_number, piece.start, piece.end)
            yield DraftSentence(piece.text, (cited,), block.support, shape)
