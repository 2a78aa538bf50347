"""The small frozen values that pass between stages; no session, file or model lives in one."""

from dataclasses import dataclass, field
from enum import StrEnum

from core.errors import ParseError
from core.metadata import NONE, Metadata


class BlockKind(StrEnum):
    """What a run of text is in its document's structure."""

    HEADING = "heading"
    PARAGRAPH = "paragraph"
    LIST_ITEM = "list_item"
    ROW = "row"
    CODE = "code"


class DocumentState(StrEnum):
    """Where a document stands, in words that an operator understands."""

    SEEN = "seen"
    HELD = "held"
    SEARCHABLE = "searchable"
    FAILED = "failed"
    QUARANTINED = "quarantined"
    DELETED = "deleted"


class GateState(StrEnum):
    """How a version stands to the one in force of its document, where a gate lies between them.

    A `waiting` one was written whole, but is not in force yet; a `withdrawn` one was taken out of force
    and waits for a person. A `promoted` one came into force through the gate, a `former` one left it
    then and is kept, chunks and all, to go back to. All others are `plain`.
    """

    PLAIN = "plain"
    WAITING = "waiting"
    WITHDRAWN = "withdrawn"
    PROMOTED = "promoted"
    FORMER = "former"


@dataclass(frozen=True, slots=True)
class Block:
    """One structural unit of a document.

    `start` and `end` are 0-based, half-open character offsets into the document's stored text.
    `level` is 1..6 for a heading and the 0-based depth for a list item. `header` is the header
    line of the table that a row belongs to, cells joined by " | ", or empty.
    """

    kind: BlockKind
    start: int
    end: int
    level: int = 0
    header: str = ""


@dataclass(frozen=True, slots=True)
class Page:
    """One page, slide or sheet: its 1-based number and where its text stands.

    `width` and `height` are in points, 0 where the format has no page size. `boxes` holds one box
    for each character of `text[start:end]`: zlib-compressed little-endian int16 `(n, 4)` as
    x0, y0, x1, y1 in quarter points from the page's top left corner, all zero for a character
    that is not on the page (a line break); empty where the format has none.
    """

    number: int
    start: int
    end: int
    width: float = 0.0
    height: float = 0.0
    boxes: bytes = b""


@dataclass(frozen=True, slots=True)
class ParsedDocument:
    """What a parser makes of a file: the text to keep and its structure, in reading order.

    `notices` are what a person should know of how it was read, such as text that is hidden in the file;
    a line each. `members` are the files inside it and inside those, in their order. `metadata` is what the
    file says of itself.
    """

    title: str
    text: str
    blocks: tuple[Block, ...]
    pages: tuple[Page, ...] = ()
    media_type: str = "text/plain"
    notices: tuple[str, ...] = ()
    members: "tuple[Member, ...]" = ()
    metadata: Metadata = NONE


@dataclass(frozen=True, slots=True)
class Member:
    """A file inside another one, such as an attachment: the document in it, or why it cannot be read.

    `path` leads to it from the outermost file; `!/` stands behind each file on the way. No two members
    have the same path, and a member's document has no members of its own.
    """

    path: str
    content_sha256: str
    size_bytes: int
    document: ParsedDocument | ParseError

    @property
    def name(self) -> str:
        """The file's own name."""
        return self.path.rpartition("/")[-1]


@dataclass(frozen=True, slots=True)
class Chunk:
    """What is embedded and indexed: `text` is exactly `document.text[start:end]`.

    `context` is the document's title, the heading path and, for a row, the table's header: it is
    embedded and indexed with the text but is not part of it. `page` is 1-based, None where the
    format has no pages. `language` is ISO 639-1, empty if it is not known.
    """

    ordinal: int
    kind: BlockKind
    start: int
    end: int
    text: str
    context: str = ""
    page: int | None = None
    language: str = ""

    @property
    def indexed_text(self) -> str:
        """The text as the embedder sees it."""
        return f"{self.context}\n{self.text}" if self.context else self.text


@dataclass(frozen=True, slots=True)
class AccessScope:
    """What one asker may see: the principals that the asker holds. An empty scope sees nothing."""

    principals: frozenset[str]


@dataclass(frozen=True, slots=True)
class Turn:
    """A question asked earlier in a conversation, and the answer that was given."""

    question: str
    answer: str


@dataclass(frozen=True, slots=True)
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


@dataclass(frozen=True, slots=True)
class IndexEntry:
    """One live chunk as an index holds it.

    `vector` is `d` little-endian float32 values of unit length; `principals` may read the chunk;
    `labels` say what filters ask for, such as `language:en`.
    """

    chunk_id: int
    document_id: int
    kind: BlockKind
    context: str
    text: str
    vector: bytes
    principals: frozenset[str]
    labels: frozenset[str] = frozenset()


LabelFilter = tuple[frozenset[str], ...]
"""What a chunk must be: of each set it must have one label. Empty, everything will do."""


@dataclass(frozen=True, slots=True)
class Hit:
    """A chunk found by an index; higher scores are better, comparable within one search only."""

    chunk_id: int
    score: float


@dataclass(frozen=True, slots=True)
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
            self.document_id, self.uri, self.title, self.version, page, (start, end), quote, day,
            self.metadata.owner,
        )  # fmt: skip


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


@dataclass(frozen=True, slots=True)
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


@dataclass(frozen=True, slots=True)
class Superseded:
    """A document in an answer, and the one that takes its place: its title, day (ISO 8601) and owner."""

    document_id: int
    title: str
    by_document_id: int
    by: str
    day: str
    owner: str


@dataclass(frozen=True, slots=True)
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
