"""Questions, the passages that answer them, and answers with their proof."""

from dataclasses import dataclass, field

from core.values.documents import BlockKind, indexed_text
from core.values.metadata import NONE, Metadata
from core.values.search import AccessScope


@dataclass(frozen=True, slots=True)
class Turn:
    """A question asked earlier in a conversation, and the answer that was given."""

    question: str
    answer: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Inquiry:
    """What is asked, under whose scope, and after which turns, the oldest first.

    `background` says that nobody waits for the answer: others go first. `whole` is the question as it
    would be asked without the turns, `wanted` the part of it that a sentence must answer; empty, both
    are the question.
    """

    question: str
    scope: AccessScope
    history: tuple[Turn, ...] = ()
    background: bool = False
    whole: str = ""
    wanted: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Passage:
    """A live chunk that the asker may read, widened by its neighbours.

    `text` is exactly the version's stored text from `start` to `end`, and
    `text[chunk_start - start : chunk_end - start]` is the chunk that was found. `pages` are
    `(offset, number)` of the pages that the text stands on, in order; none where the format has none.
    `language` is the found chunk's, as ISO 639-1, empty if it is not known.
    """

    chunk_id: int
    document_id: int
    uri: str
    title: str
    version: int
    context: str
    text: str
    start: int
    chunk_start: int
    chunk_end: int
    score: float
    kind: BlockKind = BlockKind.PARAGRAPH
    pages: tuple[tuple[int, int], ...] = ()
    language: str = ""
    metadata: Metadata = NONE

    @property
    def end(self) -> int:
        """The offset behind the passage's last character in the version's stored text."""
        return self.start + len(self.text)

    @property
    def chunk_text(self) -> str:
        """The found chunk without its neighbours."""
        return self.text[self.chunk_start - self.start : self.chunk_end - self.start]

    @property
    def indexed_text(self) -> str:
        """The found chunk as rerankers see it."""
        return indexed_text(self.context, self.chunk_text)

    def page_at(self, offset: int) -> int | None:
        """Return the number of the page on which the version's stored text stands at `offset`."""
        begun = [number for start, number in self.pages if start <= offset]
        return begun[-1] if begun else None

    def cite(self, start: int, end: int) -> "Citation":
        """Return the citation of the version's stored text from `start` to `end`, inside this passage."""
        quote = self.text[start - self.start : end - self.start]
        page = self.page_at(start)
        day = self.metadata.day.isoformat() if self.metadata.day else ""
        return Citation(
            document_id=self.document_id,
            uri=self.uri,
            title=self.title,
            version=self.version,
            page=page,
            span=(start, end),
            quote=quote,
            day=day,
            owner=self.metadata.owner,
        )


@dataclass(frozen=True, slots=True)
class DraftSentence:
    """A sentence as a generator wrote it, before anyone checked it.

    Each citation is `(passage, start, end)`: the 0-based position of a passage among those shown,
    and the offsets of the quote in that version's stored text. `support` is the generator's own
    estimate in 0..1 that the sentence answers the question.
    """

    text: str
    citations: tuple[tuple[int, int, int], ...]
    support: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Citation:
    """The proof of a sentence: `quote` stands at `span` in this version of the document.

    `day` (ISO 8601) and `owner` are empty where nothing says of when and whose the document is.
    """

    document_id: int
    uri: str
    title: str
    version: int
    page: int | None
    span: tuple[int, int]
    quote: str
    day: str = ""
    owner: str = ""


@dataclass(frozen=True, slots=True)
class AnswerSentence:
    """One sentence and the 0-based positions of its proofs in the answer's citations.

    `support` is the estimate in 0..1 that the sentence answers the question.
    """

    text: str
    citations: tuple[int, ...]
    support: float = 0.0


@dataclass(frozen=True, slots=True)
class Disagreement:
    """What another document says otherwise than the answer's citation at this 0-based position."""

    citation: int
    other: Citation


@dataclass(frozen=True, slots=True, kw_only=True)
class Superseded:
    """A document in an answer, and the one that takes its place: its title, day (ISO 8601) and owner."""

    document_id: int
    title: str
    by_document_id: int
    by: str
    day: str
    owner: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """The answer contract; see the design's words.

    A refused answer has no sentences; `reason` says why in a sentence, and `found` holds what came
    nearest. `near` are names of exact things, as documents write them, that could be meant by one that
    was asked for and that no document holds. `understood` is the question that was searched for, where
    that is not the one that was asked. `disagreements` are what other documents say otherwise,
    `superseded` documents cited or disagreeing in whose place there is another. `notices` say what the
    search had to do without. `confidence` lies in 0..1. `timings` are milliseconds by stage.
    """

    text: str
    sentences: tuple[AnswerSentence, ...]
    citations: tuple[Citation, ...]
    refused: bool
    reason: str
    confidence: float
    timings: dict[str, float] = field(default_factory=dict)
    found: tuple[Citation, ...] = ()
    near: tuple[str, ...] = ()
    understood: str = ""
    disagreements: tuple[Disagreement, ...] = ()
    superseded: tuple[Superseded, ...] = ()
    notices: tuple[str, ...] = ()
