"""Words around a number that say how it is meant: `at least`, `below`, 以上."""

import re

from core.reading.values import Bound

# The longest first: the first that ends right before the number, or begins right after it, counts.
_BEFORE: tuple[tuple[Bound, str], ...] = (
    (
        Bound.AT_MOST,
        r"(?:no|not|never) (?:more|greater|higher|longer|later|larger|bigger) than"
        r"|at (?:the )?(?:most|latest)"
        r"|(?:must|may|shall|should|can|do|does|will)? ?(?:not|never)(?: be)? (?:exceed|above"
        r"|over|beyond|after)"
        r"(?:ing|s)?|cannot exceed|up to|a maximum of|maximum of|maximum|max\.?|within|limited to"
        r"|no later than"
        r"|not later than|by|until|till|as (?:many|much) as|a limit of"
        r"|不得超过|不超过|不能超过|不可超过|不应超过|不大于|不高于|不多于|不长于|至多|最多|最大"
        r"|最高|最长|不迟于|最迟|最晚|小于等于|≤|<=",
    ),
    (
        Bound.AT_LEAST,
        r"(?:no|not|never) (?:less|fewer|lower|shorter|smaller|earlier|sooner) than"
        r"|at (?:the )?(?:least|earliest)"
        r"|(?:must|may|shall|should|do|does)? ?(?:not|never)(?: be| fall| drop)? (?:below|under)"
        r"|a minimum of"
        r"|minimum of|minimum|min\.|from|since"
        r"|不得少于|不得低于|不少于|不低于|不小于|不短于|不应少于|不应低于|至少|最少|最低|最小"
        r"|大于等于|≥|>=",
    ),
    (
        Bound.OVER,
        r"(?:more|greater|higher|longer|larger|later|older|bigger) than|in excess of|exceed(?:s"
        r"|ed|ing)?|above"
        r"|over|beyond|after|超过|大于|高于|多于|超出|长于|>",
    ),
    (
        Bound.UNDER,
        r"(?:less|fewer|lower|shorter|smaller|earlier|younger) than|below|under|before|小于|低于"
        r"|少于|不足|不到|<",
    ),
    (
        Bound.ABOUT,
        r"about|approximately|approx\.?|around|roughly|nearly|almost|circa|ca\.?|some|约|大约|大概|近"
        r"|(?<!\d)(?<!\d )~",
    ),
    (Bound.EXACT, r"on|exactly|at"),
)
_AFTER: tuple[tuple[Bound, str], ...] = (
    (
        Bound.AT_LEAST,
        r"or (?:more|above|over|higher|longer|later)|and (?:above|over|more|up)|minimum|及以上"
        r"|以上|或以上|起",
    ),
    (
        Bound.AT_MOST,
        r"or (?:less|fewer|below|under|lower|shorter|earlier)|and (?:below|under|less)|maximum"
        r"|at most|及以下|以下"
        r"|或以下|以内|之内|内",
    ),
    (Bound.UNDER, r"之前|以前|前"),
    (Bound.OVER, r"之后|以后|后"),
    (Bound.ABOUT, r"左右|上下"),
)
# "The maximum pressure is 6 bar": the limit stands before the name of what it limits.
_LIMITS = (
    (Bound.AT_MOST, r"(?:maximum|max\.?|upper limit|最大|最高|上限)"),
    (Bound.AT_LEAST, r"(?:minimum|min\.|lower limit|最小|最低|下限)"),
)
_SPREAD = (
    (Bound.AT_MOST, r"(?:(?<![a-z])at most(?: [a-z]+){1,3}|(?:最多|至多)[^\d，。；,.;]{1,8}?)\s*$"),
    (Bound.AT_LEAST, r"(?:(?<![a-z])at least(?: [a-z]+){1,3}|(?:至少|最少)[^\d，。；,.;]{1,8}?)\s*$"),
)
_BETWEEN = r"[^\d,.;:，。；：\n]{1,60}?(?:\bis\b|\bare\b|\bof\b|:|=|为|是)\s*$"
_Patterns = tuple[tuple[Bound, re.Pattern[str]], ...]
_CJK_OR_SIGN = re.compile(r"[^\x00-\x7f]|[<>=~]")


def _compiled(entries: tuple[tuple[Bound, str], ...], form: str) -> _Patterns:
    return tuple((bound, re.compile(form.format(pattern))) for bound, pattern in entries)


_BEFORE_PATTERNS = _compiled(_BEFORE, r"(?:(?<![a-z])(?:{0}))(?: the| a| an)?\s*$")
_AFTER_PATTERNS = _compiled(_AFTER, r"\s*(?:{0})(?![a-z])")
_LIMIT_PATTERNS = (
    *((bound, re.compile(rf"(?<![a-z]){word}{_BETWEEN}")) for bound, word in _LIMITS),
    *((bound, re.compile(pattern)) for bound, pattern in _SPREAD),
)
_WINDOW = 80


def bound_of(text: str, start: int, end: int) -> tuple[Bound, int, int]:
    """Return how the number at `start` to `end` of a case-folded text is meant.

    With it the offsets of number and words together, so that the words are not read twice.
    """
    before = text[max(0, start - _WINDOW) : start]
    for bound, pattern in _AFTER_PATTERNS:
        after = pattern.match(text, end)
        if after:
            return bound, start, after.end()
    for bound, pattern in _BEFORE_PATTERNS:
        found = pattern.search(before)
        if found and bound is Bound.ABOUT:
            outer = bound_of(text, start - len(before) + found.start(), end)
            return outer if outer[0] is not Bound.EXACT else (bound, *outer[1:])
        if found:
            return bound, start - len(before) + found.start(), end
    for bound, pattern in _LIMIT_PATTERNS:
        if pattern.search(before):
            return bound, start, end
    return Bound.EXACT, start, end
