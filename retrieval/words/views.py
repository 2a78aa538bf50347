"""The views of a chunk: which terms of it, of its headings and of its neighbours are indexed together.

`body` is the chunk itself, `text` the chunk with its title and headings, and `around` those with the
neighbours of the chunk, because an answer often continues a text that has the words of the question.
`characters` are the single characters of `text` in a script that is cut into bigrams.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

from core.text.language import cjk_share, terms
from core.values.documents import BlockKind
from core.values.search import IndexEntry

VIEWS = ("body", "text", "around", "characters")
# Chunks on either side that are part of `around`. On SciFact's train claims (see docs/retrieval.md)
# nDCG@10 of the fusion is 0.727 without neighbours, 0.731 with one, 0.733 with two.
_NEIGHBOURS = 2
# Between the parts of the stored form; no term has it.
_PART = "\n"


@dataclass(frozen=True, slots=True)
class ChunkTerms:
    """The terms of a chunk, each list in reading order."""

    context: list[str]
    """The terms of its title and headings."""
    body: list[str]
    beside: list[str]
    """The terms of its neighbours in the document; a table row has none."""

    def view(self, name: str) -> list[str]:
        """Return the terms of one of `VIEWS`."""
        if name == "body":
            return self.body
        text = [*self.context, *self.body]
        if name == "characters":
            return characters(text)
        return text if name == "text" else [*text, *self.beside]

    def stored(self) -> bytes:
        """Return the terms as an index stores them beside its postings."""
        return _PART.join(map(" ".join, (self.context, self.body, self.beside))).encode()


def read_terms(stored: bytes) -> ChunkTerms:
    """Return the terms of a chunk from their stored form."""
    context, body, beside = stored.decode().split(_PART)
    return ChunkTerms(context.split(), body.split(), beside.split())


def chunk_terms(entries: Sequence[IndexEntry]) -> Iterator[ChunkTerms]:
    """Yield the terms of each entry; the entries of a document must be in reading order."""
    bodies = [terms(entry.text) for entry in entries]
    for position, entry in enumerate(entries):
        beside = [term for row in _beside(entries, position) for term in bodies[row]]
        yield ChunkTerms(terms(entry.context), bodies[position], beside)


def characters(words: Sequence[str]) -> list[str]:
    """Return the characters of the bigrams among `words`; overlapping bigrams give a character once."""
    found: list[str] = []
    for word, follower in pairwise([*words, ""]):
        if is_cjk(word):
            found.extend(word[:1] if word[1:] == follower[:1] else word)
    return found


def is_cjk(term: str) -> bool:
    """Return whether a term has a Chinese, Japanese or Korean character."""
    return cjk_share(term) > 0


def _beside(entries: Sequence[IndexEntry], position: int) -> Iterator[int]:
    """Yield the positions of the neighbours of an entry; a table row has none."""
    if entries[position].kind is BlockKind.ROW:
        return
    for row in range(max(0, position - _NEIGHBOURS), min(len(entries), position + _NEIGHBOURS + 1)):
        if row != position and entries[row].document_id == entries[position].document_id:
            yield row
