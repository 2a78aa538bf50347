"""The contract of a parser, and the builder that keeps its offsets exact."""

import re
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import chain, islice
from pathlib import PurePosixPath, PureWindowsPath
from typing import Protocol, runtime_checkable

from core.errors import EmptyDocumentError, ParseError
from core.values.documents import CELL_SEPARATOR, Block, BlockKind, Page, ParsedDocument
from core.values.metadata import NONE, Metadata
from ingest.parsers.withdrawn import Withdrawal, WithdrawnText

# A hostile file can cause any number of them.
MAX_NOTICES, MAX_NOTICE_CHARS = 50, 500
_SPACES = re.compile(r"[\s\x1c-\x1f\x85\u00a0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000]+")
_LINE_BREAK = re.compile(r"\r\n?|[\v\f\x85\u2028\u2029]")
# Characters that are invisible or cannot be stored: control, soft hyphen, zero width, direction
# marks, lone surrogates, non-characters, tag block.
INVISIBLE = re.compile(
    "[\x00-\x08\x0e-\x1b\x7f-\x84\x86-\x9f\u00ad\u200b-\u200f\u202a-\u202e\u2060-\u2064"
    "\ud800-\udfff\ufeff\ufffe\uffff\U000e0000-\U000e007f]"
)
# Titles that office programs write when the author gave none.
_EMPTY_TITLE = re.compile(
    r"(untitled( document| presentation| spreadsheet)?|document|presentation|powerpoint[- ]presentation"
    r"|slide|book|workbook|title|microsoft word|word document|blank)[ -]*\d*",
    re.IGNORECASE,
)
_PROGRAM_PREFIX = re.compile(r"^Microsoft (Word|PowerPoint|Excel) - ")
_FILE_NAME_TITLE = re.compile(
    r".+\.(docx?|pptx?|xlsx?|indd|qxd|tex|dvi|odt|rtf|pmd|fm|p65|exe|qxp|wpd|pdf)", re.IGNORECASE
)


class Parser(Protocol):
    """Turns the bytes of one kind of file into text with structure."""

    media_type: str
    """The media type of the documents that it returns."""

    def parse(self, content: bytes, name: str) -> ParsedDocument:
        """Return the document; `name` is the file's name and serves as its title of last resort.

        Raises: ParseError or one of its children, and no other error for any content.
        """
        ...


@runtime_checkable
class Container(Parser, Protocol):
    """A parser of files that hold other files."""

    def members(self, content: bytes, name: str) -> Iterator[tuple[str, bytes | ParseError]]:
        """Yield the path and the content of each file inside, or the reason that it cannot be read.

        Called only with content that `parse` has read. Raises: as `parse`.
        """
        ...


def clean(text: str) -> str:
    """Return `text` on one line, without invisible characters, each run of spaces as one space, in NFC."""
    return _composed(_SPACES.sub(" ", INVISIBLE.sub("", text)).strip())


def clean_lines(text: str) -> str:
    """Return `text` without invisible characters; its line breaks and indents stay."""
    lines = INVISIBLE.sub("", _LINE_BREAK.sub("\n", text)).split("\n")
    return _composed("\n".join(line.rstrip() for line in lines).strip("\n"))


def row_line(cells: Sequence[str]) -> str:
    """Return a table row as one line; empty cells at its end are left out."""
    texts = [clean(cell) for cell in cells]
    while texts and not texts[-1]:
        texts.pop()
    return CELL_SEPARATOR.join(texts).strip()


def said_title(text: str | None) -> str:
    """Return the title that a file's properties give, or an empty string if a program wrote a filler."""
    title = _PROGRAM_PREFIX.sub("", clean(text or ""))
    return "" if _EMPTY_TITLE.fullmatch(title) or _FILE_NAME_TITLE.fullmatch(title) else title


def stem(name: str) -> str:
    """Return the file name without its folders and its ending."""
    base = PureWindowsPath(PurePosixPath(name).name).name
    return clean(PurePosixPath(base).stem) or clean(base)


def _composed(text: str) -> str:
    return text if text.isascii() else unicodedata.normalize("NFC", text)


# More than ten methods: one for each kind of block and of remark; each is a few lines.
@dataclass(kw_only=True)
class DocumentBuilder:
    """Builds a document front to back and records the offsets of each block.

    A blank line separates blocks; a line break separates the rows of a table and the items of a list.
    """

    media_type: str
    title: str = ""
    """Empty until a title is known."""
    metadata: Metadata = NONE
    """The author, day, tags and the like that the file states."""
    _parts: list[str] = field(default_factory=list)
    _blocks: list[Block] = field(default_factory=list)
    _pages: list[Page] = field(default_factory=list)
    _notices: dict[str, None] = field(default_factory=dict)
    _length: int = 0
    """The number of characters in `_parts`."""
    _new_table: bool = False
    """Whether the next row begins a table, even directly behind another one."""
    _heading: str = ""
    """The last heading."""
    _withdrawn: dict[Withdrawal, WithdrawnText] = field(default_factory=dict)

    @property
    def position(self) -> int:
        """The offset of the next character."""
        return self._length

    def heading(self, level: int, text: str) -> None:
        """Add a heading of level 1..6; the first heading becomes the title of a document without one."""
        text = clean(text)
        if text:
            self.title = self.title or text
            self._heading = text
            self.add(BlockKind.HEADING, text, level=min(max(level, 1), 6))

    def paragraph(self, text: str) -> None:
        """Add a paragraph."""
        self.add(BlockKind.PARAGRAPH, clean(text))

    def list_item(self, text: str, depth: int = 0) -> None:
        """Add a list item; a marker that carries meaning, such as `1.`, is part of the text."""
        self.add(BlockKind.LIST_ITEM, clean(text), level=depth)

    def code(self, text: str) -> None:
        """Add text whose line breaks and indents are kept."""
        self.add(BlockKind.CODE, clean_lines(text))

    def table(self, header: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
        """Add a table: its header as one row, and the other rows, each with the header."""
        header_line = row_line(header)
        self._new_table = True
        self.add(BlockKind.ROW, header_line)
        for row in rows:
            self.add(BlockKind.ROW, row_line(row), header=header_line)

    def add(self, kind: BlockKind, text: str, level: int = 0, header: str = "") -> None:
        """Add a block whose text is clean already and is stored as it is; an empty text adds no block."""
        if not text:
            return
        if self._blocks:
            self._write("\n" if self._continues(kind) else "\n\n")
        self._new_table = False
        start = self._length
        self._write(text)
        self._blocks.append(Block(kind=kind, start=start, end=self._length, level=level, header=header))

    def page(
        self, number: int, start: int, width: float = 0.0, height: float = 0.0, boxes: bytes = b""
    ) -> None:
        """Add a page, slide or sheet that begins at offset `start` and ends here."""
        self._pages.append(
            Page(number=number, start=start, end=self._length, width=width, height=height, boxes=boxes)
        )

    def add_page(self, page: Page) -> None:
        """Add a page whose offsets are known."""
        self._pages.append(page)

    def notice(self, text: str) -> None:
        """Add a line about how the file was read, for a person to see; a repeated line is kept once."""
        if text := clean(text)[:MAX_NOTICE_CHARS]:
            self._notices[text] = None

    def withdrawn(self, text: str, how: Withdrawal = Withdrawal.STRUCK, under: str | None = None) -> None:
        """Count a passage that its author took back; it is not added.

        It stands under the heading `under`; if that is None, under the last heading.
        """
        heading = self._heading if under is None else under
        self._withdrawn.setdefault(how, WithdrawnText(how=how)).add(clean(text), heading)

    def build(self, name: str) -> ParsedDocument:
        """Return the document; `name` gives its title if no better one was found.

        Raises: EmptyDocumentError if no text was added.
        """
        withdrawn = [one.notice for one in self._withdrawn.values() if one.notice]
        if not self._blocks:
            raise EmptyDocumentError(" ".join(withdrawn))
        title = clean(self.title) or stem(name) or name
        return ParsedDocument(
            title=title,
            text="".join(self._parts),
            blocks=tuple(self._blocks),
            pages=tuple(self._pages),
            media_type=self.media_type,
            notices=tuple(islice(chain(withdrawn, self._notices), MAX_NOTICES)),
            metadata=self.metadata,
        )

    def _continues(self, kind: BlockKind) -> bool:
        same = kind is self._blocks[-1].kind and not self._new_table
        return same and kind in (BlockKind.ROW, BlockKind.LIST_ITEM)

    def _write(self, text: str) -> None:
        self._parts.append(text)
        self._length += len(text)
