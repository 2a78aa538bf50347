"""Removal of the elements that a web page or a message holds and does not show."""

import re
from collections.abc import Callable, Iterator

from lxml.html import HtmlElement

_RULE = re.compile(r"([^{}]{1,2000})\{([^{}]{0,5000})\}")
_SELECTOR = re.compile(r"([.#][\w-]+)")
_UNSEEN = re.compile(
    r"display\s*:\s*none|visibility\s*:\s*(?:hidden|collapse)|opacity\s*:\s*0?\.?0+(?![.\d])"
    r"|font-size\s*:\s*0?\.?[01](?:\.\d+)?(?:px|pt|em|%)?\s*(?:!|;|$)|text-indent\s*:\s*-\d{3,}"
    r"|(?:left|top)\s*:\s*-\d{4,}|clip\s*:\s*rect\(0",
    re.IGNORECASE,
)
_FLAT = re.compile(r"(?:max-)?(?:height|width)\s*:\s*0(?:px)?\s*(?:!|;|$)", re.IGNORECASE)
_OVERFLOW = re.compile(r"overflow\s*:\s*hidden", re.IGNORECASE)
_WHITE = r"(?:white|#fff(?:fff)?|rgba?\(\s*255\s*,\s*255\s*,\s*255[^)]*\))"
_WHITE_LETTERS = re.compile(rf"(?:^|[;\s])color\s*:\s*{_WHITE}(?![\w-])", re.IGNORECASE)
_GROUND = re.compile(r"background(?:-color|-image)?\s*:", re.IGNORECASE)
# Elements for scripts and other programs, whose content is not text.
_NO_TEXT = frozenset("script style template noscript head svg math".split())


def remove_hidden(root: HtmlElement) -> int:
    """Remove the elements that are not shown; return how many letters and digits they held.

    White letters count as hidden if the page has no style sheet, and neither the element nor one around
    it has a background.
    """
    sheets = style_sheets(root)
    hiding = selectors_where(sheets, _hides)
    is_plain = not sheets and root.find(".//link[@rel='stylesheet']") is None
    hidden = list(_outermost(root, hiding, is_plain))
    letters = 0
    for element in hidden:
        if element.tag not in _NO_TEXT:
            letters += sum(map(str.isalnum, str(element.text_content())))
        element.drop_tree()
    return letters


def _outermost(root: HtmlElement, hiding: frozenset[str], is_plain: bool) -> Iterator[HtmlElement]:
    """Yield the hidden elements that lie in no other hidden one; the root itself counts as shown."""
    waiting = list(root)
    while waiting:
        element = waiting.pop()
        if isinstance(element.tag, str) and _is_hidden(element, hiding, is_plain):
            yield element
        else:
            waiting.extend(element)


def style_sheets(root: HtmlElement) -> str:
    """Return the text of the style sheets that a page itself contains."""
    return "".join(str(style.text or "") for style in root.iter("style"))


def selectors_where(sheets: str, applies: Callable[[str], bool]) -> frozenset[str]:
    """Return the classes and ids for which a rule of their own has declarations that `applies` accepts."""
    found: set[str] = set()
    for selectors, declarations in _RULE.findall(sheets):
        if applies(declarations):
            found.update(one for one in map(str.strip, selectors.split(",")) if _SELECTOR.fullmatch(one))
    return frozenset(found)


def is_selected(element: HtmlElement, selectors: frozenset[str]) -> bool:
    """Return whether one of the classes and ids is the element's."""
    return bool(selectors) and not selectors.isdisjoint(
        (f"#{element.get('id', '')}", *(f".{name}" for name in element.get("class", "").split()))
    )


def _is_hidden(element: HtmlElement, hiding: frozenset[str], is_plain: bool) -> bool:
    attributes = element.attrib
    if not attributes:
        return False
    if "hidden" in attributes:
        return True
    style = attributes.get("style", "")
    if style and _hides(style):
        return True
    if is_selected(element, hiding):
        return True
    return is_plain and _is_white(element, style)


def _hides(style: str) -> bool:
    return bool(_UNSEEN.search(style) or (_FLAT.search(style) and _OVERFLOW.search(style)))


def _is_white(element: HtmlElement, style: str) -> bool:
    said = element.get("color", "") if element.tag == "font" else ""
    if not (_WHITE_LETTERS.search(style) or re.fullmatch(_WHITE, said, re.IGNORECASE)):
        return False
    return not any(
        around.get("bgcolor") or around.get("background") or _GROUND.search(around.get("style") or "")
        for around in (element, *element.iterancestors())
    )
