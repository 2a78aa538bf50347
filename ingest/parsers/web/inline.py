"""The text of one paragraph of Markdown, and what is struck through in it."""

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field

from markdown_it.token import Token

from ingest.parsers.links import target_behind
from ingest.parsers.web.blocks import picture_text
from ingest.parsers.web.struck import is_struck_tag

# A link whose address holds a space, or to a reference that is not in the file.
_LEFT_LINK = re.compile(r"!?\[([^\[\]]{1,300})\](?:\(([^()\n]{0,500})\)|\[[\w #.-]*\])")
_FOOTNOTE = re.compile(r"\[\^[^\]\s]+\]:?")
_LEFT_STARS = re.compile(r"(?<!\w)\*\*|\*\*(?!\w)")
_TAG_BREAK = re.compile(r"<(br|/?p|/?div|/?li)\b", re.IGNORECASE)
_TAG = re.compile(r"<(/?)([A-Za-z][\w-]*)([^<>]*)>")


@dataclass(kw_only=True)
class Inline:
    """What one inline token holds."""

    parts: list[str] = field(default_factory=list)
    """Its texts, without invalid markup, and its code."""
    struck: list[str] = field(default_factory=list)
    """The passages that are struck through."""
    links: bool = True
    """Whether the addresses of links follow their texts."""
    _prose: list[str] = field(default_factory=list)
    _opened: list[tuple[str, list[str]]] = field(default_factory=list)
    """The address and the text of each link that has begun."""

    @property
    def text(self) -> str:
        """The text that a reader sees, without what is struck through."""
        return "".join(self.parts)

    def write(self, child: Token) -> None:
        """Add a child of the token."""
        if child.type == "code_inline":
            self.end_prose()
            self.parts.append(child.content)
        elif child.type == "link_open":
            self._opened.append((str(child.attrGet("href") or ""), []))
        elif child.type == "link_close" and self._opened:
            address, texts = self._opened.pop()
            self._prose.append(target_behind("".join(texts), address) if self.links else "")
        else:
            self._prose.append(_prose_of(child))
        for _, texts in self._opened:
            texts.append(child.content if child.type == "code_inline" else _prose_of(child))

    def end_prose(self) -> None:
        """Add the prose in front of code or of the end."""
        self.parts.append(_without_leftovers("".join(self._prose), self.links))
        self._prose.clear()


def read_inline(token: Token, links: bool = True) -> Inline:
    """Return the text of an inline token, and what is struck through; `links` keeps addresses of links."""
    children = token.children or []
    found = Inline(links=links)
    position = 0
    for start, end in _struck(children):
        for child in children[position:start]:
            found.write(child)
        struck = Inline()
        for child in children[start : end + 1]:
            struck.write(child)
        struck.end_prose()
        found.struck.append(struck.text)
        position = end + 1
    for child in children[position:]:
        found.write(child)
    found.end_prose()
    return found


def struck_blocks(tokens: Sequence[Token]) -> frozenset[int]:
    """Return the positions of the blocks between HTML tags that strike them through, as `<del>` may.

    A tag that never ends strikes nothing.
    """
    found: set[int] = set()
    start: int | None = None
    for position, token in enumerate(tokens):
        if token.type not in ("html_block", "inline"):
            continue
        tags = [match for match in _TAG.finditer(token.content) if is_struck_tag(match[2], match[3])]
        balance = sum(-1 if match[1] else 1 for match in tags)
        if balance > 0 and token.type == "html_block" and start is None:
            start = position
        elif balance < 0 and start is not None:
            found.update(range(start, position + 1))
            start = None
    return frozenset(found)


def without_tags(source: str) -> str:
    """Return a source without its HTML tags."""
    return _TAG.sub("", source)


def without_left_links(source: str, links: bool = True) -> str:
    """Return a source with the texts, and with `links` the addresses, of links unknown to Markdown."""
    return _LEFT_LINK.sub(lambda match: match[1] + (_left_target(match) if links else ""), source)


def _left_target(match: re.Match[str]) -> str:
    return "" if match[0].startswith("!") else target_behind(match[1], match[2])


def _without_leftovers(text: str, links: bool) -> str:
    """Return prose without invalid markup that authors leave behind."""
    if "[" in text:
        text = without_left_links(_FOOTNOTE.sub("", text), links)
    return _LEFT_STARS.sub("", text)


def _prose_of(child: Token) -> str:
    if child.type in ("text", "text_special"):
        return child.content
    if child.type in ("softbreak", "hardbreak"):
        return "\n"
    if child.type == "image":
        return picture_text(child.content)
    return " " if child.type == "html_inline" and _TAG_BREAK.match(child.content) else ""


def _struck(children: Sequence[Token]) -> list[tuple[int, int]]:
    """Return the first and last child of each outermost struck passage; one that never ends is none."""
    opened: list[tuple[str, bool, int]] = []
    names: Counter[str] = Counter()
    found: list[tuple[int, int]] = []
    for position, child in enumerate(children):
        closes, name, strikes = _tag(child)
        if name and not closes:
            opened.append((name, strikes, position))
            names[name] += 1
        while closes and names[name]:
            other, struck, start = opened.pop()
            names[other] -= 1
            if other == name:
                if struck:
                    _add_outermost(found, start, position)
                break
    return found


def _add_outermost(found: list[tuple[int, int]], start: int, end: int) -> None:
    """Add a passage in place of those inside it."""
    while found and found[-1][0] > start:
        found.pop()
    found.append((start, end))


def _tag(child: Token) -> tuple[bool, str, bool]:
    """Return whether a child ends something, the name of that, and whether it strikes text through."""
    if child.type in ("s_open", "s_close"):
        return child.type == "s_close", "~~", True
    match = _TAG.match(child.content) if child.type == "html_inline" else None
    return (
        (bool(match[1]), match[2].lower(), is_struck_tag(match[2], match[3])) if match else (False, "", False)
    )
