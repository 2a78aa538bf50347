"""Copies: the same text in several documents is one proof, and each of its places is named."""

from collections.abc import Mapping, Sequence

from core.values.answers import Citation, Passage
from core.values.notices import Notice, same_text

Copies = Mapping[int, Sequence[str]]
"""The URIs of the documents with the same text, by the id of the document that is cited."""


def without_copies(passages: Sequence[Passage]) -> tuple[list[Passage], Copies]:
    """Return the passages in order, without those whose text an earlier one of another document has.

    A copy has the same title and headings too: the same sentence of another device's manual is no copy.
    """
    first: dict[tuple[str, str], Passage] = {}
    copies: dict[int, dict[str, None]] = {}
    kept = list[Passage]()
    for passage in passages:
        one = first.setdefault((passage.context, passage.chunk_text), passage)
        if one.document_id == passage.document_id:
            kept.append(passage)
        else:
            copies.setdefault(one.document_id, {})[passage.uri] = None
    return kept, {document: list(uris) for document, uris in copies.items()}


def copy_notices(citations: Sequence[Citation], copies: Copies) -> tuple[Notice, ...]:
    """Return a notice for each cited document whose text other documents have too."""
    cited = dict.fromkeys((one.document_id, one.title) for one in citations)
    return tuple(same_text(title, copies[document]) for document, title in cited if document in copies)
