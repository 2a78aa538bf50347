"""A source text as a list of blocks: the small part of Markdown that a manual needs.

Headings, paragraphs, ordered and bulleted lists (with warnings inside their items), tables, figures
(``![caption](name)``) and warnings (a block quote that starts with a bold signal word).
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date

import yaml
from markdown_it import MarkdownIt
from markdown_it.tree import SyntaxTreeNode


@dataclass(frozen=True)
class Span:
    """A run of text in one style."""

    text: str
    bold: bool = False
    italic: bool = False


Line = tuple[Span, ...]


@dataclass(frozen=True)
class Heading:
    level: int
    line: Line


@dataclass(frozen=True)
class Paragraph:
    line: Line


@dataclass(frozen=True)
class SafetyNote:
    """A signal word (WARNING, CAUTION, …) and what it says."""

    signal: str
    line: Line


@dataclass(frozen=True)
class Listing:
    ordered: bool
    items: tuple[tuple["Block", ...], ...]


@dataclass(frozen=True)
class Table:
    header: tuple[Line, ...]
    rows: tuple[tuple[Line, ...], ...]


@dataclass(frozen=True)
class Figure:
    name: str
    caption: str


Block = Heading | Paragraph | SafetyNote | Listing | Table | Figure


@dataclass(frozen=True)
class Manual:
    """A whole document: its front matter and its blocks."""

    title: str
    subtitle: str
    number: str
    revision: str
    date: date
    owner: str
    output: str
    body: tuple[Block, ...]
    author: str = "Harbrook Bottling Works"
    language: str = "en"
    notice: str = ""
    cover: bool = False
    labels: dict[str, str] = field(default_factory=dict)

    def label(self, word: str) -> str:
        """The word as this document's language writes it."""
        return self.labels.get(word, word)


def plain(line: Line) -> str:
    """The text of a line without its styles."""
    return "".join(span.text for span in line)


def read(text: str) -> Manual:
    """Parse a source text: YAML front matter between two lines of ``---``, then the body."""
    _, front, body = text.split("---\n", 2)
    tree = SyntaxTreeNode(MarkdownIt("commonmark").enable("table").parse(body))
    return Manual(**yaml.safe_load(front), body=tuple(_blocks(tree.children)))


def _blocks(nodes: list[SyntaxTreeNode]) -> Iterator[Block]:
    for node in nodes:
        if node.type == "heading":
            yield Heading(int(node.tag[1]), _line(node.children[0]))
        elif node.type == "paragraph":
            yield _paragraph(node.children[0])
        elif node.type == "blockquote":
            yield _warning(_line(node.children[0].children[0]))
        elif node.type in ("ordered_list", "bullet_list"):
            items = tuple(tuple(_blocks(item.children)) for item in node.children)
            yield Listing(node.type == "ordered_list", items)
        elif node.type == "table":
            yield _table(node)
        else:
            raise ValueError(f"a manual has no {node.type}")


def _paragraph(inline: SyntaxTreeNode) -> Block:
    first = inline.children[0]
    if first.type == "image":
        return Figure(str(first.attrs["src"]), first.content)
    return Paragraph(_line(inline))


def _warning(line: Line) -> SafetyNote:
    signal, rest = line[0], line[1:]
    if not signal.bold:
        raise ValueError(f"a warning starts with its signal word in bold: {plain(line)}")
    return SafetyNote(signal.text.rstrip(":："), (Span(rest[0].text.lstrip()), *rest[1:]))


def _table(node: SyntaxTreeNode) -> Table:
    rows = [
        tuple(_line(cell.children[0]) for cell in row.children)
        for part in node.children
        for row in part.children
    ]
    return Table(rows[0], tuple(rows[1:]))


def _line(node: SyntaxTreeNode, bold: bool = False, italic: bool = False) -> Line:
    spans: list[Span] = []
    for child in node.children:
        if child.type == "strong":
            spans.extend(_line(child, True, italic))
        elif child.type == "em":
            spans.extend(_line(child, bold, True))
        elif child.type == "softbreak" or child.content:
            spans.append(Span(" " if child.type == "softbreak" else child.content, bold, italic))
    return tuple(spans)
