"""The writer: it lets a generator write, checks each sentence, and has the extractive one step in."""

from collections.abc import Callable, Sequence
from contextlib import closing
from dataclasses import dataclass, replace
from functools import cached_property

from core.errors import DeadlineExceededError, ModelUnavailableError
from core.logs import noted
from core.values.answers import DraftSentence, Inquiry, Passage
from core.values.notices import (
    BESIDE_THE_QUESTION,
    BY_EXTRACTION,
    MODEL_DECLINED,
    MODEL_STOPPED,
    NOTHING_PROVEN,
    Notice,
)
from llm.entailment.entailment import Entailment
from llm.generator import Generator
from retrieval.citation_check import proven
from retrieval.threads import earlier_notice, newest_of_threads
from retrieval.writing.events import Found, OnAnswerEvent, Said, Writing
from retrieval.writing.model_sentences import Extracting, ModelSentences
from retrieval.writing.notes import Notes

# What the newest messages of a thread say must answer this well to stand for the earlier ones.
_NEWEST_SUPPORT = 0.5
# What a chat model says is believed to answer if the best that it cites has this support and the extractive
# generator has no answer: of the tuning questions, 0.19 of those with an answer have less and 0.86 of those
# without one.
_MAY_ANSWER = 0.15


class Writer:
    """Writes answers with one generator."""

    def __init__(
        self,
        generator: Generator,
        entailment: Entailment | None = None,
        extracting: Callable[[], Extracting] | None = None,
    ) -> None:
        """What `extracting` gives steps in where a chat model has no proven sentence."""
        self._generator = generator
        self._entailment = entailment
        self._extracting = extracting

    def write(
        self, inquiry: Inquiry, passages: Sequence[Passage], notes: "Notes", on_event: OnAnswerEvent
    ) -> None:
        """Let the generator write; if nothing is proven, the extractive one, unless the model declined.

        Raises: ModelError if the model cannot be loaded or is busy.
        """
        extracting = self._extracting() if self._extracting else None
        work = Work(self._generator, inquiry, passages, extracting, self._entailment)
        if extracting is None or extracting.name == self._generator.name or not passages:
            self._written(work, notes, on_event)
            return
        of_model = Notes(min_support=notes.min_support)
        missing = self._missing(work, of_model, on_event)
        of_model.confidence = of_model.answers
        if missing is MODEL_DECLINED or (of_model.said and not of_model.untold):
            _tell(of_model, on_event)
            notes.adopt(of_model)
            return
        instead = Notes(min_support=notes.min_support)
        self._written(replace(work, generator=extracting), instead, on_event)
        if of_model.untold and not instead.said and of_model.answers >= _MAY_ANSWER:
            _tell(of_model, on_event)
            notes.adopt(of_model)
            return
        notes.adopt(instead)
        notes.note(noted(missing, "generator.replaced", missing.code, generator=self._generator.name))

    def _missing(self, work: "Work", notes: Notes, on_event: OnAnswerEvent) -> Notice:
        """Let the chat model write; return the notice for an answer without a sentence of it."""
        name = work.generator.name
        try:
            self._written(work, notes, on_event)
        except (ModelUnavailableError, DeadlineExceededError) as error:
            if notes.said:
                notes.note(noted(MODEL_STOPPED, "generator.stopped", error, generator=name))
            return noted(BY_EXTRACTION, "generator.fallback", error, generator=name)
        if MODEL_DECLINED in notes.notices:
            return MODEL_DECLINED
        return BESIDE_THE_QUESTION if notes.said else NOTHING_PROVEN

    def _written(self, work: "Work", notes: "Notes", on_event: OnAnswerEvent) -> None:
        """Let a generator write from the newest messages of threads or, if that is no answer, from all."""
        newest = newest_of_threads(work.passages)
        of_newest = replace(work, passages=newest)
        if len(newest) == len(work.passages) or not self._take_newest(of_newest, notes, on_event):
            self._take(work, notes, on_event)
            notes.note(*earlier_notice(notes.citations, work.passages, newest))

    def _take(self, work: "Work", notes: Notes, on_event: OnAnswerEvent) -> None:
        """Check what is drafted, and tell it as soon as something that it cites is known to answer."""
        with closing(work.generator.draft(work.inquiry, work.passages)) as drafts:
            for draft in drafts:
                if isinstance(draft, Notice):
                    notes.note(draft)
                    continue
                said = work.checked(draft, notes) if draft else None
                notes.untold += [said] if said else []
                if said and (work.is_trusted or notes.answers >= notes.min_support):
                    _tell(notes, on_event)
                elif not said or notes.untold:
                    on_event(Writing())

    def _take_newest(self, work: "Work", notes: "Notes", on_event: OnAnswerEvent) -> bool:
        """Answer without the messages that newer ones of their threads follow; False if that is no answer.

        A sentence is reported once it is known to be part of the answer.
        """
        trial = Notes(min_support=max(notes.min_support, _NEWEST_SUPPORT))
        said: list[Said] = []

        def hold(event: Found | Said | Writing) -> None:
            if isinstance(event, Said):
                said.append(event)
            else:
                on_event(event)

        self._take(work, trial, hold)
        for event in said:
            on_event(event)
        notes.answers, notes.untold = trial.answers, trial.untold
        notes.said, notes.lost, notes.citations = trial.said, trial.lost, trial.citations
        notes.confidence = trial.confidence if trial.said else 0.0
        notes.note(*(trial.notices if trial.said else ()))
        return bool(trial.said)


def _tell(notes: Notes, on_event: OnAnswerEvent) -> None:
    untold, notes.untold = notes.untold, []
    for said in untold:
        on_event(said)


@dataclass(frozen=True)
class Work:
    """What a generator writes from, and how it is checked."""

    generator: Generator
    inquiry: Inquiry
    passages: Sequence[Passage]
    extracting: Extracting | None
    entailment: Entailment | None

    @cached_property
    def _model(self) -> ModelSentences:
        return ModelSentences(self.inquiry, self.passages, self.extracting, self.entailment)

    @property
    def is_trusted(self) -> bool:
        """Whether what is said answers in any case: the extractive generator weighs it itself."""
        return self.extracting is None or self.extracting.name == self.generator.name

    def checked(self, draft: DraftSentence, notes: Notes) -> Said | None:
        """Keep a sentence if what it cites proves it, with what is said in front of its list."""
        under = notes.lead_of(draft.shape)
        if not draft.written:
            return notes.take(draft, proven(draft, self.passages, self.entailment, under))
        held = self._model.held(draft, under)
        if held is None:
            return notes.take(draft, None)
        notes.answers = max(notes.answers, held.answers)
        return notes.take(held.draft, held.proof, held.attributed)
