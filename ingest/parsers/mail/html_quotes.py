"""The messages that a message in HTML quotes, taken apart from its own words."""

from collections import deque
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import islice

from lxml import html as lxml_html
from lxml.html import HtmlElement

from ingest.parsers.base import clean
from ingest.parsers.mail.attribution import Attribution, attribution_at
from ingest.parsers.mail.quotes import MAX_QUOTED, Quoted, quoted_by
from ingest.parsers.web.hidden import style_sheets

# What Gmail, Apple Mail, Thunderbird, Yahoo, Proton, Zoho and QQ put around a quoted message.
_QUOTE_CLASSES = frozenset(
    "gmail_quote yahoo_quoted protonmail_quote zmail_extra tutanota_quote moz-signature-quote".split()
)
_BLOCKS = frozenset(
    "body div p blockquote table tbody tr td th ul ol li dl dt dd h1 h2 h3 h4 h5 h6 pre hr section".split()
)
# Gmail puts the attribution of its quote inside, Thunderbird before it.
_LINES_BEFORE = 3


@dataclass(slots=True)
class _Line:
    """A line as a reader sees it."""

    text: str
    begins: HtmlElement | None
    """The element with which the line begins; None if it begins inside a text."""
    ends: HtmlElement | None
    """The element that ends the line, because it begins a new one."""


def take_out_quoted(root: HtmlElement) -> tuple[Quoted, ...]:
    """Remove the quoted messages from a message; return them, the nearest first."""
    sheets = style_sheets(root)
    found = _take_out(root, 0)
    return tuple(replace(one, text=f"<style>{sheets}</style>{one.text}") if sheets else one for one in found)


def _take_out(root: HtmlElement, depth: int, has_head: bool = False) -> list[Quoted]:
    """Remove the quoted messages; with `has_head` the first head is that of the message itself."""
    raw: list[tuple[Attribution | None, HtmlElement]] = []
    below = _cut_below_head(root, has_head)
    for container, before in _containers(root):
        by = _said_before(root, container, before)
        goes_on = by is None and bool(raw) and _said_inside(container) is None
        part = _emptied(container)
        if goes_on:  # an answer stands between two pieces of one message
            raw[-1][1].append(part)
        else:
            raw.append((by, part))
    if depth >= MAX_QUOTED:
        return []
    found = [one for by, part in raw for one in _quoted(by, part, depth)]
    return found + (_quoted(*below, depth, has_head=True) if below else [])


def _emptied(container: HtmlElement) -> HtmlElement:
    """Move what an element holds into a new one; it stays as an empty block, because text may follow it."""
    part = lxml_html.Element("div")
    part.text, container.text = container.text, None
    part.extend(list(container))
    container.attrib.clear()
    container.tag = "div"
    return part


def _quoted(by: Attribution | None, part: HtmlElement, depth: int, has_head: bool = False) -> list[Quoted]:
    """Return a quoted message and those that it quotes itself."""
    inner = _take_out(part, depth + 1, has_head)
    by = by or _said_inside(part, remove=True)
    if clean(part.text_content()):
        return [quoted_by(by, lxml_html.tostring(part, encoding="unicode"), is_html=True), *inner]
    if by and inner and not inner[0].sender:  # two elements around one message
        inner[0] = replace(inner[0], sender=by.sender, day=by.day, subject=by.subject)
    return inner


def _containers(root: HtmlElement) -> list[tuple[HtmlElement, list[_Line]]]:
    """Return the outermost elements inside `root` that hold a quoted message, and the lines before each."""
    found: list[tuple[HtmlElement, list[_Line]]] = []
    before: deque[_Line] = deque(maxlen=_LINES_BEFORE)
    for line in _lines(root):
        if line.ends is not None and _is_container(line.ends) and not _is_within(line.ends, found):
            found.append((line.ends, [*before, line] if line.text else list(before)))
        elif line.text:
            before.append(line)
    return found


def _is_within(element: HtmlElement, found: Sequence[tuple[HtmlElement, list[_Line]]]) -> bool:
    return bool(found) and found[-1][0] in element.iterancestors()


def _is_container(element: HtmlElement) -> bool:
    is_quote = element.tag == "blockquote" and (element.get("type") == "cite" or element.get("cite"))
    return bool(is_quote) or not _QUOTE_CLASSES.isdisjoint(element.get("class", "").split())


def _said_before(root: HtmlElement, container: HtmlElement, before: Sequence[_Line]) -> Attribution | None:
    """Return the attribution directly in front of a quoted message, and remove it."""
    texts = [line.text for line in before]
    for at in range(len(before)):
        by = attribution_at(texts, at)
        if by and at + by.lines == len(before):
            _remove_lines(before[at:], (root, container))
            return by
    return None


def _said_inside(part: HtmlElement, remove: bool = False) -> Attribution | None:
    """Return the attribution at the beginning of a quoted message; `remove` takes it out."""
    lines = list(islice((line for line in _lines(part) if line.text), _LINES_BEFORE))
    by = attribution_at([line.text for line in lines], 0) if lines else None
    if by and remove:
        _remove_lines(lines[: by.lines], (part,))
    return by


def _remove_lines(lines: Sequence[_Line], kept: Sequence[HtmlElement]) -> None:
    """Remove lines, but none of the elements that are `kept`."""
    for line in lines:
        element = line.begins
        if element is None:
            continue
        if element.tag == "br":
            element.tail = None
        elif element not in kept and clean(element.text_content()) == line.text:
            element.drop_tree()
        elif clean(element.text or "") == line.text:
            element.text = None


def _cut_below_head(root: HtmlElement, has_head: bool) -> tuple[Attribution, HtmlElement] | None:
    """Move all from a head such as `From: … Sent: …` on into an element; return both."""
    every = list(_lines(root))
    shown = [place for place, line in enumerate(every) if line.text]
    texts = [every[place].text for place in shown]
    position = 0
    while position < len(shown):
        begins = every[shown[position]].begins
        by = attribution_at(texts, position)
        if by and by.is_certain and begins is not None and begins is not root:
            behind = shown[position + by.lines - 1]
            if not has_head and not _leads_to_container(every, behind):
                return by, _moved(root, begins)
            has_head = False
        position += by.lines if by else 1
    return None


def _leads_to_container(lines: Sequence[_Line], last: int) -> bool:
    """Return whether the element behind the last line of an attribution holds the quoted message."""
    for line in islice(lines, last, None):
        if line.ends is not None and _is_container(line.ends):
            return True
        if line.text and line is not lines[last]:
            return False
    return False


def _moved(root: HtmlElement, first: HtmlElement) -> HtmlElement:
    """Move an element and all that follows it inside `root` into a new element."""
    below = lxml_html.Element("div")
    node = first
    while node is not root:
        parent = node.getparent()
        following = [*node.itersiblings()] if node is not first else [node, *node.itersiblings()]
        if node is not first and node.tail:
            following = [_text_of_tail(node), *following]
        for element in following:
            below.append(element)
        if parent is None:
            break
        node = parent
    return below


def _text_of_tail(node: HtmlElement) -> HtmlElement:
    """Return the text behind an element as an element of its own."""
    text = lxml_html.Element("span")
    text.text, node.tail = node.tail, None
    return text


def _lines(root: HtmlElement) -> Iterator[_Line]:
    """Yield the lines of an element, empty ones as well."""
    text, begins = "", root
    for event, node, piece in _walk(root):
        if event == "break":
            yield _Line(clean(text), begins, node)
            text, begins = "", node
        else:
            text += piece
    yield _Line(clean(text), begins, None)


def _walk(root: HtmlElement) -> Iterator[tuple[str, HtmlElement | None, str]]:
    """Yield the line breaks, each with the element that begins there, and the texts, in order."""
    waiting: list[tuple[HtmlElement, bool]] = [(root, False)]
    while waiting:
        node, is_behind = waiting.pop()
        is_block = node.tag in _BLOCKS
        if is_behind:
            if is_block:
                yield "break", None, ""
            yield "text", None, node.tail or ""
            continue
        if (is_block or node.tag == "br") and node is not root:
            yield "break", node, ""
        if isinstance(node.tag, str) and node.tag not in ("style", "script", "head"):
            yield "text", node, node.text or ""
            children = list(reversed(node))
        else:
            children = []
        if node is not root:
            waiting.append((node, True))
        waiting.extend((child, False) for child in children)
