"""A verdict under the conditions, the quantities and the quantifiers of its sentence."""

import re
from collections.abc import Sequence
from dataclasses import replace
from enum import Enum, auto

from core.reading.stances import NEGATIVE, stance_at
from core.reading.values import Kind, Quantity, Reading, Scope, Share, Stance
from llm.extractive.verdicts.amounts import Fit, fit
from llm.extractive.verdicts.beside import Beside
from llm.extractive.verdicts.decision import Verdict
from llm.extractive.verdicts.questions import APART, Asks

# The least share of the words of a circumstance that a question has if it speaks of it.
_SPEAKS = 0.5
# A condition with so many characters behind it, up to the next mark, belongs to what follows.
_MARK = re.compile(r"[,;:，；：]")
_OWN_CLAUSE = re.compile(r"[,，][^,，;；。]{4,}")
# "If the range is exceeded": the limits stand in front.
_BEYOND = re.compile(r"\b(?:outside|exceed\w*|beyond|surpass\w*)\b|超出|超过")
_ONCE_MORE = re.compile(r"\b(?:once more|again|another|one more)\b|再|还(?=[能要可])")
_MARKS_BEFORE = re.compile(r"(?:only )?[a-z]+(?: (?:that|long as|of|to))?\W*$|[除如若只一当][^\s,，]{0,2}$")
_MARKS_BEHIND = re.compile(r"时|期间|的情况下|的时候|之前|以前|前|之后|以后|后")
# Circumstances that a statement names in passing, without which it holds too.
_IN_PASSING = ("when", "while", "时", "期间")
_UNTIL = ("until", "till")


class State(Enum):
    """Whether a circumstance of a sentence is given in a question."""

    HOLDS = auto()
    FAILS = auto()
    """The question says the contrary."""
    OPEN = auto()
    """The question does not speak of it."""


def under_amounts(verdict: Verdict, one: Beside) -> Verdict:
    """Return a verdict under the quantities of its sentence."""
    once_more = bool(_ONCE_MORE.search(one.asked.statement.text))
    how = fit(one.amounts, one.said, one.start, one.end, once_more=once_more)
    if how is Fit.UNKNOWN:
        return Verdict.NONE
    if how is Fit.OUTSIDE:
        return Verdict.NO if verdict is Verdict.YES or _BEYOND.search(one.sentence) else Verdict.NONE
    return verdict


def under_conditions(verdict: Verdict, one: Beside) -> Verdict:
    """Return a verdict under what its sentence depends on."""
    for scope in one.scopes(*APART):
        if _is_of_another_clause(one, scope) or _is_beyond(one, scope):
            continue
        state = state_of(scope, one)
        if scope.kind is Kind.ABSENCE and state is State.HOLDS and _is_elsewhere(one, scope):
            return Verdict.NONE  # the sentence says something else of this case
        if state is not None:
            verdict = _under(verdict, scope, state, one)
    return verdict


def under_shares(verdict: Verdict, one: Beside) -> Verdict:
    """Return a yes under the words that say of how many it holds, such as `only` and `some`."""
    matched = {pair.source.start for pair in one.pairs}
    asked = {scope.value for scope in one.asked.statement.scopes_of(Kind.QUANTIFIER)}
    for scope in one.scopes(Kind.QUANTIFIER):
        here = one.said.same_clause(scope.start, one.main[-1].source.start)
        if not here or verdict is not Verdict.YES or scope.value in (*asked, Share.ALL, Share.BARE):
            continue
        governed = set(one.said.places_in(scope)[:2])
        if scope.value == Share.ONLY and not governed <= matched:
            verdict = Verdict.DEPENDS if one.asked.asks is Asks.LEAVE else Verdict.NONE
        elif scope.value != Share.ONLY and matched & governed:
            verdict = Verdict.NONE
    return verdict


def state_of(scope: Scope, one: Beside) -> State | None:
    """Return whether a circumstance is given in the question; None if it names nothing."""
    words = [word for word in one.said.words if scope.covers(word.start)]
    words = [word for word in words if not word.vague] or words
    words = words[:1] if scope.kind is Kind.ABSENCE else words
    numbers = _numbers(scope, one)
    if not words and not numbers:
        return None
    inside = [(pair, of) for pair, of in one.told if scope.covers(pair.source.start)]
    share = len({pair.source.start for pair, _ in inside}) / len(words) if words else 1.0
    if share < _SPEAKS or not _are_given(numbers, scope, one):
        return State.OPEN
    differing = [
        _is_denied(pair.claimed.start, of) != _is_denied(pair.source.start, one.said) for pair, of in inside
    ]
    return State.FAILS if any(differing) else State.HOLDS


def _numbers(scope: Scope, one: Beside) -> list[Quantity]:
    """Return the numbers of a circumstance, without those in brackets, and counts only if asked for."""
    text = one.said.text
    return [
        number
        for number in one.said.quantities
        if scope.covers(number.start)
        and text.rfind("(", 0, number.start) <= text.rfind(")", 0, number.start)
        and (number.dimension or one.amounts)
    ]


def _are_given(numbers: Sequence[Quantity], scope: Scope, one: Beside) -> bool:
    if not numbers or {number.value for number in numbers} <= {given.value for given in one.amounts}:
        return True
    return fit(one.amounts, one.said, scope.start, scope.end) is Fit.WITHIN


def _is_denied(offset: int, reading: Reading) -> bool:
    """Return whether a word is negated or said to be absent, whatever condition it stands in."""
    absent = any(offset in reading.places_in(scope)[:1] for scope in reading.scopes_of(Kind.ABSENCE))
    plain = replace(reading, scopes=reading.scopes_of(Kind.STANCE))
    return absent != (stance_at(plain, offset) in NEGATIVE)


def _is_of_another_clause(one: Beside, scope: Scope) -> bool:
    """Return whether a condition behind what is asked about has a clause of its own behind it."""
    last = max(pair.source.start for pair in one.main)
    behind = _OWN_CLAUSE.match(one.said.text, scope.end, one.end)
    return scope.kind is Kind.CONDITION and scope.start > last and bool(behind)


def _is_elsewhere(one: Beside, scope: Scope) -> bool:
    """Return whether a mark stands between a circumstance and all that is asked about."""
    text = one.said.text
    between = (text[min(at, scope.start) : max(at, scope.start)] for at in (p.source.start for p in one.main))
    return all(_MARK.search(stretch) for stretch in between)


def _is_beyond(one: Beside, scope: Scope) -> bool:
    """Return whether a condition says that limits are exceeded which stand in front of it."""
    numbers = any(one.start <= number.start < scope.start for number in one.said.quantities)
    return numbers and bool(_BEYOND.search(one.said.text, scope.start, scope.end))


def _under(verdict: Verdict, scope: Scope, state: State, one: Beside) -> Verdict:
    marker = _marker(one.said, scope)
    unless = scope.kind is Kind.CONDITION and scope.value == Stance.NOT
    until = scope.kind is Kind.LATER and marker.startswith(_UNTIL) and verdict is Verdict.NO
    if unless or until:
        return {State.OPEN: Verdict.DEPENDS, State.HOLDS: verdict.contrary, State.FAILS: verdict}[state]
    if state is State.FAILS:
        denied = verdict is Verdict.YES and scope.kind is not Kind.ABSENCE
        return Verdict.NO if denied else Verdict.NONE
    return _if_open(verdict, scope, marker, one.asked.asks) if state is State.OPEN else verdict


def _if_open(verdict: Verdict, scope: Scope, marker: str, asks: Asks) -> Verdict:
    """Return a verdict under a circumstance of which the question says nothing."""
    if scope.kind is Kind.CONDITION:
        return verdict if marker in _IN_PASSING else Verdict.DEPENDS
    late = scope.kind is Kind.EARLIER and asks is Asks.LEAVE and verdict is Verdict.YES
    early = scope.kind is Kind.LATER and verdict is Verdict.NO
    return Verdict.DEPENDS if late or early else verdict


def _marker(reading: Reading, scope: Scope) -> str:
    """Return the words that mark a circumstance, in front of it, or in Chinese behind it."""
    found = _MARKS_BEHIND.match(reading.text, scope.end) or _MARKS_BEFORE.search(reading.text[: scope.start])
    return found[0].strip() if found else ""
