"""The numbers that count the pages of a document, told from others by their sequence."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from ingest.parsers.pdf.lines import Line

_ROMAN = {"i": 1, "v": 5, "x": 10, "l": 50, "c": 100}
_NUMBER = r"(?P<number>\d{1,4}|[ivxlc]{1,6})"
_TOTAL = r"(?:\s*(?:of|von|de|di|sur|/|共|,)\s*(?:共\s*)?\d{1,4}\s*[页頁]?)?"
_WORDED = re.compile(
    rf"(?:(?<!\w)(?:page|pg|p|seite|blatt|sheet|página|pagina|pag|стр)\b\.?:?\s*|第\s*){_NUMBER}(?!\w*[^\W页頁])"
    rf"\s*[页頁]?{_TOTAL}(?![\w-])",
    re.IGNORECASE,
)
# `12`, `- 12 -`, `12/40`, `3-12`, `A.4`: a chapter's number or letter may stand in front.
_BARE = re.compile(rf"\W*(?:(?:\d{{1,3}}|[A-Z])\s?[-–.]\s?)?{_NUMBER}{_TOTAL}\W*", re.IGNORECASE)
_DIGITS = re.compile(r"\d+|\b[ivxlc]+\b")
_ANY = "#"

# On how many pages each form must count along; a number in a line of other words may be a part's number.
_BARE_PAGES, _WORDED_PAGES, _APART_PAGES = 2, 2, 3
# Two numbers that follow each other this far from the pages' own may be years.
_FAR = 1000


@dataclass(frozen=True, slots=True)
class _Token:
    """A number that may count pages, and its place in the line's text."""

    start: int
    end: int
    sequence: tuple[str, bool, int]
    """The form, whether the number is roman, and the number of the document's first page in its sequence."""


class PageNumbers:
    """Tells the numbers that count along with the pages."""

    def __init__(self, lines: Sequence[tuple[int, Line]]) -> None:
        """Learn the sequences from the lines in the margins, each with the number of its page, 1-based."""
        pages: dict[tuple[str, bool, int], set[int]] = {}
        for number, line in lines:
            for token in _tokens(number, line):
                pages.setdefault(token.sequence, set()).add(number)
        self._sequences = {sequence for sequence, on in pages.items() if len(on) >= _needed(sequence)}

    def is_number(self, number: int, line: Line) -> bool:
        """Return whether a line on page `number` is a page number and nothing else."""
        masked = self.masked(number, line)
        return _ANY in masked and not any(character.isalnum() for character in masked)

    def masked(self, number: int, line: Line) -> str:
        """Return the text of a line on page `number` with a mark for the numbers that count the pages."""
        text = line.text
        for token in sorted(_tokens(number, line), key=lambda token: -token.start):
            if token.sequence in self._sequences and _ANY not in text[token.start : token.end]:
                text = f"{text[: token.start]}{_ANY}{text[token.end :]}"
        return text


def without_digits(text: str) -> str:
    """Return a text with a mark for every number in it."""
    return _DIGITS.sub(_ANY, " ".join(text.casefold().split()))


def _needed(sequence: tuple[str, bool, int]) -> int:
    form, _, first = sequence
    if form == "worded":
        return 1 if first == 1 else _WORDED_PAGES
    return _APART_PAGES if form == "apart" or abs(first) > _FAR else _BARE_PAGES


def _tokens(number: int, line: Line) -> Iterator[_Token]:
    text = line.text
    whole = _BARE.fullmatch(text)
    if whole and (value := _value(whole["number"])):
        yield _token(0, len(text), "bare", whole["number"], value - number + 1)
        return
    for match in _WORDED.finditer(text):
        if value := _value(match["number"]):
            yield _token(match.start(), match.end(), "worded", match["number"], value - number + 1)
    if len(line.segments) < 2:
        return
    ends = ((0, line.segments[0].text), (-1, line.segments[-1].text))
    for side, part in ends:
        bare = _BARE.fullmatch(part)
        if bare and (value := _value(bare["number"])):
            start = len(text) - len(part) if side else 0
            yield _token(start, start + len(part), "apart", bare["number"], value - number + 1)


def _token(start: int, end: int, form: str, written: str, first: int) -> _Token:
    return _Token(start, end, (form, not written.isdigit(), first))


def _value(written: str) -> int:
    """Return the value of a number in digits or roman letters, or 0 if it is none."""
    if written.isdigit():
        return int(written)
    values = [_ROMAN[letter] for letter in written.lower()]
    return sum(-one if one < other else one for one, other in zip(values, [*values[1:], 0], strict=True))
