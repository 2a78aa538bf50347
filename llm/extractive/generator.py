"""The extractive generator: an answer made of sentences that stand in the documents."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace

import structlog

from core.errors import EngineFullError, ModelUnavailableError
from core.text.identifiers import identifiers
from core.text.language import cjk_share, terms
from core.values.answers import DraftSentence, Inquiry, Passage
from llm.embedding.embedder import Embedder
from llm.extractive.candidates import Candidate, candidates
from llm.extractive.evidence import SentenceEvidence, measured
from llm.extractive.question_analysis import QuestionAnalysis
from llm.extractive.support import relevance, support
from llm.generator import Draft

log = structlog.get_logger()

Rarity = Callable[[Sequence[str]], Sequence[float]]
"""Gives for each term how much it tells, its inverse document frequency in the whole index."""

# Sentences that are compared by meaning, and how much of each. Of the tuning questions that have an answer
# among all sentences, one in 150 has none among the best 12 by words.
_COMPARED = 12
_COMPARED_CHARACTERS = 240
# A further sentence must come this near to the best one's relevance.
_ALSO_WORTH_SAYING = 2.0
# Two sentences that share more of their words than this say the same.
_SAME = 0.7
# Stands in no document: how rare it is says how rare a word can be.
_UNSEEN = "\0"

Weighed = tuple[Candidate, SentenceEvidence]


class ExtractiveGenerator:
    """Picks the sentences that answer, from several documents if needed, in reading order."""

    name = "extractive"

    def __init__(self, embedder: Embedder, term_weights: Rarity, max_sentences: int) -> None:
        self._embedder = embedder
        self._rarity = term_weights
        self._max_sentences = max_sentences

    def draft(self, inquiry: Inquiry, passages: Sequence[Passage]) -> Draft:
        """Yield at most `max_sentences` sentences that stand in the passages, in reading order.

        The best sentence always comes, however little it says: its support tells how little.
        """
        chosen = _choose(self.weighed(inquiry, passages), self._max_sentences)
        documents = [passage.document_id for passage in passages]
        for candidate, evidence in sorted(
            chosen, key=lambda pair: (documents.index(pair[0].passage.document_id), pair[0].start)
        ):
            citation = (candidate.passage_number, candidate.start, candidate.end)
            yield DraftSentence(candidate.readable, (citation,), support(evidence))

    def warm_up(self) -> None:
        """The embedder is all it needs, and the search has that ready."""

    def close(self) -> None:
        """Nothing is its own."""

    def weighed(self, inquiry: Inquiry, passages: Sequence[Passage]) -> list[Weighed]:
        """Return the likeliest candidates with all that is known of them, best first.

        While the embedder's server is down, words are enough, as they are for the search.
        """
        found = candidates(passages)
        asked = self._asked(inquiry, found)
        by_words = _ranked(zip(found, measured(asked, found, passages), strict=True))
        if cjk_share(asked.question) > 0.5 and not self._embedder.tokenizer.reads_cjk:
            return by_words
        try:
            return _ranked(self._with_likeness(asked.question, by_words[:_COMPARED]))
        except (ModelUnavailableError, EngineFullError) as error:
            log.warning("answer.by_words_only", embedder=self._embedder.model_id, error=str(error))
            return by_words

    def _asked(self, inquiry: Inquiry, found: Sequence[Candidate]) -> QuestionAnalysis:
        whole = inquiry.whole or inquiry.question
        named = frozenset(identifiers(whole))
        # A row that is looked up by its name answers whatever is wanted of the thing.
        looked_up = any(named & candidate.keys for candidate in found)
        question = whole if looked_up else inquiry.wanted or whole
        words = terms(question)
        *term_weights, unseen = self._rarity([*words, _UNSEEN])
        return QuestionAnalysis(
            question=question,
            term_weights=dict(zip(words, term_weights, strict=True)),
            unseen=unseen,
            identifiers=named,
        )

    def _with_likeness(self, question: str, weighed: Sequence[Weighed]) -> list[Weighed]:
        texts = [candidate.text[:_COMPARED_CHARACTERS] for candidate, _ in weighed]
        vectors = self._embedder.embed([question, *texts])
        likeness = (vectors[1:] @ vectors[0]).tolist()
        return [
            (candidate, replace(evidence, likeness=value))
            for (candidate, evidence), value in zip(weighed, likeness, strict=True)
        ]


def _ranked(weighed: Iterable[Weighed]) -> list[Weighed]:
    return sorted(weighed, key=lambda pair: (not pair[1].identifies_what_was_asked, -relevance(pair[1])))


def _choose(ranked: Sequence[Weighed], limit: int) -> list[Weighed]:
    """Return the best candidate, and those behind it that add something and are as well supported."""
    chosen = list(ranked[:1])
    for candidate, evidence in ranked[1:]:
        if len(chosen) == limit:
            break
        enough = relevance(evidence) >= relevance(chosen[0][1]) - _ALSO_WORTH_SAYING
        if enough and not any(_alike(candidate.words, other.words) for other, _ in chosen):
            chosen.append((candidate, evidence))
    return chosen


def _alike(left: frozenset[str], right: frozenset[str]) -> bool:
    smaller = min(len(left), len(right))
    return not smaller or len(left & right) / smaller > _SAME
