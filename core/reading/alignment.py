"""Which word of a source each word of a claim stands for."""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache

from core.reading.lexicon.lookup import agree
from core.reading.quantities.units import MEASURED
from core.reading.values import Kind, Quantity, Reading, Word
from core.text.language import CJK

# Words on either side that are compared to choose among several places of one word.
_NEIGHBOURS = 3
# What stands behind a verb says more of which one it is than what stands before it.
_BEHIND = 1.3
# Decides between places that are alike otherwise.
_SAME_STANCE = 0.2


@dataclass(frozen=True, slots=True)
class Pair:
    """A word of the claim with its counterpart; without one if only the headings have it."""

    claimed: Word
    source: Word


@dataclass(frozen=True, slots=True, kw_only=True)
class Alignment:
    """A claim set beside its source."""

    claim: Reading
    source: Reading
    pairs: tuple[Pair, ...]
    """In the order of the claim."""
    headed: tuple[Word, ...]
    """Words of the claim that only the headings above the source have."""
    unmatched: tuple[Word, ...]
    """Words of the claim that neither has, but for vague ones."""
    places: tuple[int | None, ...]
    """For each word of the claim, the number of its counterpart among the source's words."""
    figures: tuple[Pair, ...]
    """The quantities of the claim beside those of equal value, as words."""

    @property
    def cited_sentences(self) -> frozenset[int]:
        """The sentences of the source of which the claim repeats at least half the words."""
        said = [self.source.sentence_of(pair.source.start) for pair in self.pairs]
        held = [self.source.sentence_of(word.start) for word in self.source.words]
        return frozenset(number for number in set(said) if 2 * said.count(number) >= held.count(number))

    def pairs_between(self, start: int, end: int) -> list[Pair]:
        """Return the pairs whose claimed word lies between two offsets of the claim."""
        found = [pair for pair in (*self.pairs, *self.figures) if start <= pair.claimed.start < end]
        return sorted(found, key=lambda pair: pair.claimed.start)

    def pairs_from(self, start: int, end: int) -> list[Pair]:
        """Return the pairs whose source word lies between two offsets of the source, in its order."""
        found = [pair for pair in (*self.pairs, *self.figures) if start <= pair.source.start < end]
        return sorted(found, key=lambda pair: pair.source.start)


def align(claim: Reading, source: Reading, headings: Reading) -> Alignment:
    """Return the alignment of a claim with its source and the headings above it."""
    sources = _Places(source.words)
    candidates = [sources.of(word) for word in claim.words]
    shares = _shares(candidates, source)
    chosen = [_best(number, candidates, shares, (claim, source)) for number in range(len(claim.words))]
    above = _Places(headings.words)
    places = tuple(
        None if place is None or _stray(number, candidates, claim.words) else place
        for number, place in enumerate(chosen)
    )
    rest = [word for word, place in zip(claim.words, places, strict=True) if place is None]
    headed = tuple(word for word in rest if above.of(word))
    return Alignment(
        claim=claim,
        source=source,
        pairs=tuple(
            Pair(word, source.words[place])
            for word, place in zip(claim.words, places, strict=True)
            if place is not None
        ),
        headed=headed,
        unmatched=tuple(
            word for word in rest if word not in headed and not word.vague and not _is_measured(claim, word)
        ),
        places=places,
        figures=tuple(_figures(claim, source)),
    )


def _is_measured(claim: Reading, word: Word) -> bool:
    """Return whether a word names what a number of the claim measures: the pressure of 7 bar."""
    dimension = MEASURED.get(word.text)
    return dimension is not None and any(one.dimension == dimension for one in claim.quantities)


def _figures(claim: Reading, source: Reading) -> Iterator[Pair]:
    for one in claim.quantities:
        for other in source.quantities:
            if other.value == one.value:
                yield Pair(_as_word(one), _as_word(other))
                break


def _as_word(one: Quantity) -> Word:
    return Word(start=one.start, end=one.end, text=str(one.value), senses=frozenset())


class _Places:
    """The places of each sense among some words."""

    def __init__(self, words: Sequence[Word]) -> None:
        self._words = words
        self._by_sense: dict[str, list[int]] = defaultdict(list)
        for place, word in enumerate(words):
            for sense in word.senses:
                self._by_sense[sense].append(place)

    def of(self, word: Word) -> tuple[int, ...]:
        """Return the places of words that agree with `word`; identical words if there are any."""
        same = [place for sense in word.senses for place in self._by_sense.get(sense, ())]
        exact = [place for place in same if self._words[place].text == word.text]
        if exact or same:
            return tuple(sorted({*exact} or {*same}))
        if len(word.text) == 1:
            return ()
        return tuple(place for place, other in enumerate(self._words) if agree(word.senses, other.senses))


def _best(
    number: int,
    candidates: Sequence[tuple[int, ...]],
    shares: Sequence[float],
    both: tuple[Reading, Reading],
) -> int | None:
    """Return the place whose neighbours have most in common with the neighbours of the claimed word.

    `shares` are those of each source word's sentence.
    """
    places, (claim, source) = candidates[number], both
    if len(places) < 2:
        return places[0] if places else None
    around = range(max(0, number - _NEIGHBOURS), min(len(candidates), number + _NEIGHBOURS + 1))

    def likeness(place: int) -> tuple[float, int]:
        found = shares[place]
        for near in around:
            distance = min((abs(other - place - near + number) for other in candidates[near]), default=99)
            if near != number:
                found += (_BEHIND if near > number else 1.0) / (1 + distance) / abs(near - number)
        same = _stances(claim, claim.words[number]) == _stances(source, source.words[place])
        return found + _SAME_STANCE * same, -place

    return max(places, key=likeness)


def _stances(reading: Reading, word: Word) -> list[str]:
    return sorted(
        scope.value for scope in reading.scopes if scope.kind is Kind.STANCE and scope.covers(word.start)
    )


def _shares(candidates: Sequence[tuple[int, ...]], source: Reading) -> list[float]:
    """Return for each word of the source the share of the claim that its sentence could hold."""
    numbers = [source.sentence_of(word.start) for word in source.words]
    found = [{numbers[place] for place in places} for places in candidates]
    total = max(1, len(candidates))
    shares = {number: sum(number in held for held in found) / total for number in set(numbers)}
    return [shares[number] for number in numbers]


def _stray(number: int, candidates: Sequence[tuple[int, ...]], words: Sequence[Word]) -> bool:
    """Return whether a Chinese character does not stand in the source beside the one that it does here."""
    word = words[number]
    if len(word.text) > 1 or not _is_cjk(word.text):
        return False
    beside = [
        other
        for other in (number - 1, number + 1)
        if 0 <= other < len(words) and _adjacent(words[min(number, other)], words[max(number, other)])
    ]
    beside = [other for other in beside if candidates[other]]
    return bool(beside) and not any(
        place + other - number in candidates[other] for place in candidates[number] for other in beside
    )


def _adjacent(one: Word, following: Word) -> bool:
    return one.end == following.start and len(one.text) == len(following.text) == 1


@lru_cache(maxsize=10_000)
def _is_cjk(sign: str) -> bool:
    return any(low <= sign <= high for low, high in _RANGES)


_RANGES = [(part[0], part[2]) for part in (CJK[at : at + 3] for at in range(0, len(CJK), 3))]
