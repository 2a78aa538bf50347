"""The messages that a message quotes, taken apart from its own words."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from ingest.parsers.mail.attribution import Attribution, attribution_at

_QUOTED = re.compile(r"^\s?>")
_MARK = re.compile(r"^\s?>[ \t]?")
# Deeper quotations only repeat what stands elsewhere; a hostile message has thousands.
MAX_QUOTED = 10


@dataclass(frozen=True, slots=True, kw_only=True)
class Quoted:
    """An earlier message that a message quotes."""

    text: str
    """Its own words."""
    is_html: bool = False
    sender: str = ""
    """Name and address, as far as they are known."""
    day: date | None = None
    subject: str = ""
    """Empty if it is that of the quoting message."""


@dataclass(frozen=True, slots=True)
class OwnAndQuoted:
    """A message taken apart."""

    own: str
    quoted: tuple[Quoted, ...]
    """The nearest first."""


def split_text(text: str) -> OwnAndQuoted:
    """Return the own words of a message in plain text, and the messages that it quotes."""
    own, quoted = _split(text.split("\n"), 0)
    return OwnAndQuoted(own, tuple(quoted))


def quoted_by(by: Attribution | None, text: str, is_html: bool = False) -> Quoted:
    """Return a quoted message as its attribution names it."""
    if by is None:
        return Quoted(text=text, is_html=is_html)
    return Quoted(text=text, is_html=is_html, sender=by.sender, day=by.day, subject=by.subject)


def _split(lines: Sequence[str], depth: int) -> tuple[str, list[Quoted]]:
    own: list[str] = []
    raw: list[tuple[Attribution | None, list[str]]] = []
    opened = False  # whether the last quoted message goes on with the next quoted line
    position = 0
    while position < len(lines):
        if _QUOTED.match(lines[position]):
            if not opened:
                raw.append((None, []))
            opened = True
            raw[-1][1].append(_MARK.sub("", lines[position]))
            position += 1
            continue
        by = attribution_at(lines, position)
        behind = position + (by.lines if by else 0)
        if by and _is_followed_by_quote(lines, behind):
            raw.append((by, []))
            opened = True
            position = behind
        elif by and by.is_certain:
            raw.append((by, list(lines[behind:])))
            break
        else:
            own.append(lines[position])
            position += 1
    return "\n".join(own), _flat(raw, depth)


def _flat(raw: Sequence[tuple[Attribution | None, list[str]]], depth: int) -> list[Quoted]:
    """Return quoted messages and those that they quote."""
    found: list[Quoted] = []
    for by, lines in raw if depth < MAX_QUOTED else ():
        text, inner = _split(lines, depth + 1)
        found += [quoted_by(by, text), *inner]
    return [one for one in found if one.text.strip()]


def _is_followed_by_quote(lines: Sequence[str], position: int) -> bool:
    while position < len(lines) and not lines[position].strip():
        position += 1
    return position < len(lines) and bool(_QUOTED.match(lines[position]))
