"""Removal of the elements of a web page whose text is struck through."""

import re
from collections.abc import Iterator

from lxml.html import HtmlElement

from ingest.parsers.base import DocumentBuilder, clean
from ingest.parsers.web.hidden import is_selected, selectors_where

_STRUCK_TAGS = frozenset({"s", "del", "strike"})
_LINE_THROUGH = re.compile(r"text-decoration(?:-line)?\s*:[^;]*line-through", re.IGNORECASE)
_CELLS = ("td", "th")
_HEADINGS = frozenset(f"h{level}" for level in range(1, 7))


def take_out_struck(builder: DocumentBuilder, part: HtmlElement, sheets: str) -> None:
    """Remove the struck elements from a part of a page; the builder counts them, each under its heading.

    `sheets` is the text of the page's style sheets.
    """
    selectors = selectors_where(sheets, _strikes)
    found: list[tuple[HtmlElement, HtmlElement | None]] = list(_outermost(part, selectors))
    texts = [clean(element.text_content()) for element, _ in found]
    for element, _ in found:
        if element.tag in _CELLS:  # the cells behind it stay in their columns
            element[:] = []
            element.text = None
        else:
            element.drop_tree()
    for text, (_, heading) in zip(texts, found, strict=True):
        builder.withdrawn(text, under=None if heading is None else clean(heading.text_content()))


def is_struck_tag(name: str, attributes: str) -> bool:
    """Return whether an HTML tag strikes through its text."""
    return name.lower() in _STRUCK_TAGS or _strikes(attributes)


def _strikes(style: str) -> bool:
    return _LINE_THROUGH.search(style) is not None


def _outermost(
    part: HtmlElement, selectors: frozenset[str]
) -> Iterator[tuple[HtmlElement, HtmlElement | None]]:
    """Yield the struck elements that lie in no other struck one, each with the heading before it."""
    heading = None
    waiting = list(reversed(part))
    while waiting:
        element = waiting.pop()
        if not isinstance(element.tag, str):
            continue
        if _is_struck(element, selectors):
            yield element, heading
            continue
        heading = element if element.tag in _HEADINGS else heading
        waiting.extend(reversed(element))


def _is_struck(element: HtmlElement, selectors: frozenset[str]) -> bool:
    return (
        element.tag in _STRUCK_TAGS
        or element.get("role") == "deletion"
        or _strikes(element.get("style", ""))
        or is_selected(element, selectors)
    )
