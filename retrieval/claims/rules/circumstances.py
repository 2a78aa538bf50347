"""Conditions, the order of events, and of how many something holds."""

from retrieval.claims.alignment import Alignment, Pair
from retrieval.claims.values import Kind, Reading, Scope, Share

# A claim may make this of its source's share.
_SHARES = {
    Share.BARE: {Share.BARE, Share.ALL},
    Share.ALL: {Share.ALL, Share.BARE},
    Share.MOST: {Share.MOST},
    Share.SOME: {Share.SOME},
    Share.FEW: {Share.FEW, Share.SOME},
    Share.ONLY: {Share.ONLY, Share.BARE, Share.ALL},
}
_KEPT = 0.5
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
    return sum(any(scope.covers(pair.source.start) for scope in scopes) for pair in pairs) / len(pairs)


def _dropped(alignment: Alignment, scope: Scope) -> bool:
    """Return whether the claim says what depends on a condition, without the condition."""
    source = alignment.source
    inside = [word for word in source.words if scope.covers(word.start)]
    numbers = [one for one in source.quantities if scope.covers(one.start)]
    if not inside and not numbers:
        return False
    here = source.sentence_of(scope.start)
    others = [
        pair
        for pair in alignment.pairs
        if source.sentence_of(pair.source.start) == here and not scope.covers(pair.source.start)
    ]
    if len(others) < _CITED * len(alignment.pairs) or not others:
        return False
    kept = alignment.pairs_from(scope.start, scope.end)
    values = {one.value for one in alignment.claim.quantities}
    said = len({pair.source.start for pair in kept}) + sum(one.value in values for one in numbers)
    return said < _KEPT * (len(inside) + len(numbers))


def disagreeing_order(alignment: Alignment) -> bool:
    """Return whether the claim turns around what comes first: `before` for `after`."""
    for scope in alignment.claim.scopes:
        if scope.kind not in (Kind.LATER, Kind.EARLIER):
            continue
        pairs = alignment.pairs_between(scope.start, scope.end)
        phases = [_phase(alignment.source, pair.source.start) for pair in pairs]
        known = [phase for phase in phases if phase is not None]
        if known and sum(phase is scope.kind for phase in known) * 2 < len(known):
            return True
    return False


def _phase(reading: Reading, offset: int) -> Kind | None:
    """Return whether the word at an offset belongs to what comes earlier or later, if its sentence says."""
    number = reading.sentence_of(offset)
    for scope in reading.scopes:
        if scope.kind not in (Kind.LATER, Kind.EARLIER) or reading.sentence_of(scope.start) != number:
            continue
        if scope.covers(offset):
            return scope.kind
        return Kind.EARLIER if scope.kind is Kind.LATER else Kind.LATER
    return None


def disagreeing_share(alignment: Alignment) -> bool:
    """Return whether the claim says of all what its source says of some, or the other way around."""
    claim, source = alignment.claim, alignment.source
    for scope in claim.scopes_of(Kind.QUANTIFIER):
        pairs = alignment.pairs_between(scope.start, scope.end)[:1]
        if any(Share(scope.value) not in _SHARES[_of(source, pair.source.start)] for pair in pairs):
            return True
    for scope in source.scopes_of(Kind.QUANTIFIER):
        pairs = alignment.pairs_from(scope.start, scope.end)[:1]
        if any(_of(claim, pair.claimed.start) not in _SHARES[Share(scope.value)] for pair in pairs):
            return True
    return False


def _of(reading: Reading, offset: int) -> Share:
    """Return the share of the word at an offset, which is the first or second that a quantifier governs."""
    for scope in reversed(reading.scopes):
        if scope.kind is Kind.QUANTIFIER and scope.covers(offset):
            first = [word.start for word in reading.words if scope.covers(word.start)][:2]
            if offset in first and scope.value:
                return Share(scope.value)
    return Share.BARE
