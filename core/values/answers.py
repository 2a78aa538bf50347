"""Questions, the passages that answer them, and answers with their citations."""

from dataclasses import dataclass, field, replace

from core.values.documents import CELL_SEPARATOR, BlockKind, indexed_text
from core.values.forms import PLAIN, AnswerBlock, Shape
from core.values.metadata import NONE, Metadata
from core.values.notices import Notice
from core.values.rich_text import Block, Span
from core.values.search import AccessScope
from core.values.structure import PlacedBlock

PATH = " > "
"""Between the title and the headings of a context."""
SHOWN_DIGITS = 2
"""The decimal places of scores, supports and confidences, wherever an asker sees them."""
# An answer with less confidence is shown as uncertain.
CERTAIN = 0.5
# Characters of the document that a citation shows on either side of its quote.
CONTEXT_CHARACTERS = 160


@dataclass(frozen=True, slots=True)
class Turn:
    """A question asked earlier in a conversation, and the answer that was given."""

    question: str
    answer: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Inquiry:
    """A question under an asker's scope, with the conversation before it."""

    question: str
    scope: AccessScope
    """What the asker may read."""
    history: tuple[Turn, ...] = ()
    """Earlier turns of the conversation, the oldest first."""
    background: bool = False
    """Whether no person is waiting for the answer, so that other requests go first."""
    whole: str = ""
    """The question rewritten so that it is complete without the turns; empty: the question itself."""
    wanted: str = ""
    """The part of the question that a sentence must answer; empty: the entire question."""
    named: str = ""
    """What a follow-up names instead of what was asked before; empty if it names nothing."""
    overview: bool = False
    """Whether the passages outline one document, which the question asks for by name."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Passage:
    """A live chunk that the asker may read, widened by its neighbours."""

    chunk_id: int
    document_id: int
    uri: str
    title: str
    version: int
    """The version's number, 1-based within its document."""
    context: str
    """The found chunk's title, headings and table header."""
    text: str
    """The version's stored text from `start` to `end`, unchanged."""
    start: int
    """The 0-based offset of `text` in the version's stored text."""
    chunk_start: int
    """The offset of the found chunk in the version's stored text."""
    chunk_end: int
    """The offset behind the found chunk."""
    score: float
    """The rank of the passage: higher is better, comparable within one search only."""
    kind: BlockKind = BlockKind.PARAGRAPH
    pages: tuple[tuple[int, int], ...] = ()
    """`(offset, number)` of each page that the text stands on, in order; empty for a format without pages."""
    language: str = ""
    """The found chunk's language, as ISO 639-1; empty if it is not known."""
    metadata: Metadata = NONE
    blocks: tuple[PlacedBlock, ...] = ()
    """The blocks of the text, in order; empty if they are not known."""
    likeness: float | None = None
    """The inner product of the found chunk and the question, -1..1; None if it was found by words alone."""
    near: tuple[int, int] | None = None
    """The offsets of the found chunk with its neighbours, where the text is wider; None: the entire text."""

    @property
    def end(self) -> int:
        """The offset behind the passage's last character in the version's stored text."""
        return self.start + len(self.text)

    def between(self, start: int, end: int) -> str:
        """Return the text between two offsets of the version's stored text."""
        return self.text[max(0, start - self.start) : max(0, end - self.start)]

    @property
    def chunk_text(self) -> str:
        """The found chunk without its neighbours."""
        return self.text[self.chunk_start - self.start : self.chunk_end - self.start]

    @property
    def indexed_text(self) -> str:
        """The found chunk as rerankers see it."""
        return indexed_text(self.context, self.chunk_text)

    def headings_at(self, offset: int) -> tuple[str, ...]:
        """Return the headings above `offset` of the version's stored text, the outermost first."""
        for block in self.blocks:
            if block.start <= offset < block.end:
                return block.path
        return tuple(self.context.split("\n")[0].split(PATH)[1:])

    def narrowed(self) -> "Passage":
        """Return the passage as the found chunk and its neighbours, without the rest of its section."""
        if self.near is None:
            return self
        start, end = self.near
        return replace(self, text=self.between(start, end), start=start, near=None)

    def page_at(self, offset: int) -> int | None:
        """Return the number of the page on which `offset` of the version's stored text stands."""
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
            claimed=self.metadata.claimed,
            section=self.section_at(start),
            before=self.between(max(self.start, start - CONTEXT_CHARACTERS), start),
            after=self.between(end, min(self.end, end + CONTEXT_CHARACTERS)),
            columns=self._columns_at(start),
        )

    def _columns_at(self, offset: int) -> str:
        """Return the header of the found chunk's table, if a row stands at an offset."""
        _, header, names = self.context.rpartition("\n")
        is_row = any(one.start <= offset < one.end and one.kind is BlockKind.ROW for one in self.blocks)
        return names if header and is_row and self.kind is BlockKind.ROW and CELL_SEPARATOR in names else ""

    def section_at(self, offset: int) -> str:
        """Return the headings above an offset without the title, as one line; empty if none is known."""
        above = self.headings_at(offset)
        return PATH.join(above[1:] if above[:1] == (self.title,) else above)


def under_heading(heading: str, text: str) -> str:
    """Return a sentence or row with the heading that it stands under in front."""
    return f"{heading.rstrip(' :：')}: {text}"


@dataclass(frozen=True, slots=True)
class DraftSentence:
    """A sentence as a generator wrote it, before its citations are checked."""

    text: str
    citations: tuple[tuple[int, int, int], ...]
    """`(passage, start, end)`: the 0-based position of a passage among those shown, and the offsets of the
    quote in that version's stored text."""
    support: float
    """The generator's own estimate in 0..1 that the sentence answers the question."""
    shape: Shape = PLAIN
    written: bool = False
    """Whether a model wrote it, so that its citations may be missing or wrong."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Citation:
    """A quote from one version of a document, as the proof of a sentence."""

    document_id: int
    uri: str
    title: str
    version: int
    """The version's number, 1-based within its document."""
    page: int | None
    """The 1-based page; None for a format without pages."""
    span: tuple[int, int]
    """The half-open offsets of `quote` in the version's stored text."""
    quote: str
    day: str = ""
    """The document's date (ISO 8601); empty if it is not known."""
    owner: str = ""
    """The person or department that answers for the document; empty if it is not known."""
    claimed: tuple[str, ...] = ()
    """Which of `day` and `owner` are the document's own claim: its file says so, its source does not."""
    section: str = ""
    """The headings above the quote, joined by " > "; empty if they are not known."""
    before: str = field(default="", compare=False)
    """What stands in front of the quote, for reading it in its context; it proves nothing."""
    after: str = field(default="", compare=False)
    """What stands behind the quote."""
    columns: str = field(default="", compare=False)
    """The names of the columns above a quoted table row, joined as its cells; empty if none are known."""
    marks: tuple[tuple[int, int], ...] = field(default=(), compare=False)
    """For a refusal, the half-open offsets into the quote of the parts that fit the question best."""


@dataclass(frozen=True, slots=True)
class AnswerSentence:
    """A sentence of an answer, with its proofs."""

    text: str
    citations: tuple[int, ...]
    """0-based positions of its proofs in the answer's citations."""
    support: float = 0.0
    """The estimate in 0..1 that the sentence answers the question."""
    block: Block = Block.PARAGRAPH
    spans: tuple[Span, ...] = ()
    """Its text in parts, if any of them is marked."""
    attributed: bool = False
    """Whether the chat model named no source that proves it, and this proof was found for it."""


@dataclass(frozen=True, slots=True)
class Disagreement:
    """Another document that contradicts a citation of the answer."""

    citation: int
    """The 0-based position of the contradicted citation in the answer's."""
    other: Citation


@dataclass(frozen=True, slots=True, kw_only=True)
class Superseded:
    """A document of an answer, and the newer document that takes its place."""

    document_id: int
    """The superseded document."""
    title: str
    by_document_id: int
    """The document that takes its place."""
    by: str
    """That document's title."""
    day: str
    """That document's date (ISO 8601); empty if it is not known."""
    owner: str
    """That document's owner; empty if it is not known."""
    claimed: tuple[str, ...] = ()
    """Which of `day` and `owner` are that document's own claim."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """An answer with its citations, or a refusal with its reason."""

    text: str
    sentences: tuple[AnswerSentence, ...]
    """Empty if the answer was refused."""
    citations: tuple[Citation, ...]
    refused: bool
    reason: str
    """Why the answer was refused, as a sentence."""
    confidence: float
    """In 0..1."""
    timings: dict[str, float] = field(default_factory=dict)
    """Milliseconds by stage."""
    found: tuple[Citation, ...] = ()
    """For a refused answer, the sections that came nearest, best first."""
    near: tuple[str, ...] = ()
    """Identifiers in the documents that resemble one in the question that no document contains."""
    understood: str = ""
    """The question that was searched for, if it differs from the one that was asked."""
    disagreements: tuple[Disagreement, ...] = ()
    """Other documents that contradict a citation."""
    superseded: tuple[Superseded, ...] = ()
    """Documents, cited or in disagreement, whose place another document takes."""
    blocks: tuple[AnswerBlock, ...] = ()
    """The sentences in the form in which they are read."""
    verdict: str = ""
    """`yes`, `no` or `depends`, if the answer is one; otherwise empty."""
    notices: tuple[Notice, ...] = ()
    """What the answer had to do without, such as a chat model that did not answer."""
