"""Operators of a text (negations, modals, conditions, quantifiers) with the stretch that each governs.

They are matched by patterns in order; what one has matched, the next does not see. An operator governs from
its end to the end of its clause; said of what stands before it ("opening is forbidden"), its clause so far.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from core.reading.values import Kind, Scope, Stance


@dataclass(frozen=True, slots=True, kw_only=True)
class Operator:
    """A pattern, and what it says of what it governs."""

    kind: Kind
    value: str
    pattern: re.Pattern[str]
    backward: bool = False
    """Governs what stands before it in its clause, unless an infinitive or `from` follows."""
    around: bool = False
    """Governs its whole clause, other operators included."""
    protects: bool = False
    """Only keeps its words from being read as an operator."""
    longest: int = 0
    """The most characters that it governs; 0: up to the end of the clause."""


# The value of an operator that names only an order, as "A, then B".
THEN = "then"
_CONTINUES = re.compile(r"\s*(?:to|from)\b")
_MARKS = ".;:!?,。；：！？，、\n|"
_BRACKETS = re.compile(r"\([^()]*\)")
_AUXILIARY = re.compile(r"(?<=[a-z] )(?:will|would|is|are|was|were)(?= )")
_WORD_OR_CJK = re.compile(r"[^\W_]")


def operator(kind: Kind, value: str, pattern: str, **how: bool | int) -> Operator:
    """Return an operator; an English pattern stands between word boundaries."""
    bounded = rf"(?<![\w']){'(?:' + pattern + ')'}(?![\w])" if pattern.isascii() else pattern
    return Operator(kind=kind, value=value, pattern=re.compile(bounded), **how)  # type: ignore[arg-type]


def scopes(text: str, operators: Sequence[Operator], breaks: Sequence[int]) -> tuple[list[Scope], str]:
    """Return the scopes in order of their operators, and the text with the operators blanked out.

    `breaks` are the offsets at which clauses end, ascending.
    """
    found: list[tuple[int, int, Operator]] = []
    rest = text
    for one in operators:
        for match in one.pattern.finditer(text):
            text = _blanked(text, match)
            if not one.protects:
                rest = _blanked(rest, match)
                found.append((match.start(), match.end(), one))
    modals = sorted(start for start, _, one in found if one.kind is Kind.STANCE)
    brackets = [match.span() for match in _BRACKETS.finditer(text)]
    governed = [
        scope
        for each in found
        for scope in _governed(each, text, _outside(breaks, brackets, each[0]), modals)
    ]
    return sorted(governed, key=lambda scope: scope.start), rest


def _outside(breaks: Sequence[int], brackets: Sequence[tuple[int, int]], place: int) -> list[int]:
    """Return the breaks without those in brackets that do not hold the operator at `place`."""
    other = [(start, end) for start, end in brackets if not start <= place < end]
    return [one for one in breaks if not any(start <= one < end for start, end in other)]


def _blanked(text: str, match: re.Match[str]) -> str:
    """Blank out a match, but for its group `keep`: the words between `no` and `may`."""
    start, end = match.span()
    kept = match.span("keep") if "keep" in match.re.groupindex else (end, end)
    blank = " " * (kept[0] - start) + text[kept[0] : kept[1]] + " " * (end - kept[1])
    return text[:start] + blank + text[end:]


def _governed(
    found: tuple[int, int, Operator], text: str, breaks: Sequence[int], modals: Sequence[int]
) -> Iterator[Scope]:
    start, end, one = found
    begin = max((place for place in breaks if place <= start), default=0)
    if one.backward:
        begin = max((place + 1 for place in breaks if place < start and text[place] in _MARKS), default=0)
    stop = min((place for place in breaks if place >= end), default=len(text))
    if one.kind is Kind.STANCE and not one.around:
        after = [place for place in modals if end <= place < stop and _WORD_OR_CJK.search(text, end, place)]
        stop = min(after, default=stop)
        if one.value == Stance.NOT:
            finite = _AUXILIARY.search(text, end, stop)
            behind = finite and _WORD_OR_CJK.search(text, end, finite.start())
            stop = finite.start() if finite and behind else stop
    if one.longest:
        joined = text.find(" and ", end, stop)
        stop = min(stop, end + one.longest, joined if joined >= 0 else stop)
    if one.around:
        first, last = begin, stop
    elif one.backward and not _CONTINUES.match(text, end):
        first, last = max(begin, start - one.longest if one.longest else begin), start
    else:
        first, last = end, stop
    first, last = _clipped(text, start, first, last)
    if _WORD_OR_CJK.search(text, first, last) or one.kind is Kind.STANCE:
        yield Scope(kind=one.kind, value=one.value, start=first, end=last)


def _clipped(text: str, place: int, first: int, last: int) -> tuple[int, int]:
    """Keep an operator that stands in brackets from governing what stands outside."""
    for bracket in _BRACKETS.finditer(text):
        if bracket.start() <= place < bracket.end():
            return max(first, bracket.start()), min(last, bracket.end())
    return first, last
