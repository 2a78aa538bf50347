"""Numbers with their units, dates and times of day."""

import re
from collections.abc import Iterator
from dataclasses import replace
from fractions import Fraction

from core.reading.quantities.bounds import bound_of
from core.reading.quantities.numerals import CHINESE, ENGLISH, SCALES, chinese_number, english_number
from core.reading.quantities.units import CURRENCIES, UNITS
from core.reading.values import Bound, Quantity
from core.text.language import CJK, TOKEN

_MONTHS = "january february march april may june july august september october november december".split()
_MONTH = "|".join([*_MONTHS, *(rf"{month[:3]}\.?" for month in _MONTHS), r"sept\.?"])
_DATES = (
    re.compile(r"(?<!\d)(?P<y>\d{4})-(?P<m>\d{2})-(?P<d>\d{2})(?!\d)"),
    re.compile(
        rf"(?<!\d)(?P<d>\d{{1,2}})(?:st|nd|rd|th)?(?: of)? (?P<n>{_MONTH})(?![a-z])(?:,? (?P<y>\d{{4}}))?"
    ),
    re.compile(rf"(?<![a-z])(?P<n>{_MONTH}) (?P<d>\d{{1,2}})(?:st|nd|rd|th)?(?!\d)(?: ?, (?P<y>\d{{4}}))?"),
    re.compile(r"(?:(?P<y>\d{4}) ?年 ?)?(?P<m>\d{1,2}) ?月 ?(?P<d>\d{1,2}) ?[日号]"),
)
_CLOCK = re.compile(
    r"(?<![\d.:])(?:(?P<h>\d{1,2}):(?P<m>\d{2})(?::\d{2})?(?: ?(?P<half>[ap])\.?m\.?)?"
    r"|(?P<hour>\d{1,2}) ?(?P<side>[ap])\.?m\.?)(?!\w|:\d)"
)
_WORDS = "|".join([*ENGLISH, *SCALES])
_UNIT_NAMES = "|".join(re.escape(name) for name in sorted(UNITS, key=len, reverse=True))
_MONEY = "|".join(re.escape(name) for name in CURRENCIES)
_SPELLED = rf"(?<![a-z])(?:{_WORDS})(?:[ -](?:and )?(?:{_WORDS}))*(?![a-z])"
_FIGURE = (
    r"(?<![\w./:-])[-−]?\d+(?:[.,]\d+)*|(?<=[a-z€$£¥=<>≤≥~/(\[–-])\d+(?:[.,]\d+)*"
    r"|(?<=[^\x00-\x7f])\d+(?:[.,]\d+)*"
)
_COUNTED = rf"\s*个?(?:{_UNIT_NAMES}|[名人台件份页条项步位张只组种类次层级]|(?<!一)个)"
_SIGNS = rf"[{CHINESE}]+(?={_COUNTED})|(?<=第)[{CHINESE}]+"
_NUMBER = re.compile(
    rf"(?:(?P<money>{_MONEY}) ?)?(?P<number>{_FIGURE}|{_SPELLED}|{_SIGNS})"
    r"(?P<scale> (?:hundred|thousand|million|billion)|[万亿])?"
    r"(?: ?-? ?(?:(?:working|calendar|business|consecutive|additional|further|full|more) )?"
    rf"(?P<unit>{_UNIT_NAMES})(?![a-zµ°\d]))?"
)
_RANGE = re.compile(r"\s*(?:to|and|or|-|–|—|~|～|至|到|×|x)\s*$")
_THOUSANDS = re.compile(r"\d{1,3}(?:,\d{3})+(?:\.\d+)?")
_LETTER_AFTER = re.compile(rf"[-_/]?[^\W\d_{CJK}]")
_MIXED = re.compile(rf"\d[-_./]?[^\W\d_{CJK}]|[^\W\d_{CJK}][-_./]?\d|\d[.:]\d+[.:]\d")
_ORDINAL = re.compile(r"\d+(?:st|nd|rd|th)")
# A unit that is also a word or a letter counts only behind figures.
_FIRST_YEAR, _LAST_YEAR = 1000, 2100
_PRONOUN = "one"
_AMBIGUOUS = {"a", "m", "s", "h", "d", "g", "t", "v", "w", "x", "l", "n", "mi", "in", "sec", "second", "time"}


def quantities(text: str) -> list[Quantity]:
    """Return the quantities of a case-folded text in order.

    A part of an identifier (`E-42`, `M8x1.25`) is not a quantity.
    """
    found = list(_dates(text))
    found += _clocks(_without(text, found))
    rest = _without(text, found)
    for start, end in identifier_spans(rest):
        rest = rest[:start] + "\0" * (end - start) + rest[end:]
    found += _numbers(rest)
    ordered = _sharing_units(text, sorted(found, key=lambda one: one.start))
    return [_bounded(text, one) for one in ordered]


def identifier_spans(text: str) -> list[tuple[int, int]]:
    """Return the offsets of the words of a case-folded text with letters and digits, but of no quantity."""
    return [
        match.span()
        for match in TOKEN.finditer(text)
        if _MIXED.search(match.group()) and not _is_quantity(match.group())
    ]


def _is_quantity(written: str) -> bool:
    match = _NUMBER.fullmatch(written)
    return (match is not None and match["unit"] is not None) or _ORDINAL.fullmatch(written) is not None


def _without(text: str, taken: list[Quantity]) -> str:
    for one in taken:
        text = text[: one.start] + "\0" * (one.end - one.start) + text[one.end :]
    return text


def _dates(text: str) -> Iterator[Quantity]:
    for pattern in _DATES:
        for match in pattern.finditer(text):
            named = match.groupdict()
            month = int(named["m"]) if named.get("m") else _month(named["n"])
            day = Fraction(month * 100 + int(named["d"]))
            year = f"-{named['y']}" if named.get("y") else ""
            yield Quantity(start=match.start(), end=match.end(), value=day, dimension=f"date{year}")


def _month(name: str) -> int:
    return next(number for number, month in enumerate(_MONTHS, start=1) if month.startswith(name[:3]))


def _clocks(text: str) -> Iterator[Quantity]:
    for match in _CLOCK.finditer(text):
        hour, half = int(match["h"] or match["hour"]), match["half"] or match["side"]
        hour = hour % 12 + 12 * (half == "p") if half else hour
        minutes = Fraction(hour * 60 + int(match["m"] or 0))
        yield Quantity(start=match.start(), end=match.end(), value=minutes, dimension="clock")


def _numbers(text: str) -> Iterator[Quantity]:
    for match in _NUMBER.finditer(text):
        written, unit, end = match["number"], match["unit"], match.end()
        figures = any(map(str.isdigit, written))
        if unit in _AMBIGUOUS and not figures:
            unit, end = None, match.end("scale") if match["scale"] else match.end("number")
        if figures and _LETTER_AFTER.match(text, end) and unit is None:
            continue  # the beginning of an identifier
        if written == _PRONOUN and not unit and bound_of(text, *match.span())[0] is Bound.EXACT:
            continue
        value = _value(written, (match["scale"] or "").strip())
        if value is None:
            continue
        dimension, factor = UNITS.get(match["money"] or unit or "", ("", Fraction(1)))
        yield Quantity(start=match.start(), end=end, value=value * factor, dimension=dimension)


def _value(written: str, scale: str) -> Fraction | None:
    if written[-1].isdigit():
        plain = written.replace("−", "-")
        sign = -1 if plain.startswith("-") else 1
        plain = plain.lstrip("-")
        plain = plain.replace(",", "") if _THOUSANDS.fullmatch(plain) else plain.replace(",", ".")
        value = sign * Fraction(plain) if plain.count(".") < 2 else None
    elif written[0] in CHINESE:
        value = chinese_number(written)
    else:
        value = english_number(re.split(r"[ -]", written))
    factor = {**SCALES, "万": 10**4, "亿": 10**8}.get(scale, 1)
    return None if value is None else value * factor


def _sharing_units(text: str, found: list[Quantity]) -> list[Quantity]:
    """Give the first number of `1.8 to 2.2 %` the unit of the second."""
    for place in range(len(found) - 2, -1, -1):
        one, following = found[place], found[place + 1]
        joined = _RANGE.fullmatch(text[one.end : following.start])
        if joined and not one.dimension and following.dimension in {name for name, _ in UNITS.values()}:
            factor = _factor(text[following.start : following.end])
            found[place] = replace(one, value=one.value * factor, dimension=following.dimension)
    return found


def _factor(written: str) -> Fraction:
    match = _NUMBER.fullmatch(written)
    return UNITS[match["money"] or match["unit"]][1] if match else Fraction(1)


def _is_year(one: Quantity) -> bool:
    return not one.dimension and _FIRST_YEAR <= one.value <= _LAST_YEAR


def _bounded(text: str, one: Quantity) -> Quantity:
    bound, start, end = bound_of(text, one.start, one.end)
    if bound is Bound.AT_LEAST and text[start : one.start].startswith(("from", "since")):
        follows = re.match(r"\s*(?:to|until|till|-|–)\s*", text[one.end :])
        timely = one.dimension.startswith("date") or one.dimension == "clock" or _is_year(one)
        bound = bound if timely and not follows else Bound.EXACT
    return replace(one, bound=bound, start=start, end=end)
