"""Numbers written as words, in English and Chinese."""

from fractions import Fraction

_SMALL = (
    "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen "
    "seventeen eighteen nineteen"
).split()
_TENS = "twenty thirty forty fifty sixty seventy eighty ninety".split()
_SCALES = {"hundred": 100, "thousand": 1000, "million": 10**6, "billion": 10**9}
ENGLISH: dict[str, int] = {
    **{word: number for number, word in enumerate(_SMALL)},
    **{word: 10 * number for number, word in enumerate(_TENS, start=2)},
    "dozen": 12,
}
SCALES = _SCALES
_DIGITS = {**{sign: number for number, sign in enumerate("零一二三四五六七八九")}, "两": 2, "〇": 0}
_PLACES = {"十": 10, "百": 100, "千": 1000}
_GROUPS = {"万": 10**4, "亿": 10**8}
CHINESE = "".join([*_DIGITS, *_PLACES, *_GROUPS])


def english_number(words: list[str]) -> Fraction | None:
    """Return the value of words such as `two hundred and five`; None if they are no number."""
    total = current = 0
    for word in words:
        if word == "and":
            continue
        if word in ENGLISH:
            current += ENGLISH[word]
        elif word == "hundred":
            current = max(current, 1) * 100
        elif word in _SCALES:
            total, current = total + max(current, 1) * _SCALES[word], 0
        else:
            return None
    return Fraction(total + current)


def chinese_number(signs: str) -> Fraction:
    """Return the value of signs such as 一百二十."""
    if not any(sign in _PLACES or sign in _GROUPS for sign in signs):
        return Fraction(int("".join(str(_DIGITS[sign]) for sign in signs)))
    total = group = digit = 0
    for sign in signs:
        if sign in _DIGITS:
            digit = _DIGITS[sign]
        elif sign in _PLACES:
            group, digit = group + (digit or 1) * _PLACES[sign], 0
        else:
            total, group, digit = total + (group + digit) * _GROUPS[sign], 0, 0
    return Fraction(total + group + digit)
