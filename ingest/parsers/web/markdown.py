"""Markdown by markdown-it-py: CommonMark with tables."""

from collections.abc import Callable, Sequence

from markdown_it import MarkdownIt
from markdown_it.token import Token

from core.errors import EmptyDocumentError
from core.values.documents import ParsedDocument
from ingest.parsers.base import DocumentBuilder, clean
from ingest.parsers.encoding import decode
from ingest.parsers.web.blocks import HtmlWriter
from ingest.parsers.web.hidden import remove_hidden
from ingest.parsers.web.html import parse_html
from ingest.parsers.web.inline import Inline, read_inline, struck_blocks, without_left_links, without_tags
from ingest.parsers.web.site_source import split_front_matter, without_templates
from ingest.parsers.web.struck import take_out_struck


class MarkdownParser:
    """Parses Markdown as people write it for wikis and site generators."""

    media_type = "text/markdown"

    def parse(self, content: bytes, name: str) -> ParsedDocument:
        """Return the document; see `Parser.parse`."""
        source = decode(content).replace("\r\n", "\n").replace("\r", "\n")
        page = split_front_matter(source)
        builder = DocumentBuilder(media_type=self.media_type, title=page.title, metadata=page.metadata)
        page.write_head(builder)
        markdown = MarkdownIt("commonmark").enable(["table", "strikethrough"])
        _Writer(builder).write(markdown.parse(without_templates(page.text)))
        page.write_bare(builder, source, name)
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
        struck = struck_blocks(tokens)
        while position < len(tokens):
            token = tokens[position]
            if position in struck:
                self._builder.withdrawn(without_tags(token.content))
            elif token.type == "table_open":
                position = self._table(tokens, position)
            elif token.type == "inline":
                opener = tokens[position - 1]
                self._text(opener, read_inline(token, links=opener.type != "heading_open"))
            elif token.type in self._handlers:
                self._handlers[token.type](token)
            position += 1

    def _text(self, opener: Token, inline: Inline) -> None:
        text = inline.text
        if opener.type == "heading_open":
            self._builder.heading(int(opener.tag[1]), text)
        elif self._marker is not None and clean(text):
            self._builder.list_item(self._marker + text, len(self._lists) - 1)
            self._marker = None
        else:
            self._builder.paragraph(text)
        self._withdraw(inline)

    def _withdraw(self, inline: Inline) -> None:
        for passage in inline.struck:
            self._builder.withdrawn(passage)

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
            root = parse_html(without_left_links(source))
        except EmptyDocumentError:  # a closing tag alone
            return
        remove_hidden(root)
        take_out_struck(self._builder, root, "")
        HtmlWriter(self._builder).write(root)

    def _table(self, tokens: Sequence[Token], position: int) -> int:
        """Write the table that opens at `position`; return where it closes."""
        rows: list[list[str]] = []
        while tokens[position].type != "table_close":
            if tokens[position].type == "tr_open":
                rows.append([])
            elif tokens[position].type == "inline":
                cell = read_inline(tokens[position], links=tokens[position - 1].type != "th_open")
                rows[-1].append(cell.text)
                self._withdraw(cell)
            position += 1
        self._builder.table(rows[0], rows[1:])
        return position
