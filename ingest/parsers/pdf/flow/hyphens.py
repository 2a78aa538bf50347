"""Hyphens at the end of lines: some break a word, others belong to a compound such as `re-entry`.

How the document writes the word elsewhere decides; where it does not, the two parts do.
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from itertools import chain

from ingest.parsers.pdf.lines import Line
from ingest.parsers.pdf.text import OWN_HYPHEN

_LETTERS = r"[^\W\d_]"
_WORD = re.compile(rf"{_LETTERS}+(?:-{_LETTERS}+)*")
_END = re.compile(rf"({_LETTERS}+(?:-{_LETTERS}+)*)[-\u2010]$")
_BEGIN = re.compile(rf"{_LETTERS}+(?:-{_LETTERS}+)*")
# A prefix keeps its hyphen before a word that begins with the vowel on which it ends.
_PREFIXES = frozenset(("re", "pre", "de", "co", "micro", "anti", "semi", "multi", "ultra", "extra", "intra"))
# These keep it before any word; what may follow them as the rest of one word is an ending.
_HALVES = frozenset(("self", "non", "well", "cross", "half", "quasi", "all"))
_ENDINGS = frozenset(("ing", "ings", "ness", "less", "ed", "ary", "way", "ways", "hood", "sense"))
_MIN_REST = 4


def with_own_hyphens(pages: Sequence[Sequence[Line]]) -> list[list[Line]]:
    """Return the lines of the pages, with `OWN_HYPHEN` at the end of those that break a compound there."""
    written = _words(chain.from_iterable(pages))
    lines = [(page, line) for page, own in enumerate(pages) for line in own]
    out: list[list[Line]] = [[] for _ in pages]
    following = [*(line.text for _, line in lines[1:]), ""]
    for (page, line), text in zip(lines, following, strict=False):
        out[page].append(_marked(line) if _is_compound(line.text, text, written) else line)
    return out


def _words(lines: Iterable[Line]) -> frozenset[str]:
    """Return the words inside the lines; the last one of a line with a hyphen may be a part."""
    return frozenset(word for line in lines for word in _whole(line.text.lower()))


def _whole(text: str) -> Iterator[str]:
    for match in _WORD.finditer(text):
        if text[match.end() :] not in ("-", "\u2010"):
            yield match.group()


def _is_compound(text: str, following: str, written: frozenset[str]) -> bool:
    end, begin = _END.search(text), _BEGIN.match(following)
    if end is None or begin is None or not following[0].islower():
        return False
    first, rest = end.group(1).lower(), begin.group()
    if f"{first}-{rest}" in written or "-" in first:
        return True
    if f"{first}{rest}" in written:
        return False
    if first in _PREFIXES:
        return first[-1] == rest[0]
    return first in _HALVES and len(rest) >= _MIN_REST and rest not in _ENDINGS


def _marked(line: Line) -> Line:
    last = line.segments[-1]
    return replace(line, segments=(*line.segments[:-1], replace(last, text=f"{last.text[:-1]}{OWN_HYPHEN}")))
