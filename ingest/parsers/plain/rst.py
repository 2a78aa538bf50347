"""reStructuredText by docutils, with stand-ins for the directives and roles of Sphinx."""

import io
import re
from collections.abc import Callable
from typing import Any

from docutils import nodes
from docutils.core import publish_doctree
from docutils.utils import SystemMessage

from core.errors import EmptyDocumentError
from core.values.documents import ParsedDocument
from ingest.parsers.base import DocumentBuilder, clean
from ingest.parsers.encoding import decode
from ingest.parsers.plain.rst_stand_ins import register_for
from ingest.parsers.plain.text import write_text
from ingest.parsers.tables import joined_header, split_header

# docutils' own limit: its time grows with the square of a line's length.
_MAX_LINE_CHARS = 10_000
_SETTINGS = {
    # Only the text is read: no included file, no raw HTML, no configuration file.
    "file_insertion_enabled": False,
    "raw_enabled": False,
    "_disable_config": True,
    # Mistakes in the markup are the author's; the text around them is kept.
    "report_level": 5,
    "halt_level": 5,
    "syntax_highlight": "none",
    "smart_quotes": False,
    "doctitle_xform": False,
    "docinfo_xform": False,
    "sectsubtitle_xform": False,
    "line_length_limit": _MAX_LINE_CHARS,
}
# System messages are dropped; the text that caused them is kept as it was written.
_DROPPED = (
    nodes.comment,
    nodes.system_message,
    nodes.substitution_definition,
    nodes.target,
    nodes.raw,
    nodes.pending,
    nodes.image,
    nodes.decoration,
)
_TEXT_BLOCKS = (nodes.paragraph, nodes.rubric, nodes.attribution, nodes.caption, nodes.subtitle)
# docutils ignores markup that does not stand between spaces, as in Chinese text.
_BROKEN_LINK = re.compile(r"`([^`<>]{1,300}?) ?<[^<>`]{0,500}>`__?")


class RstParser:
    """Parses reStructuredText, including Sphinx's dialect."""

    media_type = "text/x-rst"

    def parse(self, content: bytes, name: str) -> ParsedDocument:
        """Return the document; see `Parser.parse`."""
        source = decode(content)
        if any(len(line) > _MAX_LINE_CHARS for line in source.splitlines()):
            return self._plain(source, name)
        try:
            return self._parsed(source, name)
        except EmptyDocumentError:
            raise
        except (SystemMessage, RecursionError, ValueError, LookupError, TypeError, AttributeError):
            # docutils fails on some broken markup; then the bare text is kept.
            return self._plain(source, name)

    def _plain(self, source: str, name: str) -> ParsedDocument:
        builder = DocumentBuilder(media_type=self.media_type)
        write_text(builder, source)
        return builder.build(name)

    def _parsed(self, source: str, name: str) -> ParsedDocument:
        register_for(source)
        settings = {**_SETTINGS, "warning_stream": io.StringIO()}
        tree = publish_doctree(source, settings_overrides=settings)
        builder = DocumentBuilder(media_type=self.media_type)
        _Writer(builder).visit(tree)
        return builder.build(name)


class _Writer:
    """Writes the blocks of a docutils tree."""

    def __init__(self, builder: DocumentBuilder) -> None:
        self._builder = builder
        self._section = 0
        self._list = -1
        self._handlers: tuple[tuple[type[Any], Callable[..., None]], ...] = (
            (nodes.section, self._visit_section),
            (nodes.title, lambda node: builder.heading(max(self._section, 1), _text(node))),
            (nodes.literal_block, lambda node: builder.code(node.astext())),
            (nodes.doctest_block, lambda node: builder.code(node.astext())),
            (nodes.line_block, lambda node: builder.code(_lines(node))),
            (nodes.math_block, lambda node: builder.code(node.astext())),
            (nodes.table, self._visit_table),
            (nodes.bullet_list, self._visit_list),
            (nodes.enumerated_list, self._visit_list),
            (nodes.definition_list_item, self._visit_definition),
            (nodes.field, self._visit_field),
            (nodes.option_list_item, self._visit_pair),
            (nodes.Admonition, self._visit_admonition),
            (nodes.topic, self._visit_topic),
        )

    def visit(self, node: nodes.Node) -> None:
        """Write a node and its descendants."""
        if isinstance(node, _DROPPED):
            return
        for kind, handler in self._handlers:
            if isinstance(node, kind):
                handler(node)
                return
        if isinstance(node, _TEXT_BLOCKS):
            self._builder.paragraph(_text(node))
        else:
            self._visit_children(node)

    def _visit_children(self, node: nodes.Node) -> None:
        for child in node.children:
            if isinstance(child, nodes.Text):
                self._builder.paragraph(child.astext())
            else:
                self.visit(child)

    def _visit_section(self, node: nodes.section) -> None:
        self._section += 1
        self._visit_children(node)
        self._section -= 1

    def _visit_list(self, node: nodes.Element) -> None:
        self._list += 1
        number = node.get("start", 1)
        for item in node.children:
            is_numbered = isinstance(node, nodes.enumerated_list) and node.get("enumtype") == "arabic"
            self._visit_item(item, f"{number}. " if is_numbered else "")
            number += 1
        self._list -= 1

    def _visit_item(self, item: nodes.Node, marker: str) -> None:
        for position, child in enumerate(item.children):
            if position == 0 and isinstance(child, nodes.paragraph):
                text = _text(child)
                self._builder.list_item(marker + text if text else "", self._list)
            else:
                self.visit(child)

    def _visit_definition(self, node: nodes.definition_list_item) -> None:
        """Write a term with the first paragraph of its description, because neither says much alone."""
        terms = ": ".join(_text(child) for child in node.children if isinstance(child, nodes.term))
        definition = next((child for child in node.children if isinstance(child, nodes.definition)), None)
        self._lead(terms, definition)

    def _visit_field(self, node: nodes.field) -> None:
        # `:orphan:` and the like are orders to the program that builds the pages.
        if _text(node.children[1]):
            self._lead(_text(node.children[0]), node.children[1])

    def _visit_pair(self, node: nodes.Element) -> None:
        self._lead(_text(node.children[0]), node.children[-1])

    def _visit_admonition(self, node: nodes.Element) -> None:
        if isinstance(node, nodes.admonition):
            label, body = _text(node.children[0]), node.children[1:]
        else:
            label, body = str(node.tagname).capitalize(), node.children
        self._lead(label, nodes.container("", *body), is_item=False)

    def _visit_topic(self, node: nodes.topic) -> None:
        if "contents" not in node.get("classes", ()):
            self._visit_children(node)

    def _visit_table(self, node: nodes.table) -> None:
        title = next((child for child in node.children if isinstance(child, nodes.title)), None)
        self._builder.paragraph(_text(title) if title is not None else "")
        head = [_cells(row) for part in node.findall(nodes.thead) for row in part.findall(nodes.row)]
        body = [_cells(row) for part in node.findall(nodes.tbody) for row in part.findall(nodes.row)]
        if head:
            self._builder.table(joined_header(head), body)
        else:
            self._builder.table(*split_header(body))

    def _lead(self, label: str, body: nodes.Node | None, is_item: bool = True) -> None:
        """Write `label: first paragraph` and then the rest of the body."""
        children = list(body.children) if body is not None else []
        first = _text(children.pop(0)) if children and isinstance(children[0], nodes.paragraph) else ""
        text = ": ".join(part for part in (label, first) if part)
        if is_item:
            self._builder.list_item(text, max(self._list, 0))
        else:
            self._builder.paragraph(text)
        for child in children:
            self.visit(child)


def _cells(row: nodes.row) -> list[str]:
    """Return a row's texts; a cell that spans columns is followed by empty ones."""
    cells: list[str] = []
    for entry in row.findall(nodes.entry):
        cells += [_text(entry)] + [""] * int(entry.get("morecols", 0))
    return cells


def _text(node: nodes.Node) -> str:
    """Return a node's text on one line, without pictures, targets and the like."""
    parts: list[str] = []
    _collect(node, parts)
    return clean(_BROKEN_LINK.sub(r"\1", clean("".join(parts))).replace("``", ""))


def _collect(node: nodes.Node, parts: list[str]) -> None:
    if isinstance(node, nodes.Text):
        parts.append(node.astext())
    elif not isinstance(node, _DROPPED):
        is_block = isinstance(node, nodes.Body | nodes.term) and not isinstance(node, nodes.Inline)
        parts += [" "] if is_block else []
        for child in node.children:
            _collect(child, parts)
        parts += [" "] if is_block else []


def _lines(node: nodes.line_block, depth: int = 0) -> str:
    lines = []
    for child in node.children:
        if isinstance(child, nodes.line_block):
            lines.append(_lines(child, depth + 1))
        else:
            lines.append("  " * depth + _text(child))
    return "\n".join(lines)
