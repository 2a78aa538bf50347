"""Statements with numbers: whether two of them are about one thing, and give different numbers for it.

Two statements that are written alike differ in their numbers, or in the thing: "104 hours of sick leave" and
"56 hours of annual leave" have other words in one place, so that they are no contradiction.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher

from core.text.identifiers import identifiers
from core.text.language import TOKEN, terms

# Two statements are alike if they share this part of their words, and this many, without numbers. Two titles
# or headings are of one kind if they share half of their words.
_ALIKE = 0.6
_FEWEST_SHARED = 3
_ALIKE_HEADINGS = 0.5
# A number with its separators, unless it begins a word such as `40g` or `2025-06-11`.
_PLAIN_NUMBER = r"\d+(?:[.,:]\d+)*(?![^\W_]|[-_/:.]\w)"
_PIECE = re.compile(rf"{_PLAIN_NUMBER}|{TOKEN.pattern}")
_GROUPED = re.compile(r"(?<=\d),(?=\d{3}(?!\d))")
# Years and revisions in a title: they tell states of one thing apart, not things.
_STATE = re.compile(
    r"(?<!\d)(?:19|20)\d\d(?:-\d\d){0,2}(?!\d)"
    r"|\b(?:rev(?:ision)?|version|edition|draft|v)[ ._-]*\d+(?:\.\d+)*\b",
    re.IGNORECASE,
)
# The place of a number among the words.
_VALUE = "#"
# A month beside a number is a part of a day.
_MONTHS = frozenset(
    "january february march april may june july august september october november december "
    "jan feb mar apr jun jul aug sep sept oct nov dec".split()
)
_NUMERALS = {
    word: str(number)
    for number, word in enumerate(
        "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen".split()
    )
}
# Words that may stand for one another: they do not say which thing is meant.
_NEUTRAL = frozenset(
    term
    for word in (
        "get receive take need require have earn accrue give use be must shall should may can will allow "
        "entitle request every each per after within before about approximately around up least most only "
        "now employee worker staff you one people person amount quantity interval value number total new"
    ).split()
    for term in terms(word)
)


@dataclass(frozen=True, slots=True)
class Statement:
    """A sentence or a table row in the parts that are compared."""

    words: tuple[str, ...]
    """Its terms in order, with `#` for each number."""
    values: tuple[str, ...]
    """Its numbers in order, in one spelling."""
    named: frozenset[str]
    """Its identifiers."""


def statement(text: str) -> Statement:
    """Return a text as a statement."""
    words, values = list[str](), list[str]()
    for piece in _pieces(text):
        if piece[0].isdigit() or piece.casefold() in _NUMERALS:
            words.append(_VALUE)
            values.append(_spelling(piece))
        elif piece.casefold() in _MONTHS and _beside_number(text, piece):
            values.append(piece.casefold()[:3])
        else:
            words += [piece] if len(piece) == 1 and piece.isupper() else terms(piece)
    return Statement(tuple(words), tuple(values), frozenset(identifiers(text)))


def differ(one: Statement, other: Statement) -> bool:
    """Return whether two statements are about one thing and give different numbers for it."""
    if one.named != other.named or not one.values or len(one.values) != len(other.values):
        return False
    if sorted(one.values) == sorted(other.values):
        return False
    known, others = set(one.words) - {_VALUE}, set(other.words) - {_VALUE}
    shared = len(known & others)
    alike = shared >= _FEWEST_SHARED and shared >= _ALIKE * max(len(known), len(others))
    return alike and not _has_other_words(one.words, other.words)


def are_of_other_things(one: str, other: str) -> bool:
    """Return whether two titles or headings name two things of one kind: `Mixer M30` and `Mixer M50`."""
    left, right = (statement(_STATE.sub(" ", text)).words for text in (one, other))
    shared = len(set(left) & set(right) - {_VALUE})
    if not shared or shared < _ALIKE_HEADINGS * max(len(set(left)), len(set(right))):
        return False
    return _has_other_words(left, right)


def _has_other_words(one: Sequence[str], other: Sequence[str]) -> bool:
    """Return whether in some place each has a word that the other lacks: the place names the thing."""
    known, others = set(one) | _NEUTRAL | {_VALUE}, set(other) | _NEUTRAL | {_VALUE}
    places = SequenceMatcher(None, one, other, autojunk=False).get_opcodes()
    return any(
        set(one[start:end]) - others and set(other[other_start:other_end]) - known
        for tag, start, end, other_start, other_end in places
        if tag == "replace"
    )


def _pieces(text: str) -> Iterator[str]:
    return (match.group() for match in _PIECE.finditer(text))


def _spelling(number: str) -> str:
    """Return a number as it is compared: `1,000` as `1000`, `2.0` as `2`, `five` as `5`."""
    plain = _GROUPED.sub("", _NUMERALS.get(number.casefold(), number))
    return plain.rstrip("0").rstrip(".") if re.fullmatch(r"\d+\.\d+", plain) else plain.casefold()


def _beside_number(text: str, month: str) -> bool:
    return bool(re.search(rf"\d(?:st|nd|rd|th)?\s+(?:of\s+)?{month}\b|\b{month}\s+\d", text, re.IGNORECASE))
