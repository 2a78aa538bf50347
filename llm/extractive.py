"""The extractive generator: an answer made of sentences that stand in the documents."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property

from core.language import cjk_share, is_identifier, sentences, terms
from core.values import BlockKind, DraftSentence, Passage
from llm.embedder import Embedder, Vectors
from llm.support import SentenceEvidence, relevance, support

Rarity = Callable[[Sequence[str]], Sequence[float]]
"""Gives for each term how much it tells, its inverse document frequency in the whole index."""

# Sentences looked at for one question: bounds the time of the second embedding.
_MOST_CANDIDATES = 96
# A further sentence must reach this part of the best one's support.
_ALSO_WORTH_SAYING = 0.75
# Two sentences that share more of their words than this say the same.
_SAME = 0.7


@dataclass(frozen=True)
class _Candidate:
    """One sentence of one passage."""

    passage_number: int
    passage: Passage
    start: int
    end: int

    @cached_property
    def text(self) -> str:
        return self.passage.text[self.start - self.passage.start : self.end - self.passage.start]

    @cached_property
    def words(self) -> frozenset[str]:
        return frozenset(terms(self.text))

    @cached_property
    def known_words(self) -> frozenset[str]:
        """The sentence's words and those of the headings above it."""
        return self.words | frozenset(terms(self.passage.context))

    @cached_property
    def keys(self) -> frozenset[str]:
        """The identifiers that fill a cell of their own, if this is a table row."""
        if self.passage.kind is not BlockKind.ROW:
            return frozenset()
        cells = (terms(cell) for cell in self.text.split(" | "))
        return frozenset(cell[0] for cell in cells if cell and is_identifier(cell[0]))


class ExtractiveGenerator:
    """Picks the sentences that answer, from several documents if needed, in reading order."""

    name = "extractive"

    def __init__(self, embedder: Embedder, rarity: Rarity, max_sentences: int) -> None:
        self._embedder = embedder
        self._rarity = rarity
        self._max_sentences = max_sentences

    def draft(self, question: str, passages: Sequence[Passage]) -> Iterator[DraftSentence]:
        """Yield at most `max_sentences` sentences that stand in the passages, in reading order.

        The best sentence always comes, however little it says: its support tells how little.
        """
        candidates = _candidates(passages)
        if not candidates:
            return
        evidence = self._evidence(question, candidates)
        first_seen = {c.passage.document_id: c.passage_number for c in reversed(candidates)}
        for row in sorted(
            _choose(candidates, evidence, self._max_sentences),
            key=lambda row: (first_seen[candidates[row].passage.document_id], candidates[row].start),
        ):
            candidate = candidates[row]
            citation = (candidate.passage_number, candidate.start, candidate.end)
            yield DraftSentence(_readable(candidate), (citation,), support(evidence[row]))

    def _evidence(self, question: str, candidates: Sequence[_Candidate]) -> list[SentenceEvidence]:
        words = terms(question)
        rarity = dict(zip(words, self._rarity(words), strict=True))
        likeness = self._likeness(question, candidates)
        identifiers = {word for word in rarity if is_identifier(word)}
        best = max(candidate.passage.score for candidate in candidates) or 1.0
        return [
            SentenceEvidence(
                likeness=likeness[row] if likeness is not None else None,
                coverage=_share(rarity, candidate.words),
                coverage_with_headings=_share(rarity, candidate.known_words),
                passage_rank=candidate.passage.score / best,
                names_what_was_asked=not identifiers or bool(identifiers & _all_words(candidate)),
                looked_up=bool(identifiers & candidate.keys),
            )
            for row, candidate in enumerate(candidates)
        ]

    def _likeness(self, question: str, candidates: Sequence[_Candidate]) -> list[float] | None:
        """Return each sentence's likeness to the question, -1..1; None if the embedder cannot read it."""
        if cjk_share(question) > 0.5 and not self._embedder.tokenizer.reads_cjk:
            return None
        texts = [question, *(candidate.text for candidate in candidates)]
        vectors: Vectors = self._embedder.embed(texts)
        return [float(value) for value in vectors[1:] @ vectors[0]]


def _candidates(passages: Sequence[Passage]) -> list[_Candidate]:
    found: dict[tuple[int, int, int], _Candidate] = {}
    for number, passage in enumerate(passages):
        for start, end in _spans(passage):
            key = (passage.document_id, passage.start + start, passage.start + end)
            found.setdefault(key, _Candidate(number, passage, key[1], key[2]))
    return list(found.values())[:_MOST_CANDIDATES]


def _spans(passage: Passage) -> list[tuple[int, int]]:
    if passage.kind is BlockKind.ROW:
        return [(0, len(passage.text))]
    headings = set(passage.context.split("\n")[0].split(" > "))
    return [(start, end) for start, end in sentences(passage.text) if passage.text[start:end] not in headings]


def _choose(candidates: Sequence[_Candidate], evidence: Sequence[SentenceEvidence], limit: int) -> list[int]:
    """Return the rows of the best sentences that do not repeat one another."""
    chosen: list[int] = []
    order = sorted(
        range(len(candidates)),
        key=lambda row: (not evidence[row].names_what_was_asked, -relevance(evidence[row])),
    )
    floor = support(evidence[order[0]]) * _ALSO_WORTH_SAYING
    for row in order:
        if len(chosen) == limit:
            break
        repeats = any(_alike(candidates[row].words, candidates[other].words) for other in chosen)
        if not chosen or (support(evidence[row]) >= floor and not repeats):
            chosen.append(row)
    return chosen


def _alike(left: frozenset[str], right: frozenset[str]) -> bool:
    smaller = min(len(left), len(right))
    return not smaller or len(left & right) / smaller > _SAME


def _share(rarity: dict[str, float], words: frozenset[str]) -> float:
    total = sum(rarity.values())
    return sum(value for word, value in rarity.items() if word in words) / total if total else 0.0


def _all_words(candidate: _Candidate) -> frozenset[str]:
    return candidate.known_words | frozenset(terms(candidate.passage.chunk_text))


def _readable(candidate: _Candidate) -> str:
    """Return the sentence; a table row with its column names before its cells."""
    lines = candidate.passage.context.split("\n")
    if candidate.passage.kind is not BlockKind.ROW or len(lines) < 2:
        return candidate.text
    names, cells = lines[-1].split(" | "), candidate.text.split(" | ")
    if len(names) != len(cells):
        return candidate.text
    return "; ".join(
        f"{name}: {cell}" if name else cell for name, cell in zip(names, cells, strict=True) if cell
    )
