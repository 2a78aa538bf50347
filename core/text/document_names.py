"""Documents asked for by name: `Summarize the incident report IR-2025-014`, `show me the leave policy`."""

import re
from collections.abc import Iterable
from pathlib import PurePosixPath
from urllib.parse import unquote

from core.text.identifiers import identifiers
from core.text.language import terms

_ASKS = re.compile(
    r"^\W*(?:please |kindly )?(?:(?:can|could|would) you )?(?:please )?"
    r"(?:summari[sz]e|sum up|outline|condense|recap|show(?: me)?|open"
    r"|(?:(?:give|write|make|show)(?: me)? )?(?:an? |the )?(?:short |brief |quick )?"
    r"(?:summary|overview|outline|abstract)(?: of| for| on)?"
    r"|what(?:'s| is| stands) in|what does)\b(?P<name>.+?)(?:\b(?:say|contain|cover))?\W*$",
    re.IGNORECASE,
)
_ASKS_CHINESE = re.compile(
    r"^\W*(?:请|帮我|请帮我)?(?:总结|概括|概述|简述|归纳)(?:一下)?(?P<name>.+?)(?:的(?:内容|要点))?\W*$"
    r"|^\W*(?P<other>.+?)(?:的)?(?:摘要|概要|主要内容(?:是什么)?|讲了什么|说了什么|内容是什么)\W*$"
)
_SAYS = re.compile(r"^\W*what does\b", re.IGNORECASE)
_ENDS_SAYING = re.compile(r"\b(?:say|contain|cover)\W*$", re.IGNORECASE)
# Words for any document, which its title need not have.
_ANY_DOCUMENT = frozenset(
    term
    for word in (
        "document file report incident policy manual procedure instruction instructions protocol minutes "
        "letter mail email message memo schedule table handbook guide note notes specification standard "
        "paper page article "
        "文档 文件 报告 手册 规程 制度 说明 说明书"
    ).split()
    for term in terms(word)
)
# As many words name a document without an identifier.
_FEWEST_WORDS = 2


def document_asked(question: str) -> str:
    """Return the name of the document that a question asks for as a whole; empty if it asks for none.

    A question that consists of an identifier alone may be the name of a document, too.
    """
    named = identifiers(question)
    if named and not set(terms(question)) - set(terms(" ".join(named.values()))) - _ANY_DOCUMENT:
        return question
    match = _ASKS.match(question)
    if match and bool(_SAYS.match(question)) <= bool(_ENDS_SAYING.search(question)):
        return match["name"].strip()
    match = _ASKS_CHINESE.match(question)
    return (match["name"] or match["other"]).strip() if match else ""


def is_named(name: str, uri: str, title: str) -> bool:
    """Return whether `name` is that of the document with this URI and title.

    Its identifier is the one that begins the title or the file's name. Without an identifier, all words of
    the name have to be in the title, and to be half of it.
    """
    stem = PurePosixPath(unquote(uri)).stem
    asked, own = identifiers(name), {*_leading(title), *_leading(stem)}
    words = set(terms(name)) - _ANY_DOCUMENT
    known = set(terms(f"{title} {stem.replace('_', ' ').replace('-', ' ')}"))
    if asked:
        return bool(own & asked.keys()) and words - _parts(asked.values()) <= known
    titled = set(terms(title)) - _parts(identifiers(title).values()) - _ANY_DOCUMENT
    return (
        bool(words) and len(terms(name)) >= _FEWEST_WORDS and words <= known and 2 * len(words) >= len(titled)
    )


def _parts(written: Iterable[str]) -> set[str]:
    return {part for one in written for part in terms(one)}


def _leading(title: str) -> set[str]:
    """Return the identifier at the beginning of a title or file name, as a term."""
    first = title.strip().split(maxsplit=1)[:1]
    named = identifiers(first[0]) if first else {}
    whole = next(iter(named), "")
    parts = whole.split("-")
    return {"-".join(parts[:count]) for count in range(1, len(parts) + 1)} if whole else set()
