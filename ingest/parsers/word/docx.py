"""Word documents: headings, numbered lists, tables, boxes, charts, notes, headers and footers."""

import re
from collections.abc import Iterator
from contextlib import contextmanager

from core.values.documents import ParsedDocument
from ingest.parsers.base import DocumentBuilder, clean
from ingest.parsers.office.charts import write_chart
from ingest.parsers.office.parts import MC, Node, OfficeParts, W, value
from ingest.parsers.withdrawn import Withdrawal, counted, were
from ingest.parsers.word.lists import Numbering, Styles
from ingest.parsers.word.table import cells, is_deleted_cell, is_deleted_row, read_grid, rows
from ingest.parsers.word.text import WordReader, Words, text_within

_BLOCK_WRAPPERS = frozenset(
    f"{W}{name}" for name in "sdt sdtContent ins moveTo customXml body txbxContent tc".split()
) | {f"{MC}AlternateContent", f"{MC}Choice"}
_CODE_STYLE = re.compile(r"\bcode\b|source code|preformatted|macro")
# A header or footer with fewer letters is a page number.
_LEAST_FURNITURE_LETTERS = 3


class DocxParser:
    """Parses .docx files and related formats; macros are never run."""

    media_type = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"

    def parse(self, content: bytes, name: str) -> ParsedDocument:
        """Return the document; see `Parser.parse`."""
        parts = OfficeParts(content)
        builder = DocumentBuilder(media_type=self.media_type, title=parts.title(), metadata=parts.metadata())
        _Writer(builder, parts).write()
        return builder.build(name)


class _Writer:
    """Writes the blocks of one document to a builder."""

    def __init__(self, builder: DocumentBuilder, parts: OfficeParts) -> None:
        self._builder = builder
        self._parts = parts
        self._path = parts.main_part()
        self._relations = parts.relations(self._path)
        self._styles = Styles(self._related("styles"))
        self._numbering = Numbering.of(self._related("numbering"))
        self._links = parts.links(self._path)
        self._reader = WordReader(styles=self._styles, note_mark=self._mark, links=self._links)
        self._notes = {
            (kind, value(note, f"{W}id")): note
            for kind in ("footnote", "endnote")
            for note in _all(self._related(f"{kind}s"), f"{W}{kind}")
        }
        self._marks: dict[tuple[str, str], int] = {}
        self._code: list[str] = []
        self._styled = 0

    def write(self) -> None:
        """Write the whole document."""
        root = self._parts.root(self._path)
        body = None if root is None else root.find(f"{W}body")
        if root is not None and body is not None:
            self._blocks(body, on_paper=root.find(f"{W}background") is None)
        self._flush_code()
        self._furniture()
        self._write_notices()

    def _blocks(self, parent: Node, on_paper: bool) -> None:
        for child in parent:
            if child.tag == f"{W}p":
                self._paragraph(child, on_paper)
            elif child.tag == f"{W}tbl":
                self._flush_code()
                self._table(child, on_paper)
            elif child.tag in _BLOCK_WRAPPERS:
                self._blocks(child, on_paper)

    def _paragraph(self, paragraph: Node, on_paper: bool) -> None:
        words = self._reader.read(paragraph, on_paper)
        properties = paragraph.find(f"{W}pPr")
        style = value(None if properties is None else properties.find(f"{W}pStyle"), f"{W}val")
        names = [one.name for one in self._styles.chain(style)]
        if any(_CODE_STYLE.search(name) for name in names[:1]):
            self._code.append(words.text)
        else:
            self._flush_code()
            self._text(words, style, properties)
        self._withdraw(words)
        self._hanging(words)

    def _withdraw(self, words: Words) -> None:
        for how, text in words.withdrawn:
            self._builder.withdrawn(text, how)

    def _text(self, words: Words, style: str, properties: Node | None) -> None:
        level = self._styles.heading_level(style, properties)
        listed = self._styles.list_of(style, properties)
        text = clean(words.text)
        marker = self._numbering.marker(*listed) if listed and text else ""
        marked = clean(f"{marker} {words.linked}")
        if level is not None:
            self._styled = level
            self._builder.heading(level, f"{marker} {text}")
        elif listed:
            self._builder.list_item(marked, listed[1])
        elif text and not words.plain and _may_be_title(text):
            # One level below the last heading that a style marks.
            self._builder.heading(self._styled + 1, text)
        else:
            self._builder.paragraph(marked)

    def _hanging(self, words: Words) -> None:
        """Write the boxes, charts and notes of a paragraph behind it."""
        if words.boxes or words.charts or words.notes:
            self._flush_code()
        for box in words.boxes:
            self._blocks(box, on_paper=False)
        for relation in words.charts:
            known = self._relations.get(relation)
            chart = None if known is None else self._parts.root(known.path)
            if chart is not None:
                write_chart(self._builder, chart)
        for note in words.notes:
            if note in self._notes:
                with self._reading(self._part_of(f"{note[0]}s")):
                    text = " ".join(self._texts(self._notes[note], on_paper=True))
                self._builder.paragraph(f"{self._mark(*note).strip()} {text}" if text else "")

    def _table(self, table: Node, on_paper: bool) -> None:
        for row in filter(is_deleted_row, rows(table)):
            self._builder.withdrawn(text_within(row), Withdrawal.DELETED)
        kept = cells(table)
        if all(len(row) == 1 for row in kept):  # a frame around text
            for cells_of_row in kept:
                self._blocks(cells_of_row[0], on_paper=False)
            return
        held: list[Words] = []
        header, body = read_grid(table, lambda cell: self._cell(cell, held))
        self._builder.table(header, body)
        for words in held:
            self._hanging(words)

    def _cell(self, cell: Node, held: list[Words]) -> str:
        """Return a cell's text, its paragraphs and inner tables on one line."""
        if is_deleted_cell(cell):
            self._builder.withdrawn(text_within(cell), Withdrawal.DELETED)
            return ""
        return " ".join(self._texts(cell, on_paper=False, held=held))

    def _texts(self, parent: Node, on_paper: bool, held: list[Words] | None = None) -> list[str]:
        """Return the texts of all paragraphs; their boxes, charts and notes go to `held`."""
        found = []
        for child in parent:
            if child.tag == f"{W}p":
                words = self._reader.read(child, on_paper)
                self._withdraw(words)
                properties = child.find(f"{W}pPr")
                style = value(None if properties is None else properties.find(f"{W}pStyle"), f"{W}val")
                listed = self._styles.list_of(style, properties)
                text = clean(words.linked)
                marker = self._numbering.marker(*listed) if listed and text else ""
                found += [marker, text]
                if held is not None:
                    held.append(words)
            elif child.tag in _BLOCK_WRAPPERS or child.tag in (f"{W}tbl", f"{W}tr"):
                found += self._texts(child, on_paper, held)
        return [text for text in found if text]

    def _furniture(self) -> None:
        """Write the headers and footers of the pages, each text once."""
        met: set[str] = set()
        for kind, word in (("header", "Header"), ("footer", "Footer")):
            for path, root in self._parts.related(self._path, kind):
                with self._reading(path):
                    text = clean(" ".join(self._texts(root, on_paper=True)))
                letters = sum(character.isalpha() for character in text)
                if text not in met and letters >= _LEAST_FURNITURE_LETTERS:
                    met.add(text)
                    self._builder.paragraph(f"{word}: {text}")

    def _write_notices(self) -> None:
        hidden = self._reader.hidden
        if hidden:
            are = "is" if hidden == 1 else "are"
            self._builder.notice(
                f"{counted(hidden, 'character')} {are} hidden, white on white or too small to see, and "
                f"{were(hidden)} not read."
            )
        comments = sum(1 for _ in _all(self._related("comments"), f"{W}comment"))
        if comments:
            self._builder.notice(f"{counted(comments, 'comment')} in the margin {were(comments)} not read.")

    def _flush_code(self) -> None:
        if self._code:
            self._builder.code("\n".join(self._code))
            self._code = []

    @contextmanager
    def _reading(self, path: str) -> Iterator[None]:
        """Read a part other than the main one, whose links have relations of their own."""
        self._reader.links = self._parts.links(path)
        yield
        self._reader.links = self._links

    def _part_of(self, kind: str) -> str:
        return next((one.path for one in self._relations.values() if one.kind == kind), "")

    def _mark(self, kind: str, note: str) -> str:
        """Return the mark of a note in the text: its number in the order of the text."""
        return f" [{self._marks.setdefault((kind, note), len(self._marks) + 1)}]"

    def _related(self, kind: str) -> Node | None:
        return next((root for _, root in self._parts.related(self._path, kind)), None)


def _may_be_title(text: str) -> bool:
    """Return whether a line can be a title."""
    # Its rules take most of a second to load, and few files need them.
    from ingest.parsers.word.titles import may_be_title

    return may_be_title(text)


def _all(root: Node | None, tag: str) -> Iterator[Node]:
    if root is not None:
        yield from root.iter(tag)
