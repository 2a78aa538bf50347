"""Answers with citations: the route from a question to an answer on one screen."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from functools import partial

from core.events import ignore
from core.settings import RetrievalSettings
from core.text.labels import EVERYTHING, SearchFilter
from core.text.language import terms
from core.values.answers import Answer, Citation, Inquiry, Passage, Turn
from core.values.search import AccessScope
from llm.entailment.entailment import Entailment
from llm.generator import Generator
from retrieval.disagreement import in_force, with_disagreements
from retrieval.identifier_match import identifiers_near, unknown_identifiers
from retrieval.nearest import nearest
from retrieval.question.followup import leaning, understand
from retrieval.question.long_question import Asked, boiled_down
from retrieval.question.parts import with_parts
from retrieval.search import Searcher
from retrieval.writing.copies import copy_notices, without_copies
from retrieval.writing.events import Found, OnAnswerEvent, Said, Writing
from retrieval.writing.model_sentences import Extracting
from retrieval.writing.notes import Notes
from retrieval.writing.writer import Writer

# Neighbouring chunks on either side that widen a found chunk into a passage.
_REACH = 1
# Passages that are looked at for each part of a question.
_OF_PART = 4

NOT_FOUND = "No document that you may read says anything about this."
TOO_LITTLE = "The documents that you may read do not answer this."
UNKNOWN = "No document that you may read mentions {}."
NEAR = " They do mention {}."


class Answerer:
    """Answers questions from the documents that a scope may read, or refuses to."""

    def __init__(
        self,
        searcher: Searcher,
        generator: Generator,
        settings: RetrievalSettings,
        entailment: Entailment | None = None,
        extracting: Callable[[], Extracting] | None = None,
    ) -> None:
        """Answer with `generator`; see `Writer` for `extracting`."""
        self._searcher = searcher
        self._settings = settings
        self._writer = Writer(generator, entailment, extracting)

    def answer(
        self,
        question: str,
        scope: AccessScope,
        on_event: OnAnswerEvent = ignore,
        history: tuple[Turn, ...] = (),
        background: bool = False,
        within: SearchFilter = EVERYTHING,
    ) -> Answer:
        """Return the answer from the documents that `scope` may read and `within` selects.

        `on_event` is called while the answer is made, and may raise to stop it. A follow-up question is
        completed from `history`, whose oldest turn comes first; a long one is boiled down to what it asks. A
        Chinese one that the embedder cannot read, and that would be refused, is asked in English words too.

        Raises: FilterError if no document that `scope` may read can fit `within`.
        """
        asked = self._asked(question, scope)
        earlier = [self._searcher.respelled(turn.question, scope) for turn in history]
        inquiry = Inquiry(question=asked.whole, scope=scope, history=history, background=background)
        meant = understand(asked.whole, earlier)
        wanted = asked.wanted if meant.whole == asked.whole else ""
        first = replace(inquiry, whole=meant.whole, named=meant.named, wanted=wanted)
        answer = self._answered(first, question, on_event, within)
        for other in self._other_readings(first, earlier) if answer.refused else ():
            second = self._answered(other, question, _once_answered(on_event), within)
            if not second.refused:
                return second
        return answer

    def _other_readings(self, inquiry: Inquiry, earlier: Sequence[str]) -> Iterator[Inquiry]:
        """Yield what a question may mean that has no answer as it was understood at first."""
        leant = leaning(inquiry.question, earlier) if inquiry.whole == inquiry.question else None
        if leant:
            yield replace(inquiry, whole=leant.whole, wanted="")
        english = self._searcher.in_english(inquiry.whole)
        if english:
            whole = self._asked(english, inquiry.scope).whole
            yield replace(inquiry, question=whole, whole=whole, named="", wanted="", history=())

    def _asked(self, question: str, scope: AccessScope) -> Asked:
        """Return what a question asks, with its words as the documents spell them."""
        spelled = self._searcher.respelled(question, scope)
        return boiled_down(spelled, partial(self._searcher.term_weights, scope=scope))

    def _answered(
        self, inquiry: Inquiry, question: str, on_event: OnAnswerEvent, within: SearchFilter
    ) -> Answer:
        """Return the answer to a question that stands alone; `question` is how it was asked."""
        scope, whole = inquiry.scope, inquiry.whole
        notes = Notes(min_support=self._settings.min_support, understood=whole if whole != question else "")
        results = self._searcher.search(whole, scope, self._settings.passages, _REACH, within)
        found = with_parts(
            whole,
            results.passages,
            lambda part: self._searcher.search(part, scope, _OF_PART, _REACH, within).passages,
        )
        notes.why_nothing = results.why_nothing
        notes.note(*results.notices)
        successors = self._searcher.successors(found, scope)
        passages, copies = without_copies(in_force(found, successors))
        notes.lap("search_ms")
        unknown = unknown_identifiers(whole, passages)
        if unknown and not notes.why_nothing:
            near = identifiers_near(unknown, self._searcher.near(unknown, scope, within))
            alike = [replace(one, score=0.0) for one in dict.fromkeys(near.values())]
            shown = self._nearest(" ".join(near) or whole, alike or passages, scope)
            notes.lap("near_ms")
            reason = UNKNOWN.format(" or ".join(unknown.values()))
            reason += NEAR.format(", ".join(near)) if near else ""
            return self._with_unread(replace(notes.answer(reason, shown), near=tuple(near)), scope)
        outline = self._searcher.outline(whole, passages, scope, _REACH)
        passages = outline.passages or passages
        notes.note(*outline.notices)
        on_event(Found(tuple(passages)))
        inquiry = replace(inquiry, overview=bool(outline.passages))
        self._writer.write(inquiry, passages, notes, on_event)
        notes.note(*copy_notices(notes.citations, copies))
        notes.lap("generate_ms")
        shown = () if notes.said else self._nearest(inquiry.wanted or whole, passages, scope, notes.nearest)
        compared = [one.narrowed() for one in found]
        answer = notes.answer(TOO_LITTLE if passages else notes.why_nothing or NOT_FOUND, shown)
        return self._with_unread(with_disagreements(answer, compared, successors), scope)

    def _nearest(
        self, text: str, passages: Sequence[Passage], scope: AccessScope, drafted: Sequence[Citation] = ()
    ) -> tuple[Citation, ...]:
        """Return the sections that have most of a text's words, best first."""
        words = terms(text)
        weights = self._searcher.term_weights(words, scope) if passages else ()
        return nearest(passages, dict(zip(words, weights, strict=True)), drafted) if passages else ()

    def _with_unread(self, answer: Answer, scope: AccessScope) -> Answer:
        """Return the answer with a notice for each document it shows that was not read as it is now."""
        titles = {shown.document_id: shown.title for shown in (*answer.citations, *answer.found)}
        return replace(answer, notices=(*answer.notices, *self._searcher.unread(titles, scope)))


def _once_answered(on_event: OnAnswerEvent) -> OnAnswerEvent:
    """Return a callback that passes the passages found on only in front of the first sentence."""
    held = list[Found]()

    def pass_on(event: Found | Said | Writing) -> None:
        if isinstance(event, Found):
            held.append(event)
            return
        if isinstance(event, Said) and held:
            on_event(held.pop())
        on_event(event)

    return pass_on
