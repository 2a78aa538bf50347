"""The answer so far: what was said, what was lost, and what it had to do without."""

import time
from dataclasses import dataclass, field

from core.values.answers import Answer, AnswerSentence, Citation, DraftSentence
from core.values.forms import Shape
from core.values.notices import Notice
from core.values.rich_text import Block, Mark
from retrieval.citation_check import ProvenSentence
from retrieval.composed import Shaped, blocks_of, text_of
from retrieval.writing.events import Said


@dataclass(kw_only=True)
class Notes:
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
    answers: float = 0.0
    """The greatest support of what the sentences of a chat model cite."""
    untold: list[Said] = field(default_factory=list)
    """Sentences of a chat model that are not told yet, as nothing that it cited is known to answer."""
    timings: dict[str, float] = field(default_factory=dict)
    """Milliseconds of each stage."""
    _clock: float = field(default_factory=time.perf_counter)

    def lap(self, stage: str) -> None:
        """Note how long the stage took that ends now."""
        now = time.perf_counter()
        self.timings[stage] = round((now - self._clock) * 1000, 2)
        self._clock = now

    def note(self, *notices: Notice) -> None:
        """Note what the answer has to do without."""
        self.notices.update(dict.fromkeys(notices))

    def lead_of(self, shape: Shape) -> str:
        """Return what is said in front of an item, or of a sentence behind a colon; empty if nothing is."""
        of_block = (one for one in self.said if one.shape.block == shape.block)
        leads = [one.sentence.text for one in of_block if not one.shape.is_item]
        return leads[-1] if leads and (shape.is_item or leads[-1].endswith((":", "："))) else ""

    def adopt(self, other: "Notes") -> None:
        """Take over what a generator has written, with what it had to do without."""
        self.said, self.lost, self.citations = other.said, other.lost, other.citations
        self.nearest, self.confidence = other.nearest, other.confidence
        self.note(*other.notices)

    def take(
        self, draft: DraftSentence, proof: ProvenSentence | None, attributed: bool = False
    ) -> Said | None:
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
            attributed=attributed,
        )
        self.said.append(Shaped(sentence, draft.shape))
        return Said(sentence, new, draft.shape)

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
