"""The contract of a parser, and the builder that keeps its offsets exact."""

import re
from dataclasses import dataclass, field
from typing import Protocol

from core.errors import EmptyDocumentError
from core.values import Block, BlockKind, Page, ParsedDocument

CELL_SEPARATOR = " | "
_SPACES = re.compile(r"[ \t\f\v\u00a0\u2000-\u200a\u202f\u205f\u3000]+")
# Characters that are invisible or cannot be stored: zero width, tag block, control.
_INVISIBLE = re.compile(
    r"[\x00-\x08\x0e-\x1f\x7f\u200b-\u200f\u202a-\u202e\u2060-\u2064\ufeff\U000e0000-\U000e007f]"
)


class Parser(Protocol):
    """Turns the bytes of one kind of file into text with structure."""

    extensions: frozenset[str]
    """Lower-case file endings with their dot, such as `.md`."""

    media_type: str

    def parse(self, content: bytes, name: str) -> ParsedDocument:
        """Return the document; `name` is the file's name and serves as its title of last resort.

        Raises: ParseError or one of its children; nothing else for any content whatever.
        """
        ...


def clean(text: str) -> str:
    """Return `text` on one line without invisible characters, runs of spaces made one."""
    return _SPACES.sub(" ", _INVISIBLE.sub("", text).replace("\r", " ").replace("\n", " ")).strip()


def clean_lines(text: str) -> str:
    """Return `text` without invisible characters; its line breaks and indents stay."""
    return _INVISIBLE.sub("", text.replace("\r\n", "\n").replace("\r", "\n")).strip("\n")


@dataclass
class DocumentBuilder:
    """Writes a document front to back and notes where each block stands.

    Blocks are parted by a blank line, rows of one table by a line break.
    """

    media_type: str
    title: str = ""
    _parts: list[str] = field(default_factory=list)
    _blocks: list[Block] = field(default_factory=list)
    _pages: list[Page] = field(default_factory=list)
    _length: int = 0

    @property
    def position(self) -> int:
        """The offset at which the next character will stand."""
        return self._length

    def heading(self, level: int, text: str) -> None:
        """Add a heading of level 1..6; the first heading titles a document that has no title."""
        text = clean(text)
        if text:
            self.title = self.title or text
            self._add(BlockKind.HEADING, text, level=min(max(level, 1), 6))

    def paragraph(self, text: str) -> None:
        """Add a paragraph."""
        self._add(BlockKind.PARAGRAPH, clean(text))

    def list_item(self, text: str, depth: int = 0) -> None:
        """Add a list item; its marker (`1.`, `-`) belongs to the text if it says something."""
        self._add(BlockKind.LIST_ITEM, clean(text), level=depth)

    def code(self, text: str) -> None:
        """Add text whose line breaks and indents matter."""
        self._add(BlockKind.CODE, clean_lines(text))

    def table(self, header: list[str], rows: list[list[str]]) -> None:
        """Add a table: its header as one row and every other row carrying the header."""
        header_line = CELL_SEPARATOR.join(clean(cell) for cell in header) if any(header) else ""
        if header_line:
            self._add(BlockKind.ROW, header_line)
        for row in rows:
            cells = [clean(cell) for cell in row]
            if any(cells):
                self._add(BlockKind.ROW, CELL_SEPARATOR.join(cells), header=header_line)

    def page(
        self, number: int, start: int, width: float = 0.0, height: float = 0.0, boxes: bytes = b""
    ) -> None:
        """Close a page, slide or sheet that began at offset `start` and ends here."""
        self._pages.append(Page(number, start, self._length, width, height, boxes))

    def build(self, name: str) -> ParsedDocument:
        """Return the document, titled by `name` if nothing better was found.

        Raises: EmptyDocumentError if no text was added.
        """
        if not self._blocks:
            raise EmptyDocumentError()
        title = clean(self.title) or clean(name)
        return ParsedDocument(
            title, "".join(self._parts), tuple(self._blocks), tuple(self._pages), self.media_type
        )

    def _add(self, kind: BlockKind, text: str, level: int = 0, header: str = "") -> None:
        if not text:
            return
        if self._blocks:
            in_table = kind is BlockKind.ROW and self._blocks[-1].kind is BlockKind.ROW
            self._write("\n" if in_table and (header or not self._blocks[-1].header) else "\n\n")
        start = self._length
        self._write(text)
        self._blocks.append(Block(kind, start, self._length, level, header))

    def _write(self, text: str) -> None:
        self._parts.append(text)
        self._length += len(text)
