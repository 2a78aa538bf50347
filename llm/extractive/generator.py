"""The extractive generator: its answers consist of sentences from the documents."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace

from core.errors import EngineFullError, ModelUnavailableError
from core.logs import noted
from core.text.identifiers import identifiers
from core.text.language import cjk_share, terms
from core.values.answers import PATH, Inquiry, Passage
from core.values.notices import BY_WORDS_ONLY, SUMMARY_NEEDS_MODEL, Notice, part_not_answered
from core.values.search import AccessScope
from llm.embedding.embedder import Embedder
from llm.extractive.candidates import Candidate, candidates
from llm.extractive.conversation import not_said_before
from llm.extractive.evidence import SentenceEvidence, measured, with_likeness
from llm.extractive.form.choice import best_of, chosen
from llm.extractive.form.composition import Composition, drafted
from llm.extractive.form.parts import answered_parts
from llm.extractive.form.section_choice import Section, sections_of
from llm.extractive.labels import asks_revision, is_footer
from llm.extractive.overview import overview
from llm.extractive.question_analysis import QuestionAnalysis
from llm.extractive.question_kind import OF_LISTS, OF_SECTIONS, Want, want_of
from llm.extractive.support import relevance
from llm.extractive.verdicts.choice import deciding, verdict_of
from llm.generator import Draft

TermWeights = Callable[[Sequence[str], AccessScope], Sequence[float]]
"""Returns the weight of each term: its inverse document frequency over what the asker may read."""

# Sentences that are compared by meaning, and characters of each. Of the tuning questions with an answer among
# all sentences, one in 150 has no answer among the best 12 by words.
_COMPARED = 12
_COMPARED_CHARACTERS = 240
# A term that is in no document: its weight is the greatest that a term can have.
_UNSEEN = "\0"

Weighed = tuple[Candidate, SentenceEvidence]


class ExtractiveGenerator:
    """Says the sections, lists and sentences that answer, from several documents if needed."""

    name = "extractive"

    def __init__(self, embedder: Embedder, term_weights: TermWeights, answer_words: int) -> None:
        self._embedder = embedder
        self._term_weights = term_weights
        self._answer_words = answer_words

    def draft(self, inquiry: Inquiry, passages: Sequence[Passage]) -> Draft:
        """Yield the sentences of an answer of about `answer_words` words, block after block.

        The best sentence is always among them, even if its support is close to 0. What is wanted decides the
        form: see `llm.extractive.question_kind`. A document that was asked for by name is shown in its own
        order, with a notice that a summary needs a chat model.
        """
        if inquiry.overview:
            yield SUMMARY_NEEDS_MODEL
            yield from overview(passages)
            return
        question = inquiry.wanted or inquiry.whole or inquiry.question
        want = want_of(question)
        made = Composition(question, self._answer_words)
        found = _found(inquiry, passages)
        weighed, sections, notices = self._read(inquiry, passages, found, want)
        yield from notices
        verdict = ""
        parts = answered_parts(
            question, lambda part: self._weighed(replace(inquiry, wanted=part), passages, found)[0]
        )
        if want is Want.YES_NO and not parts:
            verdict, weighed = deciding(question, self._weights_of(question, inquiry.scope), weighed)
        said = [part.best for part in parts if part.best and part.is_answered]
        answered = bool(said)
        if len(said) < len(parts) or not parts:
            said += best_of(want, sections) or chosen(want, question, weighed)
        for one in said:
            made.add(one)
        yield from drafted(made.blocks, verdict)
        for part in parts:
            if answered and not (part.best and part.is_touched and made.says(part.best[0])):
                yield part_not_answered(part.name)

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
        return self._weighed(inquiry, passages, _found(inquiry, passages))

    def verdict_on(self, inquiry: Inquiry, text: str, above: str) -> str:
        """Return `yes`, `no` or `depends` if a sentence below headings decides for certain, or nothing."""
        question = inquiry.wanted or inquiry.whole or inquiry.question
        weights = self._weights_of(question, inquiry.scope)
        return verdict_of(question, weights, text, tuple(above.split(PATH)))

    def _weighed(
        self, inquiry: Inquiry, passages: Sequence[Passage], found: Sequence[Candidate]
    ) -> tuple[list[Weighed], tuple[Notice, ...]]:
        ranked, _, notices = self._read(inquiry, passages, found, Want.FACT)
        return ranked, notices

    def _read(
        self, inquiry: Inquiry, passages: Sequence[Passage], found: Sequence[Candidate], want: Want
    ) -> tuple[list[Weighed], list[Section], tuple[Notice, ...]]:
        """Return the candidates, the sections if one is wanted, in the order found, and notices."""
        asked = self._analysed(inquiry, found)
        by_words = _ranked(zip(found, measured(asked, found, passages), strict=True))
        is_row = bool(by_words) and by_words[0][0].is_row
        whole = want in OF_SECTIONS and not is_row
        sections = sections_of(asked, by_words, want in OF_LISTS) if whole else []
        if cjk_share(asked.question) > 0.5 and not self._embedder.tokenizer.reads_cjk:
            return by_words, sections, ()
        try:
            return *self._compared(asked.question, by_words[:_COMPARED], sections), ()
        except (ModelUnavailableError, EngineFullError) as error:
            model = self._embedder.model_id
            return (
                by_words,
                sections,
                (noted(BY_WORDS_ONLY, "answer.by_words_only", error, embedder=model),),
            )

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

    def _weights_of(self, question: str, scope: AccessScope) -> dict[str, float]:
        words = terms(question)
        return dict(zip(words, self._term_weights(words, scope), strict=True))

    def _compared(
        self, question: str, weighed: Sequence[Weighed], sections: Sequence[Section]
    ) -> tuple[list[Weighed], list[Section]]:
        """Return candidates, best first, and sections, each with its likeness to the question."""
        texts = [candidate.text[:_COMPARED_CHARACTERS] for candidate, _ in weighed]
        vectors = self._embedder.embed([question, *texts, *(section.beginning for section in sections)])
        likeness = (vectors[1:] @ vectors[0]).tolist()
        read = with_likeness([evidence for _, evidence in weighed], likeness[: len(texts)])
        pairs = [(candidate, one) for (candidate, _), one in zip(weighed, read, strict=True)]
        alike = zip(sections, likeness[len(texts) :], strict=True)
        return _ranked(pairs), [section.compared(value, pairs) for section, value in alike]


def _found(inquiry: Inquiry, passages: Sequence[Passage]) -> list[Candidate]:
    """Return the candidates; footers only for a question about the revision."""
    found = not_said_before(candidates(passages), inquiry)
    if asks_revision(inquiry.whole or inquiry.question):
        return found
    return [one for one in found if one.is_row or not is_footer(one.text)]


def _ranked(weighed: Iterable[Weighed]) -> list[Weighed]:
    return sorted(weighed, key=lambda pair: (not pair[1].identifies_what_was_asked, -relevance(pair[1])))
