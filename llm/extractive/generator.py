"""The extractive generator: its answers consist of sentences from the documents."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace

from core.errors import EngineFullError, ModelUnavailableError
from core.logs import noted
from core.text.identifiers import identifiers
from core.text.language import cjk_share, terms
from core.values.answers import DraftSentence, Inquiry, Passage
from core.values.notices import BY_WORDS_ONLY, SUMMARY_NEEDS_MODEL, Notice
from core.values.search import AccessScope
from llm.embedding.embedder import Embedder
from llm.extractive.candidates import Candidate, candidates
from llm.extractive.evidence import SentenceEvidence, measured
from llm.extractive.labels import asks_revision, is_footer
from llm.extractive.overview import overview
from llm.extractive.question_analysis import QuestionAnalysis
from llm.extractive.support import relevance, support
from llm.generator import Draft

TermWeights = Callable[[Sequence[str], AccessScope], Sequence[float]]
"""Returns the weight of each term: its inverse document frequency over what the asker may read."""

# Sentences that are compared by meaning, and characters of each. Of the tuning questions with an answer among
# all sentences, one in 150 has no answer among the best 12 by words.
_COMPARED = 12
_COMPARED_CHARACTERS = 240
# The relevance of a further sentence may be this much below that of the best one.
_ALSO_WORTH_SAYING = 2.0
# Two sentences that share more of their words than this say the same.
_SAME = 0.7
# A term that is in no document: its weight is the greatest that a term can have.
_UNSEEN = "\0"

Weighed = tuple[Candidate, SentenceEvidence]


class ExtractiveGenerator:
    """Selects the sentences that answer, from several documents if needed, in reading order."""

    name = "extractive"

    def __init__(self, embedder: Embedder, term_weights: TermWeights, max_sentences: int) -> None:
        self._embedder = embedder
        self._term_weights = term_weights
        self._max_sentences = max_sentences

    def draft(self, inquiry: Inquiry, passages: Sequence[Passage]) -> Draft:
        """Yield at most `max_sentences` sentences from the passages, in reading order.

        The best sentence is always among them, even if its support is close to 0. A document that was asked
        for by name is shown in its own order, with a notice that a summary needs a chat model.
        """
        if inquiry.overview:
            yield SUMMARY_NEEDS_MODEL
            yield from overview(passages)
            return
        weighed, notices = self.weighed(inquiry, passages)
        yield from notices
        chosen = _choose(weighed, self._max_sentences)
        documents = [passage.document_id for passage in passages]
        for candidate, evidence in sorted(
            chosen, key=lambda pair: (documents.index(pair[0].passage.document_id), pair[0].start)
        ):
            citation = (candidate.passage_number, candidate.start, candidate.end)
            yield DraftSentence(candidate.readable, (citation,), support(evidence))

    def warm_up(self) -> None:
        """Do nothing: the only model is the embedder, which is loaded for the search."""

    def close(self) -> None:
        """Do nothing: the embedder is not the generator's own."""

    def weighed(
        self, inquiry: Inquiry, passages: Sequence[Passage]
    ) -> tuple[list[Weighed], tuple[Notice, ...]]:
        """Return the most relevant candidates with their evidence, best first, and notices for the reader.

        If the server of the embedder is down, they are weighed by their words alone, as in the search.
        """
        found = candidates(passages)
        if not asks_revision(inquiry.whole or inquiry.question):
            found = [one for one in found if not is_footer(one.text)]
        asked = self._analysed(inquiry, found)
        by_words = _ranked(zip(found, measured(asked, found, passages), strict=True))
        if cjk_share(asked.question) > 0.5 and not self._embedder.tokenizer.reads_cjk:
            return by_words, ()
        try:
            return _ranked(self._with_likeness(asked.question, by_words[:_COMPARED])), ()
        except (ModelUnavailableError, EngineFullError) as error:
            model = self._embedder.model_id
            return by_words, (noted(BY_WORDS_ONLY, "answer.by_words_only", error, embedder=model),)

    def _analysed(self, inquiry: Inquiry, found: Sequence[Candidate]) -> QuestionAnalysis:
        whole = inquiry.whole or inquiry.question
        named = frozenset(identifiers(whole))
        # A row that is looked up by its identifier answers any question about that thing.
        looked_up = any(named & candidate.keys for candidate in found)
        question = whole if looked_up else inquiry.wanted or whole
        words = terms(question)
        *term_weights, unseen = self._term_weights([*words, _UNSEEN], inquiry.scope)
        return QuestionAnalysis(
            question=question,
            term_weights=dict(zip(words, term_weights, strict=True)),
            unseen=unseen,
            identifiers=named,
            whole=whole,
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
    """Return the best candidate, and those after it that are almost as relevant and add new words."""
    chosen = list(ranked[:1])
    for candidate, evidence in ranked[1:]:
        if len(chosen) == limit:
            break
        enough = relevance(evidence) >= relevance(chosen[0][1]) - _ALSO_WORTH_SAYING
        if enough and not any(_alike(candidate, other) for other, _ in chosen):
            chosen.append((candidate, evidence))
    return chosen


def _alike(one: Candidate, other: Candidate) -> bool:
    """Return whether two candidates say the same: in most words, in table rows in all.

    Numbers that differ within a document are not the same; between documents they are a disagreement.
    """
    if one.is_row or other.is_row:
        return one.words == other.words and one.label == other.label
    smaller = min(len(one.words), len(other.words))
    same_document = one.passage.document_id == other.passage.document_id
    if same_document and _numbers(one) != _numbers(other):
        return False
    return not smaller or len(one.words & other.words) / smaller > _SAME


def _numbers(one: Candidate) -> frozenset[str]:
    return frozenset(word for word in one.words if any(map(str.isdigit, word)))
