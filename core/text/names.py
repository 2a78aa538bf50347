"""Names that tell things of one kind apart: codes, models, versions, numbered lines, and ranges of them.

`E-42` and `E-43` are names of one kind, as are `version 2.1` and `2.2 版`, or `line 3` and `line 4`. What is
said of `E-210 to E-214` is said of `E-212`, and what is said of `version 3.0 and later` of `version 3.2`.
"""

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache

from core.text.identifiers import identifiers
from core.text.language import HYPHENS, terms

_HEX = re.compile(r"0x[0-9a-f]+|(?<![a-z0-9])[0-9a-f]*\d[0-9a-f]*(?![a-z0-9])")
_DIGITS = re.compile(r"\d+")
_LAST_NUMBER = re.compile(r"(?<![\d.])\d+(?:\.\d+)*$")
_NUMBER = r"\d+(?:\.\d+)*"
_TO = r"\s*(?:\bto\b|\bthrough\b|\bthru\b|至|到|[-–—~〜…]|\.{2,3})\s*"
# A code with one digit, such as P2; those with more are identifiers.
_SHORT = re.compile(r"(?<![\w.+-])[A-Z]{1,3}-?\d(?![\w+-]|\.\d|:\d)")
_HEX_CODES = re.compile(rf"(?<![\w.-])0x([0-9a-f]+){_TO}(?:0x)?([0-9a-f]+)(?![\w-])", re.IGNORECASE)
_CODES = re.compile(
    rf"(?<![\w.-])([a-z][a-z-]*[a-z]?-?{_NUMBER}){_TO}([a-z-]*{_NUMBER})(?![\w-])", re.IGNORECASE
)
# A larger range is more often two numbers of another meaning.
_MOST_MEMBERS = 1000
_VERSION = "version"
_CODE = "code"
# The number behind all others: the end of a range without one.
_ENDLESS = "999999"
_VERSION_NOUN = r"versions?|ver\.|firmware|release|revision|版本|固件"
_SPEAKS_OF_VERSIONS = re.compile(rf"\b(?:{_VERSION_NOUN})\b|版", re.IGNORECASE)
_SAYS_CODE = re.compile(r"(?:code|fault|error|alarm)s?|故障|报警|错误|代码", re.IGNORECASE)
_NOUN = (
    rf"{_VERSION_NOUN}|v|lines?|types?|models?|series|sizes?|class|zones?|units?|stations?|channels?|stages?|tanks?"
    r"|pumps?|machines?|motors?|bays?|gates?|halls?|buildings?|floors?|rooms?|sites?|plants?|shifts?"
    r"|codes?|faults?|errors?|alarms?|故障|报警|错误|代码"
    r"|grades?|类型|型号|等级|通道|区域"
)
_LISTED = rf"{_NUMBER}(?:(?:{_TO}|\s*(?:,|、|/|&|\band\b|\bor\b|和|或)\s*)v?{_NUMBER})*"
# Not behind the number: a unit, so that "motor 3 kW" and "zone 5 °C" name nothing.
_UNITS = (
    r"[kmµM]?[gmsVWAΩl]\b|[kM]?Hz\b|k?Pa\b|[kMG]?B\b|N·?m\b|kN\b|[%°]|bar\b|rpm\b|ohms?\b|h\b|min|seconds?\b|hours?\b"
    r"|days?\b|weeks?\b|months?\b|years?\b|times?\b|[天年月日秒分小时]"
)
_LATER = (
    r"(?P<later>(?:and|or) (?:later|above|newer|higher|up|onwards?)|onwards?"
    r"|(?:或|及|和)?(?:以上|以后|之后|更高)|起)"
)
_EARLIER = (
    r"(?P<earlier>(?:and|or) (?:earlier|below|older|lower|before)|(?:或|及|和)?(?:以下|以前|之前|更早|更低))"
)
_OPEN = (
    re.compile(
        r"(?:(?P<since>\b(?:since|from|as of|starting (?:with|from)|at least|自|从)\s*)"
        r"|(?P<until>\b(?:up to|until)\s*)"
        r"|(?P<before>\b(?:before|prior to|earlier than|older than|below)\s*))?"
        rf"(?:{_VERSION_NOUN})\s*v?(?P<number>{_NUMBER})(?![\w%])(?!{_TO}\d)"
        rf"(?:\s*版(?:本)?)?\s*(?:{_LATER}|{_EARLIER})?",
        re.IGNORECASE,
    ),
    re.compile(rf"(?<![\w.])(?P<number>{_NUMBER})\s*(?:{_LATER}|{_EARLIER})(?:的)?(?:版本?|固件)"),
    re.compile(rf"(?<![\w.])(?P<number>{_NUMBER})\s*版本?\s*(?:{_LATER}|{_EARLIER})"),
)
_NO_UNIT = rf"(?![\w%°·]|\.\d|\s*(?:{_UNITS}))"
_BEHIND_NOUN = re.compile(
    rf"(?<![\w-])(?P<noun>{_NOUN})\s*(?:no\.\s*|number\s+|#\s*|[:|]\s*)?v?(?P<listed>{_LISTED}){_NO_UNIT}",
    re.IGNORECASE,
)
_BEFORE_NOUN = re.compile(rf"(?<![\w.月-])(?P<listed>{_LISTED})\s*(?P<noun>版|号|型|代|级|类|档|区|楼|层)")
_LETTERED = re.compile(
    r"(?<![\w-])(?i:(?P<noun>type|class|line|model|zone|unit|hall|grade|size))\s+(?P<letter>[A-Z])(?!\w)"
)
_ALONE = re.compile(rf"\W*(?P<listed>\d+\.\d+(?:\.\d+)*(?:{_TO}{_NUMBER})?)\s*(?:[.:。|]|$)")
_PLURAL = re.compile(r"(?<=[a-rt-z])s$")


@dataclass(frozen=True, slots=True)
class Names:
    """The names in a text."""

    terms: frozenset[str] = frozenset()
    """Identifiers as index terms; a number with what it counts, such as `version 2.1` or `line 3`."""
    ranges: frozenset[tuple[str, str]] = frozenset()
    """The first and the last member of each range, both among `terms`."""

    @property
    def kinds(self) -> frozenset[str]:
        """The kinds of the names; `E-42` and `E-430` are of the same."""
        return frozenset(map(kind_of, self.terms))

    def holds(self, term: str) -> bool:
        """Return whether a name is here, or in a range that is."""
        return term in self.terms or any(_between(first, term, last) for first, last in self.ranges)


@lru_cache(maxsize=20_000)
def names_in(text: str, of_versions: bool = False) -> Names:
    """Return the names in a text; with `of_versions`, a bare `2.1` that begins it is that of a version."""
    plain = unicodedata.normalize("NFKC", text).translate(HYPHENS)
    numbered = [*_numbered(plain), *(_first_version(plain) if of_versions else ())]
    closed = (*_code_ranges(plain), *_hex_ranges(plain), *_numbered_ranges(numbered))
    ranges = {pair for pair in closed if _is_range(*pair)}.union(_open_ranges(plain))
    found = {term for term in identifiers(plain) if not _is_version(term)}
    found |= {match.group().casefold() for match in _SHORT.finditer(plain)}
    found |= {f"{noun} {number}" for noun, listed in numbered for number in _numbers(listed)}
    found |= {f"{_noun(match['noun'])} {match['letter'].casefold()}" for match in _LETTERED.finditer(plain)}
    return Names(frozenset(found.union(*ranges)) - _excluded(plain), frozenset(ranges))


def members(text: str) -> frozenset[str]:
    """Return the identifiers in the ranges of a text, as index terms: `e-211` of `E-210 to E-214`."""
    plain = unicodedata.normalize("NFKC", text).translate(HYPHENS)
    ranges = [pair for pair in (*_code_ranges(plain), *_hex_ranges(plain)) if _is_range(*pair)]
    return frozenset(term for first, last in ranges for term in _members(first, last))


def speaks_of_versions(text: str) -> bool:
    """Return whether a title, heading or header says that what is below it is told apart by versions."""
    return bool(_SPEAKS_OF_VERSIONS.search(text))


def kind_of(term: str) -> str:
    """Return the kind of a name: what remains of it without its number."""
    noun, _, number = term.partition(" ")
    return noun if number else _DIGITS.sub("0", _HEX.sub("0", term))


def words_of(term: str) -> frozenset[str]:
    """Return the index terms of a name."""
    return frozenset(terms(term))


def _numbered(plain: str) -> Iterator[tuple[str, str]]:
    """Yield `(noun, numbers)` as in `versions 2.1 to 2.4`."""
    for pattern in (_BEHIND_NOUN, _BEFORE_NOUN):
        for match in pattern.finditer(plain):
            yield _noun(match["noun"]), match["listed"]


def _first_version(plain: str) -> Iterator[tuple[str, str]]:
    match = _ALONE.match(plain)
    if match:
        yield _VERSION, match["listed"]


def _noun(written: str) -> str:
    if written.casefold() == "v" or speaks_of_versions(written):
        return _VERSION
    if _SAYS_CODE.fullmatch(written):
        return _CODE
    return _PLURAL.sub("", written.casefold())


def _numbers(listed: str) -> list[str]:
    return re.findall(_NUMBER, listed)


def _numbered_ranges(numbered: list[tuple[str, str]]) -> Iterator[tuple[str, str]]:
    for noun, listed in numbered:
        for match in re.finditer(rf"({_NUMBER}){_TO}v?({_NUMBER})", listed):
            yield f"{noun} {match[1]}", f"{noun} {match[2]}"


def _code_ranges(plain: str) -> Iterator[tuple[str, str]]:
    """Yield the ends of `E-210 to E-214` and `E-210–214`; a hyphen alone only joins two whole codes."""
    for match in _CODES.finditer(plain):
        first, last = match[1].casefold(), match[2].casefold()
        whole = _prefix(last) == _prefix(first)
        if not whole and not _prefix(last) and "-" not in plain[match.end(1) : match.start(2)]:
            last = _prefix(first) + last
        yield first, last


def _hex_ranges(plain: str) -> Iterator[tuple[str, str]]:
    for match in _HEX_CODES.finditer(plain):
        if len(match[1]) == len(match[2]):
            yield f"0x{match[1].casefold()}", f"0x{match[2].casefold()}"


def _open_ranges(plain: str) -> Iterator[tuple[str, str]]:
    """Yield the ends of `version 3.0 and later` and `before version 3.0`; the other end is out of reach."""
    for match in (match for pattern in _OPEN for match in pattern.finditer(plain)):
        number, of = f"{_VERSION} {match['number']}", match.groupdict()
        if of["later"] or of.get("since"):
            yield number, f"{_VERSION} {_ENDLESS}"
        elif of["earlier"] or of.get("until"):
            yield f"{_VERSION} 0", number
        elif of.get("before"):
            yield f"{_VERSION} 0", f"{_VERSION} {_just_below(match['number'])}"


def _excluded(plain: str) -> frozenset[str]:
    """Return the names that a range ends in front of: `version 3.0` of `before version 3.0`."""
    found = (match for match in _OPEN[0].finditer(plain) if match["before"] and not match["later"])
    return frozenset(f"{_VERSION} {match['number']}" for match in found)


def _just_below(number: str) -> str:
    """Return the last number in front of another: `2.999999` of `3.0`."""
    parts = list(map(int, number.split(".")))
    while len(parts) > 1 and not parts[-1]:
        parts.pop()
    return ".".join(map(str, [*parts[:-1], max(0, parts[-1] - 1), _ENDLESS]))


def _is_version(term: str) -> bool:
    return bool(re.fullmatch(rf"v{_NUMBER}", term))


def _prefix(term: str) -> str:
    return "0x" if term.startswith("0x") else _LAST_NUMBER.sub("", term)


def _value(term: str) -> tuple[int, ...]:
    if term.startswith("0x"):
        return (int(term, 16),)
    match = _LAST_NUMBER.search(term)
    return tuple(map(int, match.group().split("."))) if match else ()


def _members(first: str, last: str) -> Iterator[str]:
    """Yield the names from the first to the last, written alike; none of numbers with points."""
    begin, end = _value(first), _value(last)
    if len(begin) != 1 or len(end) != 1:
        return
    digits = first.removeprefix(_prefix(first))
    form = "x" if first.startswith("0x") else "d"
    for number in range(begin[0], end[0] + 1):
        yield f"{_prefix(first)}{number:0{len(digits)}{form}}"


def _is_range(first: str, last: str) -> bool:
    begins, ends = _value(first), _value(last)
    near = len(begins) != 1 or len(ends) != 1 or ends[0] - begins[0] < _MOST_MEMBERS
    return _prefix(first) == _prefix(last) and begins < ends and near


def _between(first: str, term: str, last: str) -> bool:
    """Return whether a name is in a range; `2.10` is not in `2.1 to 2.4`, and `2.2.5` is."""
    value = _value(term)
    return bool(value) and _prefix(term) == _prefix(first) and _value(first) <= value <= _value(last)
