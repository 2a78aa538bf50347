"""From a question to a cited answer: the whole reading side on one screen."""

import time
from collections.abc import Callable, Iterable, Mapping
from contextlib import closing
from dataclasses import dataclass, field, replace

from core.events import ignore
from core.settings import RetrievalSettings
from core.text.labels import EVERYTHING, SearchFilter
from core.values.answers import Answer, AnswerSentence, Citation, DraftSentence, Inquiry, Passage, Turn
from core.values.search import AccessScope
from llm.generator import Generator
from retrieval.citation_check import checked_citations
from retrieval.disagreement import in_force, with_disagreements
from retrieval.followup import understand
from retrieval.identifier_match import identifiers_near, unknown_identifiers
from retrieval.search import Searcher

# Neighbours that widen a found chunk on either side, for reading.
_REACH = 1

NOT_FOUND = "No document that you may read says anything about this."
TOO_LITTLE = "The documents that you may read do not answer this; here is what came nearest."
UNKNOWN = "No document that you may read names {}."
NEAR = " They do name {}."


@dataclass(frozen=True, slots=True)
class Found:
    """Told once, before the first sentence: the passages that the answer will be made from."""

    passages: tuple[Passage, ...]


@dataclass(frozen=True, slots=True)
class Said:
    """Told for each sentence that passed the check, as soon as it did."""

    sentence: AnswerSentence
    new_citations: tuple[Citation, ...]


@dataclass(frozen=True, slots=True)
class Writing:
    """Told now and then while a sentence is being written: the moment to notice that nobody waits."""


OnAnswerEvent = Callable[[Found | Said | Writing], None]


class Answerer:
    """Answers questions from what a scope may see, or refuses."""

    def __init__(self, searcher: Searcher, generator: Generator, settings: RetrievalSettings) -> None:
        self._searcher = searcher
        self._generator = generator
        self._settings = settings

    def answer(
        self,
        question: str,
        scope: AccessScope,
        on_event: OnAnswerEvent = ignore,
        history: tuple[Turn, ...] = (),
        background: bool = False,
        within: SearchFilter = EVERYTHING,
    ) -> Answer:
        """Return the answer out of what `within` holds.

        `on_event` is called as the answer comes about, and may raise to stop it.
        A question that leans on `history`, the oldest turn first, is understood by it.
        """
        meant = understand(question, [turn.question for turn in history])
        notes = _Notes(
            min_support=self._settings.min_support, understood=meant.whole if meant.whole != question else ""
        )
        results = self._searcher.search(meant.whole, scope, self._settings.passages, _REACH, within)
        found, notes.notices = results.passages, results.notices
        successors = self._searcher.successors(found, scope)
        passages = in_force(found, successors)
        notes.lap("search_ms")
        unknown = unknown_identifiers(meant.whole, passages)
        if unknown:
            near = identifiers_near(unknown, self._searcher.near(unknown, scope, within))
            return notes.unknown(unknown.values(), near, passages)
        on_event(Found(tuple(passages)))
        inquiry = Inquiry(
            question=question,
            scope=scope,
            history=history,
            background=background,
            whole=meant.whole,
            wanted=meant.wanted,
        )
        with closing(self._generator.draft(inquiry, passages)) as drafts:
            for draft in drafts:
                said = notes.take(draft, checked_citations(draft, passages)) if draft else None
                on_event(said or Writing())
        notes.lap("generate_ms")
        return with_disagreements(notes.answer(passages), found, successors)


@dataclass(kw_only=True)
class _Notes:
    """What has been said so far, and how sure it is."""

    min_support: float
    understood: str = ""
    notices: tuple[str, ...] = ()
    sentences: list[AnswerSentence] = field(default_factory=list)
    citations: list[Citation] = field(default_factory=list)
    nearest: list[Citation] = field(default_factory=list)
    confidence: float = 0.0
    timings: dict[str, float] = field(default_factory=dict)
    _clock: float = field(default_factory=time.perf_counter)

    def lap(self, stage: str) -> None:
        now = time.perf_counter()
        self.timings[stage] = round((now - self._clock) * 1000, 2)
        self._clock = now

    def take(self, draft: DraftSentence, citations: tuple[Citation, ...]) -> Said | None:
        """Keep a sentence whose citations hold and whose support is enough."""
        if not citations:
            return None
        self.confidence = max(self.confidence, draft.support)
        if draft.support < self.min_support:
            self.nearest.extend(citations)
            return None
        new = tuple(citation for citation in citations if citation not in self.citations)
        self.citations.extend(new)
        places = tuple(self.citations.index(citation) for citation in citations)
        sentence = AnswerSentence(draft.text, places, round(draft.support, 4))
        self.sentences.append(sentence)
        return Said(sentence, new)

    def unknown(self, asked: Iterable[str], near: Mapping[str, Passage], passages: list[Passage]) -> Answer:
        """Refuse: what was asked for by its name stands nowhere, and what reads alike is another thing."""
        self.lap("near_ms")
        reason = UNKNOWN.format(" or ".join(asked)) + (NEAR.format(", ".join(near)) if near else "")
        return replace(
            self.answer(list(dict.fromkeys(near.values())) or passages), reason=reason, near=tuple(near)
        )

    def answer(self, passages: list[Passage]) -> Answer:
        refused = not self.sentences
        found = tuple(self.nearest) or tuple(p.cite(p.chunk_start, p.chunk_end) for p in passages[:3])
        return Answer(
            text="\n".join(sentence.text for sentence in self.sentences),
            sentences=tuple(self.sentences),
            citations=tuple(self.citations),
            refused=refused,
            reason="" if not refused else TOO_LITTLE if passages else NOT_FOUND,
            confidence=round(self.confidence, 4),
            timings={**self.timings, "total_ms": round(sum(self.timings.values()), 2)},
            found=found if refused else (),
            understood=self.understood,
            notices=self.notices,
        )
