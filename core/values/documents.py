"""Parsed documents, their structure, and their chunks."""

from dataclasses import dataclass
from enum import StrEnum

from core.errors import ParseError
from core.values.metadata import NONE, Metadata

INSIDE = "!/"
"""Between the URI of a message or an archive and the path of a document inside it."""

CELL_SEPARATOR = " | "
"""Between the cells of a table row in a document's text."""


def is_inside(uri: str, outer: str) -> bool:
    """Return whether the document at `uri` is inside the one at `outer`, at any depth."""
    return uri.startswith(outer + INSIDE)


class BlockKind(StrEnum):
    """The role of a block in its document's structure."""

    HEADING = "heading"
    PARAGRAPH = "paragraph"
    LIST_ITEM = "list_item"
    ROW = "row"
    CODE = "code"


class DocumentState(StrEnum):
    """The state of a document, as operators see it."""

    SEEN = "seen"
    """Listed by its source, but not read yet."""
    HELD = "held"
    """Read, but without a version in force: one is waiting behind a gate."""
    SEARCHABLE = "searchable"
    FAILED = "failed"
    """It could not be read; a version that was read before stays searchable."""
    QUARANTINED = "quarantined"
    """It failed too often to be tried again before its content changes or a person retries it."""
    DELETED = "deleted"


class GateState(StrEnum):
    """The position of a version at the gate in front of the version in force."""

    PLAIN = "plain"
    """No gate is involved."""
    WAITING = "waiting"
    """Completely written, but not in force yet."""
    WITHDRAWN = "withdrawn"
    """Taken out of force by a rollback; a person decides about it."""
    PROMOTED = "promoted"
    """In force since the last promotion."""
    FORMER = "former"
    """Replaced by the last promotion, and kept with its chunks for a rollback."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Block:
    """One structural unit of a document."""

    kind: BlockKind
    start: int
    """The 0-based offset of its first character in the document's stored text."""
    end: int
    """The offset behind its last character."""
    level: int = 0
    """1..6 for a heading; the 0-based depth for a list item."""
    header: str = ""
    """For a table row, the table's header line, cells joined by " | "; otherwise empty."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """One page, slide or sheet of a document."""

    number: int
    """1-based."""
    start: int
    """The 0-based offset of the page's text in the document's stored text."""
    end: int
    """The offset behind the page's text."""
    width: float = 0.0
    """In points; 0 for a format without a page size."""
    height: float = 0.0
    """In points; 0 for a format without a page size."""
    boxes: bytes = b""
    """One box for each character of `text[start:end]`; empty for a format without boxes.

    Zlib-compressed little-endian int16 `(n, 4)`: x0, y0, x1, y1 in quarter points from the page's top
    left corner. All four are zero for a character that is not on the page (a line break).
    """


@dataclass(frozen=True, slots=True, kw_only=True)
class ParsedDocument:
    """A file's text and structure, as a parser read them."""

    title: str
    text: str
    """The text to store, in reading order."""
    blocks: tuple[Block, ...]
    """The blocks of `text`, in reading order."""
    pages: tuple[Page, ...] = ()
    media_type: str = "text/plain"
    notices: tuple[str, ...] = ()
    """Remarks for people on how the file was read, such as hidden text in it; one line each."""
    members: "tuple[Member, ...]" = ()
    """The files inside this one and inside those, in their order."""
    metadata: Metadata = NONE
    """The metadata that the file itself contains."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Member:
    """A file inside another one, such as an attachment."""

    path: str
    """The way to it from the outermost file, with `!/` behind each file; unique among the members."""
    content_sha256: str
    size_bytes: int
    document: ParsedDocument | ParseError
    """The document in it, which has no members of its own, or why it cannot be read."""

    @property
    def name(self) -> str:
        """The file's own name."""
        return self.path.rpartition("/")[-1]


def indexed_text(context: str, text: str) -> str:
    """Return the text of a chunk as embedders, rerankers and indexes see it: below its context, if any."""
    return f"{context}\n{text}" if context else text


@dataclass(frozen=True, slots=True, kw_only=True)
class Chunk:
    """A piece of a document that is embedded and indexed by itself."""

    ordinal: int
    """The 0-based position among the version's chunks."""
    kind: BlockKind
    start: int
    """The 0-based offset of `text` in the document's stored text."""
    end: int
    """The offset behind `text`."""
    text: str
    """Exactly `document.text[start:end]`."""
    context: str = ""
    """The document's title, the heading path and, for a row, the table's header.

    It is embedded and indexed with the text but is not part of it.
    """
    page: int | None = None
    """1-based; None for a format without pages."""
    language: str = ""
    """ISO 639-1; empty if it is not known."""

    @property
    def indexed_text(self) -> str:
        """The text as embedders see it."""
        return indexed_text(self.context, self.text)
