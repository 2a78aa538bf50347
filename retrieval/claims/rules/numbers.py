"""Numbers: the same value, in the same unit, meant in the same way, of the same thing."""

from core.reading.alignment import Alignment
from core.reading.values import Bound, Quantity, Reading
from core.text.language import cjk_share

_NAME_WEIGHT = 3
# By how much another number must fit better: the words around a number are often the same for all.
_MARGIN = 0.05
_FEWEST_OWN = 2
_FIRST_YEAR, _LAST_YEAR = 1000, 2100
# A number that the claim gives too, perhaps for the right thing.
_MARGIN_IF_SAID = 0.25
_SAME_BOUNDS = {
    (Bound.EXACT, Bound.ABOUT),
    (Bound.ABOUT, Bound.EXACT),
}


_LOOSE_BOUNDS = ({Bound.AT_MOST, Bound.UNDER}, {Bound.AT_LEAST, Bound.OVER})


def disagreeing_number(alignment: Alignment, headings: Reading) -> bool:
    """Return whether a number of the claim is not the source's, or there belongs to something else."""
    source = alignment.source.quantities
    for one in alignment.claim.quantities:
        equal = [other for other in source if _equal(one, other, alignment, headings)]
        if not equal and any(_equal(one, other, alignment, headings) for other in headings.quantities):
            continue
        if not equal or _of_another(one, equal, alignment):
            return True
    return _reordered(alignment)


def _equal(one: Quantity, other: Quantity, alignment: Alignment, headings: Reading) -> bool:
    if one.value != other.value or not _one_dimension(one, other, alignment, headings):
        return False
    if one.bound is other.bound or (other.bound, one.bound) in _SAME_BOUNDS:
        return True
    # 以上 and 以下 are said with and without the number itself.
    return {one.bound, other.bound} in _LOOSE_BOUNDS and cjk_share(alignment.claim.text) > 0


def _one_dimension(one: Quantity, other: Quantity, alignment: Alignment, headings: Reading) -> bool:
    if one.dimension == other.dimension or not one.dimension:
        return True
    if other.dimension.startswith(one.dimension) and one.dimension.startswith("date"):
        return True
    if other.dimension:
        return False
    # A table gives the unit in its head.
    unit = alignment.claim.text[one.start : one.end].lstrip("-−.,0123456789 ").strip()
    return bool(unit) and (unit in headings.text or unit in alignment.source.text)


def _of_another(one: Quantity, equal: list[Quantity], alignment: Alignment) -> bool:
    """Return whether another number of the source stands nearer to the words around this one."""
    rivals = [
        other for other in alignment.source.quantities if other not in equal and _kind(other) == _kind(one)
    ]
    if not rivals:
        return False
    here = _clause(_profile(alignment.claim, one))
    said = {other.value for other in alignment.claim.quantities}
    profiles = [_profile(alignment.source, other) for other in equal]
    own = max(_likeness(here, profile) for profile in profiles)
    beside = max(_shared(here, profile) for profile in profiles)
    held = max(_held(here, alignment.source, other) for other in equal)
    return any(
        _likeness(here, profile) > own + (_MARGIN_IF_SAID if other.value in said else _MARGIN)
        and _shared(here, profile) > beside
        and _held(here, alignment.source, other) >= held
        for other in rivals
        if not _in_order(alignment, one, other, equal)
        for profile in [_profile(alignment.source, other)]
    )


def _rivals(one: Quantity, other: Quantity) -> bool:
    return other is not one and _kind(one) == _kind(other)


def _in_order(alignment: Alignment, one: Quantity, rival: Quantity, equal: list[Quantity]) -> bool:
    """Return whether the claim gives both numbers in the order of the source."""
    here = [other for other in alignment.claim.quantities if other.value == rival.value]
    return any((first.start > one.start) is (rival.start > other.start) for first in here for other in equal)


def _kind(one: Quantity) -> str:
    if one.dimension or one.value.denominator != 1:
        return one.dimension
    return "year" if _FIRST_YEAR <= one.value.numerator <= _LAST_YEAR else ""


def _profile(reading: Reading, one: Quantity) -> dict[str, float]:
    """Return how close each sense stands to a number."""
    found: dict[str, float] = {}
    for word in reading.words:
        if word.vague:
            continue
        close = _closeness(reading, one, word.start)
        for sense in word.senses if close else ():
            found[sense] = max(found.get(sense, 0.0), close)
    return found


def _clause(profile: dict[str, float]) -> dict[str, float]:
    """Return the part of a profile that stands in the number's own clause, if that says enough."""
    own = {sense: value for sense, value in profile.items() if value >= 1.0}
    return own if len(own) >= _FEWEST_OWN else profile


def _shared(one: dict[str, float], other: dict[str, float]) -> int:
    """Return how many senses of one profile stand in the other number's own clause."""
    return sum(_weight(sense) for sense in one if other.get(sense, 0.0) >= 1.0)


def _held(one: dict[str, float], source: Reading, other: Quantity) -> int:
    """Return how many senses of a profile stand in the sentence of a number."""
    number = source.sentence_of(other.start)
    words = [word for word in source.words if source.sentence_of(word.start) == number]
    return sum(_weight(sense) for sense in one if any(sense in word.senses for word in words))


def _weight(sense: str) -> int:
    return _NAME_WEIGHT if any(map(str.isdigit, sense)) and sense[0] != "#" else 1


def _likeness(one: dict[str, float], other: dict[str, float]) -> float:
    """Return the cosine of two profiles, over the senses that both sides have."""
    product = sum(_weight(sense) * value * other[sense] for sense, value in one.items() if sense in other)
    lengths = _length(one) * _length(other)
    return float(product / lengths**0.5) if lengths else 0.0


def _length(profile: dict[str, float]) -> float:
    return sum(_weight(sense) * value**2 for sense, value in profile.items())


def _closeness(reading: Reading, one: Quantity, offset: int) -> float:
    """Return 1 for a word in the clause of a number, less in its sentence, 0 elsewhere."""
    if reading.sentence_of(offset) != reading.sentence_of(one.start):
        return 0.0
    low, high = sorted((offset, one.start))
    parted = sum(low <= place < high and reading.text[place] != ":" for place in reading.breaks)
    parted += sum(low < other.start < high for other in reading.quantities if _rivals(one, other))
    parted += reading.text.count(" and ", low, high)
    return 1.0 / (1 + parted)


def _reordered(alignment: Alignment) -> bool:
    """Return whether two numbers of one clause have changed places: `from 5 to 9`."""
    claim, source = alignment.claim, alignment.source
    for one, following in zip(claim.quantities, claim.quantities[1:], strict=False):
        if not claim.same_clause(one.start, following.start) or _kind(one) != _kind(following):
            continue
        first = [other for other in source.quantities if other.value == one.value]
        second = [other for other in source.quantities if other.value == following.value]
        if (
            one.value != following.value
            and len(first) == len(second) == 1
            and _swapped(source, first[0], second[0])
        ):
            return True
    return False


def _swapped(source: Reading, first: Quantity, second: Quantity) -> bool:
    return first.start > second.start and source.same_clause(second.start, first.start)
