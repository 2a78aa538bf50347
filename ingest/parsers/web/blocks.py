"""The blocks of an HTML tree."""

import re
import textwrap
from collections.abc import Iterable

from lxml.html import HtmlElement

from ingest.parsers.base import DocumentBuilder, clean
from ingest.parsers.links import target_behind
from ingest.parsers.web.table import is_layout, read_table

_DROPPED = frozenset(
    (
        "script style noscript template svg math head nav iframe object canvas audio video map select option"
    ).split()
) | frozenset("button input textarea dialog datalist menu".split())
_BLOCKS = frozenset(
    (
        "address article aside blockquote body center details div dd dl dt fieldset figcaption figure footer"
    ).split()
) | frozenset(
    ("form h1 h2 h3 h4 h5 h6 header hgroup hr html li main ol p pre section summary table ul caption").split()
)
_MENU_TAGS = frozenset(("nav", "menu"))
# A page whose text outside the menus is a smaller share than this is a page of links.
_PAGE_SHARE = 0.25
_HEADING = re.compile(r"h([1-6])")
_MENU_ROLES = frozenset({"navigation", "search", "menu", "menubar", "toolbar"})
# Classes of Sphinx, MediaWiki and Bootstrap for link marks, edit links and boxes of links.
_MENU_CLASSES = frozenset(
    "headerlink anchorjs-link mw-editsection navbox noprint sr-only visually-hidden skip-link".split()
)
# A picture's description of one word is a file name or "logo".
_MIN_ALT_WORDS = 2


class HtmlWriter:
    """Writes the blocks of one tree to a builder; `dropped` names further elements to leave out.

    Menus are left out, except on a page of links, which is nearly all menu.
    """

    def __init__(self, builder: DocumentBuilder, dropped: Iterable[str] = ()) -> None:
        self._builder = builder
        self._dropped = _DROPPED | frozenset(dropped)
        self._menus = False
        self._inline: list[str] = []
        self._marker: str | None = None
        self._depth = 0

    def write(self, root: HtmlElement) -> None:
        """Write an element and its descendants."""
        self._menus = _is_page_of_links(root)
        self._visit(root)
        self._flush()

    def _visit(self, element: HtmlElement) -> None:
        tag = element.tag
        if not isinstance(tag, str) or self._is_left_out(element, tag):
            return
        if tag not in _BLOCKS:
            self._visit_inline(element, tag)
            return
        self._flush()
        heading = _HEADING.fullmatch(tag)
        if heading:
            self._builder.heading(int(heading[1]), inline_text(element))
        elif tag == "pre":
            self._builder.code(_preformatted(element))
        elif tag == "table" and not is_layout(element):
            self._visit_table(element)
        elif tag in ("ul", "ol"):
            self._visit_list(element, tag)
        elif tag == "dl":
            self._visit_definitions(element)
        else:
            self._visit_children(element)
        self._flush()

    def _is_left_out(self, element: HtmlElement, tag: str) -> bool:
        if self._menus and (tag in _MENU_TAGS or _is_menu(element)):
            return False
        return tag in self._dropped or _is_menu(element)

    def _visit_children(self, element: HtmlElement) -> None:
        self._inline.append(element.text or "")
        for child in element:
            self._visit(child)
            self._inline.append(child.tail or "")

    def _visit_inline(self, element: HtmlElement, tag: str) -> None:
        if tag == "br":
            self._inline.append("\n")
        elif tag == "img":
            self._inline.append(picture_text(element.get("alt")))
        elif tag in ("td", "th"):
            self._inline.append(" ")
            self._visit_children(element)
            self._inline.append(" ")
        elif tag == "tr":
            self._flush()
            self._visit_children(element)
            self._flush()
        else:
            self._visit_children(element)
        if tag == "a" and not any(inner.tag in _BLOCKS for inner in element.iterdescendants()):
            self._inline.append(target_behind(inline_text(element), element.get("href")))

    def _visit_list(self, element: HtmlElement, tag: str) -> None:
        number = _number(element.get("start"))
        depth, self._depth = self._depth, self._depth + 1
        for child in element:
            if child.tag != "li":
                self._visit(child)
                continue
            number = _number(child.get("value"), number)
            self._flush()
            self._marker = f"{number}. " if tag == "ol" else ""
            self._depth = depth + 1
            self._visit_children(child)
            self._flush()
            self._marker = None
            number += 1
        self._depth = depth

    def _visit_definitions(self, element: HtmlElement) -> None:
        """Write each term with its description as one item, because neither says much alone."""
        term: list[str] = []
        for child in element.xpath("./dt | ./dd | ./div/dt | ./div/dd"):
            text = inline_text(child) if child.tag == "dt" else linked_text(child)
            if child.tag == "dt":
                term = [text]
            else:
                self._builder.list_item(": ".join([*term, text] if term and term[0] else [text]))
                term = []
        if term:
            self._builder.list_item(term[0])

    def _visit_table(self, element: HtmlElement) -> None:
        table = read_table(element, linked_text)
        self._builder.paragraph(table.caption)
        if table.width == 1:
            for row in table.rows:
                self._builder.paragraph(row[0])
        else:
            self._builder.table(table.header, table.rows)

    def _flush(self) -> None:
        text = clean("".join(self._inline))
        self._inline.clear()
        if not text:
            return
        if self._marker is None:
            self._builder.paragraph(text)
        else:
            self._builder.list_item(self._marker + text, self._depth - 1)
            self._marker = None


def inline_text(element: HtmlElement) -> str:
    """Return the text of an element on one line, with spaces between its blocks."""
    parts: list[str] = []
    _collect(element, parts)
    return clean("".join(parts))


def linked_text(element: HtmlElement) -> str:
    """Return the text of an element as `inline_text`, with the addresses of its links; a header has none."""
    parts: list[str] = []
    _collect(element, parts, element.tag != "th")
    return clean("".join(parts))


def picture_text(alt: str | None) -> str:
    """Return a picture's description between spaces, or an empty string if it is only a name."""
    text = clean(alt or "")
    return f" {text} " if len(text.split()) >= _MIN_ALT_WORDS else ""


def _collect(element: HtmlElement, parts: list[str], links: bool = False) -> None:
    tag = element.tag
    if not isinstance(tag, str) or tag in _DROPPED or _is_menu(element):
        return
    if tag == "img":
        parts.append(picture_text(element.get("alt")))
    if tag in _BLOCKS or tag in ("br", "td", "th", "tr"):
        parts.append(" ")
    parts.append(element.text or "")
    for child in element:
        _collect(child, parts, links)
        parts.append(child.tail or "")
    if links and tag == "a":
        parts.append(target_behind(inline_text(element), element.get("href")))
    if tag in _BLOCKS or tag in ("td", "th", "tr"):
        parts.append(" ")


def _preformatted(element: HtmlElement) -> str:
    for line_break in element.iter("br"):
        line_break.tail = "\n" + (line_break.tail or "")
    return textwrap.dedent(str(element.text_content()))


def _is_page_of_links(root: HtmlElement) -> bool:
    total = menus = 0
    waiting = [(root, False)]
    while waiting:
        element, inside = waiting.pop()
        if not isinstance(element.tag, str) or (element.tag in _DROPPED and element.tag not in _MENU_TAGS):
            continue
        inside = inside or element.tag in _MENU_TAGS or _is_menu(element)
        texts = [element.text, *(child.tail for child in element)]
        letters = sum(map(str.isalnum, "".join(filter(None, texts))))
        total += letters
        menus += letters if inside else 0
        waiting.extend((child, inside) for child in element)
    return menus > 0 and total - menus < _PAGE_SHARE * total


def _is_menu(element: HtmlElement) -> bool:
    """Return whether an element serves navigation and is not text to read."""
    attributes = element.attrib
    if not attributes:
        return False
    return attributes.get("role") in _MENU_ROLES or not _MENU_CLASSES.isdisjoint(
        attributes.get("class", "").split()
    )


def _number(text: str | None, otherwise: int = 1) -> int:
    digits = (text or "").strip()
    return int(digits) if digits.isascii() and digits.isdigit() and len(digits) < 10 else otherwise
