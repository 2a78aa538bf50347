"""Whether a word of a reading is so, must be so, or must not be so, by all operators that govern it."""

from core.reading.values import Kind, Reading, Stance

NEGATIVE = (Stance.NOT, Stance.MUST_NOT, Stance.SHOULD_NOT)
_NEGATED = {
    Stance.PLAIN: Stance.NOT,
    Stance.MUST: Stance.MUST_NOT,
    Stance.OUGHT: Stance.SHOULD_NOT,
    Stance.SHOULD: Stance.SHOULD_NOT,
    Stance.MAY: Stance.MUST_NOT,
    Stance.CAN: Stance.MUST_NOT,
    Stance.MUST_NOT: Stance.MAY,
    Stance.SHOULD_NOT: Stance.SHOULD,
    Stance.NEED_NOT: Stance.MUST,
    Stance.NOT: Stance.PLAIN,
}


def stance_at(reading: Reading, offset: int) -> Stance:
    """Return the stance of the word at an offset."""
    stance = Stance.PLAIN
    for scope in reading.scopes:
        if scope.kind is Kind.STANCE and scope.covers(offset):
            stance = _combined(stance, Stance(scope.value))
        elif scope.kind is Kind.CONDITION and scope.value == Stance.NOT and scope.covers(offset):
            stance = _NEGATED[stance]
    return stance


def _combined(outer: Stance, inner: Stance) -> Stance:
    if inner is Stance.NOT:
        return _NEGATED[outer]
    if outer not in NEGATIVE:
        return inner
    # "Never has to" frees of a duty, "must never" imposes one.
    return Stance.NEED_NOT if inner is Stance.MUST else _NEGATED[inner]
