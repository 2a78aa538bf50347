"""Disagreements between documents: one supersedes another, or two give different numbers for one thing.

An answer shows them. No sentence is taken from a superseded document whose successor was found. If an
answer gives a number and another document gives another for the same thing, both are shown, with their
owners and dates.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from core.store.documents.supersession import Successor
from core.text.identifiers import identifiers
from core.text.language import sentences, terms
from core.values.answers import Answer, Citation, Disagreement, Passage, Superseded
from core.values.documents import BlockKind
from core.values.notices import MORE_DISAGREE

# Two sentences are about one thing if they share this part of their words, and this many, without numbers.
_ALIKE = 0.6
_FEWEST_SHARED = 3
_NUMBER = re.compile(r"\d+(?:[.,:]\d+)*")
# The most disagreements that are shown with an answer; of more, a notice says that they exist.
_MOST = 3


@dataclass(frozen=True, slots=True)
class _Said:
    """A sentence or a table row in the parts that are compared."""

    words: frozenset[str]
    named: frozenset[str]
    """Its identifiers."""
    numbers: tuple[str, ...]
    """Its other numbers, in order."""


def in_force(passages: Sequence[Passage], successors: Mapping[int, Successor]) -> list[Passage]:
    """Return the passages in order, without those of superseded documents whose successor is among them."""
    found = {passage.document_id for passage in passages}
    return [
        passage
        for passage in passages
        if passage.document_id not in successors or successors[passage.document_id].document_id not in found
    ]


def with_disagreements(
    answer: Answer, passages: Sequence[Passage], successors: Mapping[int, Successor]
) -> Answer:
    """Return the answer with the disagreements of other documents and the superseded documents it shows."""
    every = disagreements(answer.citations, passages)
    found = every[:_MOST]
    shown = {cited.document_id: cited.title for cited in (*answer.citations, *(one.other for one in found))}
    return replace(
        answer,
        disagreements=found,
        notices=(*answer.notices, *((MORE_DISAGREE,) if len(every) > _MOST else ())),
        superseded=tuple(
            _superseded(document, title, successors[document])
            for document, title in shown.items()
            if document in successors
        ),
    )


def _superseded(document: int, title: str, by: Successor) -> Superseded:
    day = by.metadata.day.isoformat() if by.metadata.day else ""
    return Superseded(
        document_id=document,
        title=title,
        by_document_id=by.document_id,
        by=by.title,
        day=day,
        owner=by.metadata.owner,
        claimed=by.metadata.claimed,
    )


def disagreements(citations: Sequence[Citation], passages: Sequence[Passage]) -> tuple[Disagreement, ...]:
    """Return the passages of other documents that disagree with the citations, each once."""
    found: dict[tuple[int, tuple[int, int]], Disagreement] = {}
    cited = {(citation.document_id, citation.span) for citation in citations}
    for number, citation in enumerate(citations):
        said = _said(citation.quote)
        for other in _others(citation, passages):
            place = other.document_id, other.span
            if place not in cited and place not in found and _differ(said, _said(other.quote)):
                found[place] = Disagreement(number, other)
    return tuple(found.values())


def _others(citation: Citation, passages: Sequence[Passage]) -> Iterator[Citation]:
    """Yield the sentences and table rows of other documents."""
    for passage in passages:
        if passage.document_id == citation.document_id:
            continue
        if passage.kind is BlockKind.ROW:
            yield passage.cite(passage.chunk_start, passage.chunk_end)
            continue
        for start, end in sentences(passage.text):
            yield passage.cite(passage.start + start, passage.start + end)


def _differ(one: _Said, other: _Said) -> bool:
    """Return whether two sentences are about one thing and give different numbers."""
    if one.named != other.named or not one.numbers or one.numbers == other.numbers:
        return False
    if len(one.numbers) != len(other.numbers):
        return False
    shared = len(one.words & other.words)
    return shared >= _FEWEST_SHARED and shared >= _ALIKE * max(len(one.words), len(other.words))


def _said(text: str) -> _Said:
    named = identifiers(text)
    rest = text
    for written in named.values():
        rest = rest.replace(written, " ")
    words = (term for term in terms(rest) if not term[0].isdigit())
    return _Said(frozenset(words), frozenset(named), tuple(_NUMBER.findall(rest)))
