"""Disagreements between documents: one supersedes another, or two give different numbers for one thing.

An answer shows them. No sentence is taken from a superseded document whose successor was found. If an
answer gives a number and another document gives another for the same thing, both are shown, with their
owners and dates.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

from core.store.documents.supersession import Successor
from core.text.language import sentences
from core.text.statements import are_of_other_things, differ, statement
from core.values.answers import Answer, Citation, Disagreement, Passage, Superseded
from core.values.documents import BlockKind
from core.values.notices import MORE_DISAGREE

# The most disagreements that are shown with an answer; of more, a notice says that they exist.
_MOST = 3


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
    """Return the passages of other documents that disagree with the citations, each once.

    A passage that says the same as one of the citations agrees with the answer, whatever the others say.
    """
    found: dict[tuple[int, tuple[int, int]], Disagreement] = {}
    cited = {(citation.document_id, citation.span) for citation in citations}
    agreed = {statement(citation.quote) for citation in citations}
    for number, citation in enumerate(citations):
        said, above = statement(citation.quote), _above(citation, passages)
        for passage, other in _others(citation, passages):
            place, stated = (other.document_id, other.span), statement(other.quote)
            if place in cited or place in found or stated in agreed or not differ(said, stated):
                continue
            if not _under_other_things(above, (passage.title, *passage.headings_at(other.span[0]))):
                found[place] = Disagreement(number, other)
    return tuple(found.values())


def _others(citation: Citation, passages: Sequence[Passage]) -> Iterator[tuple[Passage, Citation]]:
    """Yield the sentences and table rows of other documents, each with its passage."""
    for passage in passages:
        if passage.document_id == citation.document_id:
            continue
        if passage.kind is BlockKind.ROW:
            yield passage, passage.cite(passage.chunk_start, passage.chunk_end)
            continue
        for start, end in sentences(passage.text):
            yield passage, passage.cite(passage.start + start, passage.start + end)


def _above(citation: Citation, passages: Sequence[Passage]) -> tuple[str, ...]:
    """Return the title and the headings above a citation, as far as a passage shows them."""
    for passage in passages:
        if passage.document_id == citation.document_id and passage.start <= citation.span[0] < passage.end:
            return (passage.title, *passage.headings_at(citation.span[0]))
    return (citation.title,)


def _under_other_things(above: Sequence[str], others: Sequence[str]) -> bool:
    """Return whether two titles, or two headings, name two things of one kind."""
    return any(are_of_other_things(one, other) for one in above for other in others)
