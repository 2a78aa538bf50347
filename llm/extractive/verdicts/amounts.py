"""Whether the quantity of a question lies within what a sentence names."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import Enum, auto
from fractions import Fraction

from core.reading.values import Bound, Quantity, Reading

_SAME = {"degrees": "celsius", "times": ""}
_LOW = (Bound.AT_LEAST, Bound.OVER)
# "A 240 hour limit".
_LIMIT = re.compile(r"[- ]?(?:limit|cap|maximum|max)\b|的?上限")
_HIGH = (Bound.AT_MOST, Bound.UNDER)


class Fit(Enum):
    """How a quantity that a question names stands to a sentence."""

    UNASKED = auto()
    """The question names none."""
    WITHIN = auto()
    """It is the same, or it lies where the sentence says."""
    OUTSIDE = auto()
    """It lies beyond a limit that the sentence sets."""
    UNKNOWN = auto()
    """The sentence names nothing that it can be compared with."""


@dataclass(frozen=True, slots=True)
class _Interval:
    low: Fraction | None
    high: Fraction | None
    low_in: bool = True
    high_in: bool = True
    is_limit: bool = False
    """Whether what lies beyond it is excluded, as behind `at most`; `below` only names a case."""

    def holds(self, value: Fraction) -> bool:
        above = self.low is None or value > self.low or (self.low_in and value == self.low)
        below = self.high is None or value < self.high or (self.high_in and value == self.high)
        return above and below


def fit(asked: Iterable[Quantity], said: Reading, start: int, end: int, *, once_more: bool = False) -> Fit:
    """Return how the quantities asked about stand to those of `said` between two offsets.

    `once_more`: the question tells of that many, and asks about a further one.
    """
    there = [one for one in said.quantities if start <= one.start < end]
    fits = [_fit(one, there, said.text, once_more) for one in asked]
    for worst in (Fit.UNKNOWN, Fit.OUTSIDE, Fit.WITHIN):
        if worst in fits:
            return worst
    return Fit.UNASKED


def _fit(asked: Quantity, said: Sequence[Quantity], text: str, once_more: bool) -> Fit:
    comparable = [one for one in said if _dimension(one) == _dimension(asked)]
    intervals = list(_intervals(comparable, text))
    if (
        once_more
        and not _dimension(asked)
        and any(one.is_limit and one.high == asked.value for one in intervals)
    ):
        return Fit.OUTSIDE
    if any(one.holds(asked.value) for one in intervals):
        return Fit.WITHIN
    return Fit.OUTSIDE if len(intervals) == 1 and intervals[0].is_limit else Fit.UNKNOWN


def _intervals(said: Sequence[Quantity], text: str) -> Iterable[_Interval]:
    rest = list(said)
    while rest:
        one = rest.pop(0)
        joint = text[one.end : rest[0].start].strip(" °c℃%") if rest else ""
        if rest and joint in {"to", "-", "–", "~", "～", "至", "到"}:
            yield _Interval(one.value, rest.pop(0).value, is_limit=True)
        elif one.bound in _LOW:
            yield _Interval(
                one.value, None, low_in=one.bound is Bound.AT_LEAST, is_limit=one.bound is Bound.AT_LEAST
            )
        elif one.bound in _HIGH:
            yield _Interval(
                None, one.value, high_in=one.bound is Bound.AT_MOST, is_limit=one.bound is Bound.AT_MOST
            )
        elif _LIMIT.match(text, one.end):
            yield _Interval(None, one.value, is_limit=True)
        elif one.bound is Bound.EXACT:
            yield _Interval(one.value, one.value)


def _dimension(one: Quantity) -> str:
    return _SAME.get(one.dimension, one.dimension)
