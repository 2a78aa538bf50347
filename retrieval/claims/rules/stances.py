"""Polarity and modality: a sentence says of the same thing that it is so, must be so, or must not be."""

from collections.abc import Collection, Iterable

from core.reading.alignment import Alignment, Pair
from core.reading.stances import NEGATIVE, stance_at
from core.reading.values import Kind, Reading, Scope, Stance

# What a sentence may make of its source's stance; an instruction often stands without `must`.
_SAME = {
    Stance.PLAIN: {Stance.PLAIN, Stance.MUST, Stance.OUGHT, Stance.CAN, Stance.SHOULD},
    Stance.MUST: {Stance.MUST, Stance.OUGHT, Stance.PLAIN},
    Stance.OUGHT: {Stance.OUGHT, Stance.MUST, Stance.SHOULD, Stance.PLAIN},
    Stance.SHOULD: {Stance.SHOULD, Stance.OUGHT, Stance.PLAIN},
    Stance.MAY: {Stance.MAY, Stance.CAN},
    Stance.CAN: {Stance.CAN, Stance.MAY, Stance.PLAIN},
    Stance.NOT: {Stance.NOT, Stance.MUST_NOT, Stance.SHOULD_NOT},
    Stance.MUST_NOT: {Stance.MUST_NOT, Stance.NOT},
    Stance.SHOULD_NOT: {Stance.SHOULD_NOT, Stance.NOT},
    Stance.NEED_NOT: {Stance.NEED_NOT},
}


# A clause is repeated if this share of its words is, and at least so many.
_REPEATED, _FEWEST = 0.75, 2


def disagreeing_stance(alignment: Alignment) -> bool:
    """Return whether an operator of either side governs words that the other side leaves alone."""
    claimed = [
        _weighty(scope, alignment.pairs_between(scope.start, scope.end))
        for scope in _operators(alignment.claim)
    ]
    cited = [
        _weighty(scope, alignment.pairs_from(scope.start, scope.end))
        for scope in _operators(alignment.source)
    ]
    heads = [_repeats_head(alignment, scope) for scope in _operators(alignment.source)]
    reworded = [
        _is_reworded(alignment, scope)
        for scope, head in zip(_operators(alignment.source), heads, strict=True)
        if not head
    ]
    if any(reworded):
        return not any(Stance(scope.value) in NEGATIVE for scope in _operators(alignment.claim))
    if any(_disagree(alignment, pairs) for pairs in claimed if pairs):
        return True
    if any(_disagree(alignment, pairs) for pairs, head in zip(cited, heads, strict=True) if pairs and head):
        return True
    return _unanchored(alignment.claim, claimed) != _unanchored(
        alignment.source, cited, alignment.cited_sentences
    )


def _weighty(scope: Scope, pairs: list[Pair]) -> list[Pair]:
    """Return the pairs with the predicate first: behind `unless` it comes last, elsewhere right behind."""
    return pairs[::-1] if scope.kind is Kind.CONDITION else pairs


def _repeats_head(alignment: Alignment, scope: Scope) -> bool:
    """Return whether the claim has the first word that an operator of the source governs, mostly its verb."""
    words = [word for word in alignment.source.words if scope.covers(word.start)]
    heads = [word for word in words if not word.vague and not word.text.endswith("ly")]
    said = {pair.source.start for pair in alignment.pairs}
    return not heads or heads[0].start in said


def _is_reworded(alignment: Alignment, scope: Scope) -> bool:
    """Return whether the claim repeats a negated clause with another verb: then it has to negate it too."""
    if Stance(scope.value) not in NEGATIVE:
        return False
    source = alignment.source
    begin = max((place for place in source.breaks if place < scope.start), default=0)
    words = [word for word in source.words if begin <= word.start < scope.end and not word.vague]
    heads = [word for word in words if scope.covers(word.start)][:1]
    rest = [word.start for word in words if word not in heads]
    said = {pair.source.start for pair in alignment.pairs}
    repeated = sum(start in said for start in rest)
    return len(rest) >= _FEWEST and repeated >= _REPEATED * len(rest)


def _unanchored(reading: Reading, pairs: list[list[Pair]], sentences: Collection[int] | None = None) -> bool:
    """Return whether an odd number of negations governs no word with content: "it is not"."""
    alone = [
        scope
        for scope, governed in zip(_operators(reading), pairs, strict=True)
        if not governed and Stance(scope.value) in NEGATIVE and not reading.places_in(scope)
    ]
    if sentences is not None:
        alone = [scope for scope in alone if reading.sentence_of(scope.start) in sentences]
    return len(alone) % 2 == 1


def _operators(reading: Reading) -> Iterable[Scope]:
    for scope in reading.scopes:
        if scope.kind is Kind.STANCE or (scope.kind is Kind.CONDITION and scope.value == Stance.NOT):
            yield scope


def _disagree(alignment: Alignment, pairs: list[Pair]) -> bool:
    """Return whether the words governed have other stances; the first, mostly the verb, weighs most."""
    balance = 0.0
    for rank, pair in enumerate(pairs):
        weight = 1.0 / (1 + rank)
        balance += weight if _compatible(alignment, pair) else -weight
    return balance <= 0


def _compatible(alignment: Alignment, pair: Pair) -> bool:
    source = stance_at(alignment.source, pair.source.start)
    claimed = stance_at(alignment.claim, pair.claimed.start)
    return claimed in _SAME[source]
