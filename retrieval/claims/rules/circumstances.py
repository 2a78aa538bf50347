"""Conditions, what is not there, and of how many something holds."""

import re

from core.reading.alignment import Alignment, Pair
from core.reading.values import Kind, Reading, Scope, Share, Stance

# A claim may make this of its source's share.
_SHARES = {
    Share.BARE: {Share.BARE, Share.ALL},
    Share.ALL: {Share.ALL, Share.BARE},
    Share.MOST: {Share.MOST},
    Share.SOME: {Share.SOME},
    Share.FEW: {Share.FEW, Share.SOME},
    Share.ONLY: {Share.ONLY, Share.BARE},
}
# A remark in brackets may be left out with its condition.
_BRACKETS = re.compile(r"\([^()]*\)")
_CIRCUMSTANCE = re.compile(
    r"\b(?:at|above|below|over|under|during|for|upon)(?: [\w.,°%/-]+){0,4} $"
    r"|[在于][^，。；]{0,8}$"
)
_BOUNDED = re.compile(r"(?:at|above|below|over|under|from|up to|within)\b")
_PHRASE = 40
_KEPT = 0.5
# `no` governs at most so many characters.
_NEAR = 45
# A condition counts if at least this share of the claim stands in its sentence.
_CITED = 0.4


def disagreeing_condition(alignment: Alignment) -> bool:
    """Return whether the claim drops a condition of its source, or states one that the source does not."""
    source, claim = alignment.source, alignment.claim
    if any(_dropped(alignment, scope) for scope in source.scopes_of(Kind.CONDITION)):
        return True
    for scope in claim.scopes_of(Kind.CONDITION):
        pairs = alignment.pairs_between(scope.start, scope.end)
        if pairs and _share(pairs, source, Kind.CONDITION) < _KEPT:
            return True
    return False


def _share(pairs: list[Pair], source: Reading, kind: Kind) -> float:
    scopes = source.scopes_of(kind)
    return sum(
        any(scope.covers(pair.source.start) for scope in scopes) or _circumstantial(source, pair.source.start)
        for pair in pairs
    ) / len(pairs)


def _circumstantial(source: Reading, offset: int) -> bool:
    """Return whether a word follows a preposition that states a circumstance: "at a temperature of"."""
    before = _CIRCUMSTANCE.search(source.text, max(0, offset - _PHRASE), offset)
    return before is not None or _BOUNDED.match(source.text, offset) is not None


def _dropped(alignment: Alignment, scope: Scope) -> bool:
    """Return whether the claim says what depends on a condition, without the condition."""
    source = alignment.source
    if any(match.start() <= scope.start < match.end() for match in _BRACKETS.finditer(source.text)):
        return False
    inside = [word for word in source.words if scope.covers(word.start) and not word.vague]
    numbers = [one for one in source.quantities if scope.covers(one.start)]
    if not inside and not numbers:
        return False
    here = source.sentence_of(scope.start)
    others = [
        pair
        for pair in alignment.pairs
        if source.sentence_of(pair.source.start) == here and not scope.covers(pair.source.start)
    ]
    if len(others) < _CITED * len(alignment.pairs) or not others or not _depends(alignment, scope):
        return False
    kept = alignment.pairs_from(scope.start, scope.end)
    values = {one.value for one in alignment.claim.quantities}
    said = len({pair.source.start for pair in kept}) + sum(one.value in values for one in numbers)
    return said < _KEPT * (len(inside) + len(numbers))


def _depends(alignment: Alignment, scope: Scope) -> bool:
    """Return whether the claim repeats the clause beside a condition, which depends on it."""
    source = alignment.source
    start, end = source.sentences[source.sentence_of(scope.start)]
    marker = max((place for place in source.breaks if place < scope.start), default=start)
    before = max((place for place in source.breaks if start <= place < marker), default=start)
    after = min((place for place in source.breaks if place > scope.end), default=end)
    for first, last in ((before, marker), (scope.end, after)):
        words = [word for word in source.words if first <= word.start < last and not word.vague]
        if words:
            return len(alignment.pairs_from(first, last)) >= _KEPT * len(words)
    return True


def disagreeing_absence(alignment: Alignment) -> bool:
    """Return whether what one side is without, the other is not: `with gloves`, `without gloves`."""
    claim, source = alignment.claim, alignment.source
    for scope in claim.scopes_of(Kind.ABSENCE):
        pairs = alignment.pairs_between(scope.start, scope.end)[:1]
        if any(not _absent(source, pair.source.start) for pair in pairs):
            return True
    if any(not claim.places_in(scope) for scope in claim.scopes_of(Kind.ABSENCE)):
        return not source.scopes_of(Kind.ABSENCE)
    for scope in source.scopes_of(Kind.ABSENCE):
        pairs = alignment.pairs_from(scope.start, scope.end)[:1]
        if any(not _absent(claim, pair.claimed.start) for pair in pairs):
            return True
    return False


def _absent(reading: Reading, offset: int) -> bool:
    for scope in reading.scopes:
        if scope.kind is Kind.ABSENCE and scope.covers(offset):
            return True
        if scope.kind is Kind.STANCE and scope.value == Stance.NOT and scope.covers(offset):
            return scope.end - scope.start <= _NEAR
    return False


def disagreeing_share(alignment: Alignment) -> bool:
    """Return whether the claim says of all what its source says of some, or the other way around."""
    claim, source = alignment.claim, alignment.source
    for scope in claim.scopes_of(Kind.QUANTIFIER):
        pairs = alignment.pairs_between(scope.start, scope.end)[:1]
        if any(Share(scope.value) not in _SHARES[_of(source, pair.source.start)] for pair in pairs):
            return True
    if any(_of_others(alignment, scope) for scope in source.scopes_of(Kind.QUANTIFIER)):
        return True
    for scope in source.scopes_of(Kind.QUANTIFIER):
        pairs = alignment.pairs_from(scope.start, scope.end)[:1]
        if any(_of(claim, pair.claimed.start) not in _SHARES[Share(scope.value)] for pair in pairs):
            return True
    return False


def _of_others(alignment: Alignment, scope: Scope) -> bool:
    """Return whether the claim says of others what its source says of some only."""
    if scope.value != Share.ONLY:
        return False
    source = alignment.source
    named = source.places_in(scope)[:2]
    number = source.sentence_of(scope.start)
    rest = [
        word.start
        for word in source.words
        if word.start not in named and source.sentence_of(word.start) == number and word.start > scope.start
    ]
    said = {pair.source.start for pair in (*alignment.pairs, *alignment.figures)}
    repeated = sum(start in said for start in rest)
    return bool(named) and not said.intersection(named) and bool(rest) and repeated >= _KEPT * len(rest)


def _of(reading: Reading, offset: int) -> Share:
    """Return the share of the word at an offset, which is the first or second that a quantifier governs."""
    for scope in reversed(reading.scopes):
        governs = scope.kind is Kind.QUANTIFIER and offset in reading.places_in(scope)[:2]
        if governs and scope.value:
            return Share(scope.value)
    return Share.BARE
