"""The order of events: what comes before and what after."""

import re

from core.reading.alignment import Alignment, Pair
from core.reading.operators.governing import THEN
from core.reading.values import Kind, Reading, Scope

_SEQUENCE = re.compile(
    r"\b(?:then|once|when|first|next|until|till|later|since|by|subsequent|follow|prior|second|finally)"
    r"|先|然后|再|随后|接着|方可|才|起|自|到"
)


def disagreeing_order(alignment: Alignment) -> bool:
    """Return whether the claim turns around what comes first: `before` for `after`."""
    if _leaves_out_order(alignment):
        return True
    for scope in alignment.claim.scopes:
        if scope.kind not in (Kind.LATER, Kind.EARLIER):
            continue
        pairs = alignment.pairs_between(scope.start, scope.end)
        phases = [_phase(alignment.source, pair.source.start) for pair in pairs]
        known = [phase for phase in phases if phase is not None]
        if pairs and not known and scope.value != THEN:
            return not _SEQUENCE.search(_sentence(alignment.source, pairs[0]))
        if known and sum(phase is scope.kind for phase in known) * 2 < len(known):
            return True
    return False


def _leaves_out_order(alignment: Alignment) -> bool:
    """Return whether "after and after" stands for "before and after", whose first word governs none."""
    claim, source = alignment.claim, alignment.source
    kept = {scope.kind for scope in claim.scopes}
    return any(_bare_orders(claim)) and any(
        scope.kind not in kept and source.sentence_of(scope.start) in alignment.cited_sentences
        for scope in _bare_orders(source)
    )


def _bare_orders(reading: Reading) -> list[Scope]:
    orders = [scope for kind in (Kind.LATER, Kind.EARLIER) for scope in reading.scopes_of(kind)]
    return [scope for scope in orders if not reading.places_in(scope)]


def _sentence(source: Reading, pair: Pair) -> str:
    start, end = source.sentences[source.sentence_of(pair.source.start)]
    return source.text[start:end]


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
