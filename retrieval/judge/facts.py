"""Which facts an answer says: their wordings are looked up in its text, both folded.

Folded are width and case, white space, markup, separators of thousands, and numbers in words.
"""

import re
import unicodedata
from collections.abc import Iterator, Sequence

Fact = tuple[str, ...]
"""A fact that a complete answer says: alternative wordings, each enough."""

_ONES = "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen"
_TENS = {"twenty": "20", "thirty": "30", "forty": "40", "fifty": "50", "sixty": "60", "ninety": "90"}
_NUMBERS = {**{word: str(value) for value, word in enumerate(_ONES.split())}, **_TENS}
_NUMBER = re.compile(rf"\b({'|'.join(_NUMBERS)})\b")
_MARKUP = re.compile(r"[*`\"“”‘’'「」\\]")
_BETWEEN = re.compile(r"<[^<>]*>|[|>]")
_LINK = re.compile(r"\[([^\[\]]*)\]\([^()\s]*\)")
_DASH = re.compile(r"[‐-―−～~]")
_THOUSANDS = re.compile(r"(?<=\d),(?=\d{3}(?!\d))")
# White space between two Latin words or numbers counts, beside a Chinese character it does not.
_BESIDE_CHINESE = re.compile(r"(?<=[\u3000-\u9fff]) | (?=[\u3000-\u9fff])")
_UNITS = "%|°c|[mµμn]?s|h|[mck]?m|[mk]?g|m?l|[mk]?v|m?a|[mk]?w|m?bar|[kmg]?hz|[kmgt]b|[kmg]bps|n·m|rpm"
_BEFORE_UNIT = re.compile(rf"(?<=\d) (?=(?:{_UNITS})(?![a-z0-9]))")
_IN_RANGE = re.compile(r"(?<=\d) ?- ?(?=\d)")


def fold(text: str) -> str:
    """Return the text as facts are compared."""
    plain = unicodedata.normalize("NFKC", _LINK.sub(r"\1", text)).casefold()
    plain = _DASH.sub("-", _MARKUP.sub("", _BETWEEN.sub(" ", plain)))
    plain = _NUMBER.sub(lambda word: _NUMBERS[word[1]], _THOUSANDS.sub("", plain))
    plain = _BESIDE_CHINESE.sub("", " ".join(plain.split()))
    return _BEFORE_UNIT.sub("", _IN_RANGE.sub("-", plain))


def find(wording: str, folded: str, start: int = 0) -> int:
    """Return where a wording begins in folded text, at `start` or after; -1 if it does not occur.

    A wording is not found inside a longer number or behind the beginning of a word: "5 %" is not said by
    "15 %", nor "no" by "piano"; "reset" is said by "resets".
    """
    wanted = fold(wording)
    before = r"(?<![a-z0-9.])" if wanted[:1].isdigit() else r"(?<![a-z0-9])" if wanted[:1].isascii() else ""
    after = r"(?![\d]|[.,]\d)" if wanted[-1:].isdigit() else ""
    match = re.compile(before + re.escape(wanted) + after).search(folded, start)
    return match.start() if match else -1


def places(wording: str, folded: str) -> Iterator[int]:
    """Yield where each occurrence of a wording begins in folded text."""
    place = find(wording, folded)
    while place >= 0:
        yield place
        place = find(wording, folded, place + 1)


def said(facts: Sequence[Fact], text: str) -> list[bool]:
    """Return for each fact whether the text says it."""
    folded = fold(text)
    return [any(find(wording, folded) >= 0 for wording in fact) for fact in facts]


def in_order(facts: Sequence[Fact], text: str) -> bool:
    """Return whether the text says all facts, each one after the one before."""
    folded, start = fold(text), 0
    for fact in facts:
        places = [find(wording, folded, start) for wording in fact]
        known = [number for number in places if number >= 0]
        if not known:
            return False
        start = min(known)
    return True
