"""HTML by lxml: the main text with its headings, lists, tables and code."""

import re
from contextlib import suppress

from lxml import etree
from lxml import html as lxml_html

from core.errors import EmptyDocumentError, ParseError
from core.values.documents import ParsedDocument
from core.values.metadata import Metadata, metadata_of
from ingest.parsers.base import DocumentBuilder, said_title
from ingest.parsers.encoding import decode
from ingest.parsers.web.blocks import HtmlWriter, inline_text
from ingest.parsers.web.hidden import remove_hidden, style_sheets
from ingest.parsers.web.redirects import redirect_target
from ingest.parsers.web.site_source import split_front_matter, without_templates
from ingest.parsers.web.struck import take_out_struck

_CHARSET = re.compile(
    rb"<(?:meta|\?xml)[^>]*(?:charset|encoding)\s*=\s*[\"']?\s*([A-Za-z0-9_.:-]+)", re.IGNORECASE
)
_DECLARED_WITHIN_BYTES = 4096
_XML_DECLARATION = re.compile(r"^\s*<\?xml[^>]*\?>")
# In XHTML `<title/>` is a whole element; an HTML parser would take all text behind it as the title.
_XHTML = "http://www.w3.org/1999/xhtml"
_EMPTY_ELEMENT = re.compile(
    r"<((?!(?:area|base|br|col|embed|hr|img|input|link|meta|source|track|wbr)\b)[a-zA-Z][\w-]*)"
    r"((?:\s[^<>]*?)?)/>"
)
# The names that Open Graph and Dublin Core give the author and the day.
_META = {
    "article:author": "author", "dc.creator": "author", "article:modified_time": "date",
    "article:published_time": "date", "dc.date": "date", "dcterms.modified": "date",
}  # fmt: skip
# Fewer hidden letters are labels of menus and forms, and not reported.
_LEAST_HIDDEN_LETTERS = 20
# Left out of a main part; if a page marks no main part, they may hold its text. Menus are never kept.
_FURNITURE = ("aside", "footer")


class HtmlParser:
    """Parses web pages."""

    media_type = "text/html"

    def parse(self, content: bytes, name: str) -> ParsedDocument:
        """Return the document; see `Parser.parse`."""
        declared = _CHARSET.search(content[:_DECLARED_WITHIN_BYTES])
        text = decode(content, declared[1].decode("ascii") if declared else None)
        if text.lstrip().startswith("---"):
            return self._from_source(text.replace("\r\n", "\n"), name)
        builder = DocumentBuilder(media_type=self.media_type)
        write_html(builder, text)
        return builder.build(name)

    def _from_source(self, source: str, name: str) -> ParsedDocument:
        """Return the document of a page as a site generator reads it: front matter, then HTML."""
        page = split_front_matter(source)
        builder = DocumentBuilder(media_type=self.media_type, title=page.title, metadata=page.metadata)
        page.write_head(builder)
        with suppress(EmptyDocumentError):  # front matter alone
            write_html(builder, without_templates(page.text))
        page.write_bare(builder, source, name)
        return builder.build(name)


def write_html(builder: DocumentBuilder, text: str) -> None:
    """Add a page's main text to a document, and its title if the document has none."""
    write_page(builder, parse_html(text))


def write_page(builder: DocumentBuilder, root: lxml_html.HtmlElement) -> None:
    """Add the main text below the root element of a page, as `write_html`."""
    title = root.find(".//head/title")
    if title is not None:
        builder.title = builder.title or said_title(title.text_content())
    builder.metadata = builder.metadata.over(_metadata(root))
    hidden = remove_hidden(root)
    if hidden >= _LEAST_HIDDEN_LETTERS:
        builder.notice(
            f"{hidden} letters are on the page but not shown: hidden, white on white, outside or of no "
            "size; they were not read."
        )
    leads_to = redirect_target(root, _letters(root))
    if leads_to:
        builder.paragraph(f"This page leads to {leads_to}.")
    main = _main_part(root)
    take_out_struck(builder, main, style_sheets(root))
    HtmlWriter(builder, () if main is root else _FURNITURE).write(main)


def _letters(root: lxml_html.HtmlElement) -> int:
    """Return how many letters and digits a page shows."""
    body = root.find("body")
    return sum(map(str.isalnum, inline_text(root if body is None else body)))


def _metadata(root: lxml_html.HtmlElement) -> Metadata:
    """Return the metadata in the page's head: `<meta name="author" content="…">` and the like."""
    said: dict[str, str] = {}
    for meta in root.iterfind(".//head/meta"):
        name = (meta.get("name") or meta.get("property") or "").casefold()
        said.setdefault(_META.get(name, name), meta.get("content") or "")
    return metadata_of(said)


def parse_html(text: str) -> lxml_html.HtmlElement:
    """Return the root element of a page or of a piece of one.

    Raises: EmptyDocumentError if the text holds no element, ParseError if it cannot be read.
    """
    # Without huge_tree, libxml2 limits depth and size itself; HTML has no entities to expand.
    parser = lxml_html.HTMLParser(no_network=True, remove_comments=True, remove_pis=True, encoding="utf-8")
    source = _XML_DECLARATION.sub("", text).replace("\0", "")
    if _XHTML in source[:_DECLARED_WITHIN_BYTES]:
        source = _EMPTY_ELEMENT.sub(r"<\1\2></\1>", source)
    try:
        return lxml_html.document_fromstring(source.encode("utf-8", "replace"), parser=parser)
    except etree.ParserError as error:
        raise EmptyDocumentError() from error
    except etree.LxmlError as error:
        raise ParseError("The HTML cannot be read; open it in a browser and save it again.") from error


def _main_part(root: lxml_html.HtmlElement) -> lxml_html.HtmlElement:
    """Return the element that the page marks as its main text, or the whole page."""
    for path in ("//main", "//*[@role='main']", "//article"):
        found = root.xpath(path)
        if len(found) == 1 and found[0].text_content().strip():
            main: lxml_html.HtmlElement = found[0]
            return main
    return root
