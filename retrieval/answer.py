"""Answers with citations: the route from a question to an answer on one screen."""

import time
from collections.abc import Callable, Iterable, Sequence
from contextlib import closing
from dataclasses import dataclass, field, replace
from functools import partial

from core.events import ignore
from core.settings import RetrievalSettings
from core.text.labels import EVERYTHING, SearchFilter
from core.text.language import terms
from core.values.answers import Answer, AnswerSentence, Citation, DraftSentence, Inquiry, Passage, Turn
from core.values.forms import PLAIN, Shape
from core.values.notices import Notice
from core.values.rich_text import Block, Mark
from core.values.search import AccessScope
from llm.entailment.entailment import Entailment
from llm.generator import Generator
from retrieval.citation_check import ProvenSentence, proven
from retrieval.composed import Shaped, blocks_of, text_of
from retrieval.disagreement import in_force, with_disagreements
from retrieval.identifier_match import identifiers_near, unknown_identifiers
from retrieval.nearest import nearest
from retrieval.question.followup import understand
from retrieval.question.long_question import boiled_down
from retrieval.search import Searcher
from retrieval.threads import earlier_notice, newest_of_threads

# Neighbouring chunks on either side that widen a found chunk into a passage.
_REACH = 1
# What the newest messages of a thread say must answer this well to stand for the earlier ones.
_NEWEST_SUPPORT = 0.5

NOT_FOUND = "No document that you may read says anything about this."
TOO_LITTLE = "The documents that you may read do not answer this."
UNKNOWN = "No document that you may read mentions {}."
NEAR = " They do mention {}."


@dataclass(frozen=True, slots=True)
class Found:
    """The event before the first sentence: the passages from which the answer will be drafted."""

    passages: tuple[Passage, ...]


@dataclass(frozen=True, slots=True)
class Said:
    """The event of a sentence that passed the citation check."""

    sentence: AnswerSentence
    new_citations: tuple[Citation, ...]
    shape: Shape = PLAIN
    """Its place in the form of the answer."""


@dataclass(frozen=True, slots=True)
class Writing:
    """The event from time to time while a sentence is written, in which a caller can stop the answer."""


OnAnswerEvent = Callable[[Found | Said | Writing], None]


class Answerer:
    """Answers questions from the documents that a scope may read, or refuses to."""

    def __init__(
        self,
        searcher: Searcher,
        generator: Generator,
        settings: RetrievalSettings,
        entailment: Entailment | None = None,
    ) -> None:
        self._searcher = searcher
        self._generator = generator
        self._settings = settings
        self._entailment = entailment

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
        completed from `history`, whose oldest turn comes first; a long one is boiled down to what it asks.

        Raises: FilterError if no document that `scope` may read can fit `within`.
        """
        spelled = self._searcher.respelled(question, scope)
        earlier = [self._searcher.respelled(turn.question, scope) for turn in history]
        asked = boiled_down(spelled, partial(self._searcher.term_weights, scope=scope))
        meant = understand(asked.whole, earlier)
        notes = _Notes(
            min_support=self._settings.min_support, understood=meant.whole if meant.whole != question else ""
        )
        results = self._searcher.search(meant.whole, scope, self._settings.passages, _REACH, within)
        found, notes.why_nothing = results.passages, results.why_nothing
        notes.note(*results.notices)
        successors = self._searcher.successors(found, scope)
        passages = in_force(found, successors)
        notes.lap("search_ms")
        unknown = unknown_identifiers(meant.whole, passages)
        if unknown and not notes.why_nothing:
            near = identifiers_near(unknown, self._searcher.near(unknown, scope, within))
            alike = [replace(one, score=0.0) for one in dict.fromkeys(near.values())]
            shown = self._nearest(" ".join(near) or meant.whole, alike or passages, scope)
            return self._with_unread(notes.unknown(unknown.values(), tuple(near), shown), scope)
        outline = self._searcher.outline(meant.whole, passages, scope, _REACH)
        passages = outline.passages or passages
        notes.note(*outline.notices)
        on_event(Found(tuple(passages)))
        inquiry = Inquiry(
            question=asked.whole,
            scope=scope,
            history=history,
            background=background,
            whole=meant.whole,
            wanted=asked.wanted if meant.wanted == asked.whole else meant.wanted,
            overview=bool(outline.passages),
        )
        newest = newest_of_threads(passages)
        if len(newest) == len(passages) or not self._take_newest(inquiry, newest, notes, on_event):
            self._take(inquiry, passages, notes, on_event)
            notes.note(*earlier_notice(notes.citations, passages, newest))
        notes.lap("generate_ms")
        shown = (
            () if notes.said else self._nearest(inquiry.wanted or meant.whole, passages, scope, notes.nearest)
        )
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

    def _take(
        self, inquiry: Inquiry, passages: Sequence[Passage], notes: "_Notes", on_event: OnAnswerEvent
    ) -> None:
        with closing(self._generator.draft(inquiry, passages)) as drafts:
            for draft in drafts:
                if isinstance(draft, Notice):
                    notes.note(draft)
                    continue
                said = self._checked(draft, passages, notes) if draft else None
                on_event(said or Writing())

    def _checked(self, draft: DraftSentence, passages: Sequence[Passage], notes: "_Notes") -> Said | None:
        """Keep a sentence if what it cites proves it, with what is said in front of its list."""
        return notes.take(draft, proven(draft, passages, self._entailment, notes.lead_of(draft.shape)))

    def _take_newest(
        self, inquiry: Inquiry, newest: Sequence[Passage], notes: "_Notes", on_event: OnAnswerEvent
    ) -> bool:
        """Answer without the messages that newer ones of their threads follow; False if that is no answer.

        A sentence is reported once it is known to be part of the answer.
        """
        trial = _Notes(min_support=max(self._settings.min_support, _NEWEST_SUPPORT))
        said: list[Said] = []

        def hold(event: Found | Said | Writing) -> None:
            if isinstance(event, Said):
                said.append(event)
            else:
                on_event(event)

        self._take(inquiry, newest, trial, hold)
        for event in said:
            on_event(event)
        notes.said, notes.lost, notes.citations = trial.said, trial.lost, trial.citations
        notes.confidence = trial.confidence if trial.said else 0.0
        notes.note(*(trial.notices if trial.said else ()))
        return bool(trial.said)


@dataclass(kw_only=True)
class _Notes:
    """The answer so far."""

    min_support: float
    """A sentence with less support is not part of the answer."""
    understood: str = ""
    """The completed question; empty if it is the question itself."""
    notices: dict[Notice, None] = field(default_factory=dict)
    """What the answer has to do without, each once, in order."""
    why_nothing: str = ""
    """Why nothing can be found, whatever the question; empty if something can."""
    said: list[Shaped] = field(default_factory=list)
    lost: list[int] = field(default_factory=list)
    """The number of the block of each item that failed the citation check."""
    citations: list[Citation] = field(default_factory=list)
    """The citations of `said`, each once."""
    nearest: list[Citation] = field(default_factory=list)
    """The citations of the sentences with too little support."""
    confidence: float = 0.0
    """The greatest support among all sentences with citations."""
    timings: dict[str, float] = field(default_factory=dict)
    """Milliseconds of each stage."""
    _clock: float = field(default_factory=time.perf_counter)

    def lap(self, stage: str) -> None:
        now = time.perf_counter()
        self.timings[stage] = round((now - self._clock) * 1000, 2)
        self._clock = now

    def note(self, *notices: Notice) -> None:
        self.notices.update(dict.fromkeys(notices))

    def lead_of(self, shape: Shape) -> str:
        """Return what is said in front of an item, or of a sentence behind a colon; empty if nothing is."""
        of_block = (one for one in self.said if one.shape.block == shape.block)
        leads = [one.sentence.text for one in of_block if not one.shape.is_item]
        return leads[-1] if leads and (shape.is_item or leads[-1].endswith((":", "："))) else ""

    def take(self, draft: DraftSentence, proof: ProvenSentence | None) -> Said | None:
        """Keep a sentence if it is proven and has enough support; return its event, None if it is dropped."""
        if proof is None:
            self.lost += [draft.shape.block] if draft.shape.is_item else []
            return None
        citations = proof.citations
        self.confidence = max(self.confidence, draft.support)
        if draft.support < self.min_support:
            self.nearest.extend(citations)
            return None
        new = tuple(citation for citation in citations if citation not in self.citations)
        self.citations.extend(new)
        places = tuple(self.citations.index(citation) for citation in citations)
        said = proof.said
        marked = said.block is not Block.PARAGRAPH or any(span.mark is not Mark.PLAIN for span in said.spans)
        sentence = AnswerSentence(
            text=said.text,
            citations=places,
            support=round(draft.support, 4),
            block=said.block,
            spans=said.spans if marked else (),
        )
        self.said.append(Shaped(sentence, draft.shape))
        return Said(sentence, new, draft.shape)

    def unknown(self, asked: Iterable[str], near: tuple[str, ...], found: tuple[Citation, ...]) -> Answer:
        """Return a refusal: no passage has the identifiers asked for, and similar ones are other things."""
        self.lap("near_ms")
        reason = UNKNOWN.format(" or ".join(asked)) + (NEAR.format(", ".join(near)) if near else "")
        return replace(self.answer(reason, found), near=near)

    def answer(self, reason: str, found: tuple[Citation, ...]) -> Answer:
        """Return the answer; without a sentence, a refusal for a reason, with the sections found."""
        refused = not self.said
        blocks = blocks_of(self.said, self.citations, self.lost)
        sentences = tuple(one.sentence for one in self.said)
        verdict = self.said[0].shape.verdict if self.said else ""
        return Answer(
            text=text_of(blocks, sentences, verdict),
            sentences=sentences,
            blocks=blocks,
            verdict=verdict,
            citations=tuple(self.citations),
            refused=refused,
            reason=reason if refused else "",
            confidence=round(self.confidence, 4),
            timings={**self.timings, "total_ms": round(sum(self.timings.values()), 2)},
            found=found if refused else (),
            understood=self.understood,
            notices=tuple(self.notices),
        )
