"""Abbreviations that a text defines: `Acquisition Services Fund (ASF)`, `ASF (…)`, `ASF - …`, `ASF | …`.

Schwartz and Hearst, "A Simple Algorithm for Identifying Abbreviation Definitions in Biomedical Text" (2003):
the letters of the short form stand in the long one in order, and the first one begins a word.
"""

import re
from collections.abc import Iterator

from core.text.language import STOP_WORDS

_SHORT = r"[A-Z][A-Za-z0-9&]{1,7}"
_BEHIND = re.compile(rf"(?<=\S)\s*[(（]({_SHORT})[)）]")
_BEFORE = re.compile(rf"(?<![\w-])({_SHORT})\s*[(（]([^()（）\n]{{5,80}})[)）]")
# A line, a list item or a table row that begins with the short form.
_LISTED = re.compile(
    rf"^[\W\d]*({_SHORT})\W{{0,3}}\s*(?:[-–—:：|]|\bmeans\b|\bstands for\b)\s+([^\n|.;:(]{{5,80}})",
    re.MULTILINE,
)
_WORD = re.compile(r"[A-Za-z][A-Za-z'’]*")
_LEAST_CAPITALS = 2
# Characters in front of a bracket that are read.
_LONGEST = 120
# The most words of a long form beyond one for each letter.
_MORE_WORDS = 5


def abbreviations(text: str) -> set[tuple[str, str]]:
    """Return the pairs of a short form, as written, and its long one, in lower case with single spaces."""
    behind = {(short, _long_form(short, before)) for short, before in _with_text_before(text)}
    pairs = behind | {(short, _first_long_form(short, written)) for short, written in _with_text_behind(text)}
    return {(short, long) for short, long in pairs if long and _is_name(long, short)}


def _is_name(long: str, short: str) -> bool:
    """Return whether a long form is not cut off at a word of grammar and does not hold the short one."""
    words = long.split()
    return words[-1] not in STOP_WORDS and short.casefold() not in words


def abbreviation_like(word: str) -> bool:
    """Return whether a word is written as an abbreviation: `FMLA`, `PoC`, `R&D`."""
    return bool(re.fullmatch(_SHORT, word)) and sum(map(str.isupper, word)) >= _LEAST_CAPITALS


def _with_text_before(text: str) -> Iterator[tuple[str, str]]:
    """Yield short forms in brackets, each with the text whose end may be its long form."""
    for match in _BEHIND.finditer(text):
        yield match[1], text[max(0, match.start() - _LONGEST) : match.start()].rsplit("\n", maxsplit=1)[-1]


def _with_text_behind(text: str) -> Iterator[tuple[str, str]]:
    """Yield short forms, each with the text whose beginning may be its long form."""
    for pattern in (_BEFORE, _LISTED):
        yield from ((match[1], match[2]) for match in pattern.finditer(text))


def _first_long_form(short: str, text: str) -> str:
    """Return the beginning of a text that a short form abbreviates; its letters best begin the words."""
    words = _WORD.findall(text)
    found = (_long_form(short, " ".join(words[:end])) for end in range(2, len(words) + 1))
    whole = [long for long in found if long and words[0].casefold() == long.split()[0]]
    return max(whole, key=lambda long: (_initials(short, long), -len(long)), default="")


def _initials(short: str, long: str) -> int:
    """Return how many letters of a short form begin a word of the long one, in order."""
    left = [word[0] for word in long.split()]
    found = 0
    for letter in short.casefold():
        if letter in left:
            left = left[left.index(letter) + 1 :]
            found += 1
    return found


def _long_form(short: str, before: str) -> str:
    """Return the end of a text that a short form abbreviates; empty if there is none."""
    if not abbreviation_like(short):
        return ""
    words = _WORD.findall(before)[-(len(short) + _MORE_WORDS) :]
    joined = " ".join(words).casefold()
    place = len(joined)
    letters = [letter for letter in short.casefold() if letter.isalnum()]
    for number, letter in reversed(list(enumerate(letters))):
        place = joined.rfind(letter, 0, place)
        while number == 0 and place > 0 and joined[place - 1] != " ":
            place = joined.rfind(letter, 0, place)
        if place < 0:
            return ""
    found = joined[place:]
    return found if len(found.split()) > 1 and len(found) > len(short) else ""
