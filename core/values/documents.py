"""Documents as parsers read them and as chunks are made of them."""

from dataclasses import dataclass
from enum import StrEnum

from core.errors import ParseError
from core.values.metadata import NONE, Metadata


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


@dataclass(frozen=True, slots=True, kw_only=True)
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


@dataclass(frozen=True, slots=True, kw_only=True)
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


@dataclass(frozen=True, slots=True, kw_only=True)
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


@dataclass(frozen=True, slots=True, kw_only=True)
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


def indexed_text(context: str, text: str) -> str:
    """Return the text of a chunk as embedders, rerankers and indexes see it: below its context, if any."""
    return f"{context}\n{text}" if context else text


@dataclass(frozen=True, slots=True, kw_only=True)
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
        """The text as embedders see it."""
        return indexed_text(self.context, self.text)
