"""Markdown by markdown-it-py: CommonMark with tables."""

import re
from collections.abc import Callable, Sequence

from markdown_it import MarkdownIt
from markdown_it.token import Token

from core.errors import EmptyDocumentError
from core.values.documents import ParsedDocument
from ingest.parsers.base import DocumentBuilder, clean
from ingest.parsers.encoding import decode
from ingest.parsers.web.blocks import HtmlWriter, picture_text
from ingest.parsers.web.hidden import remove_hidden
from ingest.parsers.web.html import parse_html
from ingest.parsers.web.site_source import split_front_matter, without_templates

# A link whose address holds a space, or to a reference that is not in the file.
_LEFT_LINK = re.compile(r"!?\[([^\[\]]{1,300})\](?:\([^()\n]{0,500}\)|\[[\w #.-]*\])")
_FOOTNOTE = re.compile(r"\[\^[^\]\s]+\]:?")
_LEFT_STARS = re.compile(r"(?<!\w)\*\*|\*\*(?!\w)")
_TAG_BREAK = re.compile(r"<(br|/?p|/?div|/?li)\b", re.IGNORECASE)


class MarkdownParser:
    """Parses Markdown as people write it for wikis and site generators."""

    media_type = "text/markdown"

    def parse(self, content: bytes, name: str) -> ParsedDocument:
        """Return the document; see `Parser.parse`."""
        source = decode(content).replace("\r\n", "\n").replace("\r", "\n")
        page = split_front_matter(source)
        builder = DocumentBuilder(media_type=self.media_type, title=page.title, metadata=page.metadata)
        markdown = MarkdownIt("commonmark").enable(["table", "strikethrough"])
        _Writer(builder).write(markdown.parse(without_templates(page.text)))
        return builder.build(name)


class _Writer:
    """Writes the blocks of a token stream to a builder."""

    def __init__(self, builder: DocumentBuilder) -> None:
        self._builder = builder
        self._lists: list[int | None] = []  # the next number of each open list, None for bullets
        self._marker: str | None = None
        self._html: list[str] = []
        self._handlers: dict[str, Callable[[Token], None]] = {
            "bullet_list_open": lambda _: self._lists.append(None),
            "ordered_list_open": lambda token: self._lists.append(int(token.attrGet("start") or 1)),
            "bullet_list_close": self._close_list,
            "ordered_list_close": self._close_list,
            "list_item_open": self._open_item,
            "list_item_close": self._close_item,
            "fence": lambda token: builder.code(token.content),
            "code_block": lambda token: builder.code(token.content),
            "html_block": lambda token: self._html_block(token.content),
        }

    def write(self, tokens: Sequence[Token]) -> None:
        """Write all tokens of a document."""
        position = 0
        while position < len(tokens):
            token = tokens[position]
            if token.type == "table_open":
                position = self._table(tokens, position)
            elif token.type == "inline":
                self._text(tokens[position - 1], inline_text(token))
            elif token.type in self._handlers:
                self._handlers[token.type](token)
            position += 1

    def _text(self, opener: Token, text: str) -> None:
        if opener.type == "heading_open":
            self._builder.heading(int(opener.tag[1]), text)
        elif self._marker is not None and clean(text):
            self._builder.list_item(self._marker + text, len(self._lists) - 1)
            self._marker = None
        else:
            self._builder.paragraph(text)

    def _open_item(self, token: Token) -> None:
        number = self._lists[-1]
        self._marker = "" if number is None else f"{number}. "
        if number is not None:
            self._lists[-1] = number + 1

    def _close_item(self, token: Token) -> None:
        self._marker = None

    def _close_list(self, token: Token) -> None:
        self._lists.pop()

    def _html_block(self, source: str) -> None:
        try:
            root = parse_html(_LEFT_LINK.sub(r"\1", source))
        except EmptyDocumentError:  # a closing tag alone
            return
        remove_hidden(root)
        HtmlWriter(self._builder).write(root)

    def _table(self, tokens: Sequence[Token], position: int) -> int:
        """Write the table that opens at `position`; return where it closes."""
        rows: list[list[str]] = []
        while tokens[position].type != "table_close":
            if tokens[position].type == "tr_open":
                rows.append([])
            elif tokens[position].type == "inline":
                rows[-1].append(inline_text(tokens[position]))
            position += 1
        self._builder.table(rows[0], rows[1:])
        return position


def inline_text(token: Token) -> str:
    """Return the text that a reader sees of an inline token: links without their addresses."""
    parts: list[str] = []
    prose: list[str] = []
    for child in token.children or ():
        if child.type == "code_inline":
            parts += [_without_leftovers("".join(prose)), child.content]
            prose.clear()
        elif child.type in ("text", "text_special"):
            prose.append(child.content)
        elif child.type in ("softbreak", "hardbreak"):
            prose.append("\n")
        elif child.type == "image":
            prose.append(picture_text(child.content))
        elif child.type == "html_inline" and _TAG_BREAK.match(child.content):
            prose.append(" ")
    return "".join([*parts, _without_leftovers("".join(prose))])


def _without_leftovers(text: str) -> str:
    """Return prose without invalid markup that authors leave behind."""
    if "[" in text:
        text = _LEFT_LINK.sub(r"\1", _FOOTNOTE.sub("", text))
    return _LEFT_STARS.sub("", text)
