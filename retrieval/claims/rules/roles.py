"""Who does what to whom: words that have changed places, and names that belong to something else."""

import re
from collections.abc import Sequence
from itertools import combinations

from core.reading.alignment import Alignment, Pair
from core.reading.values import Reading, Word

_PREPOSITION = re.compile(
    r"(?<![\w'])(to|into|onto|from|off|with|by|than|instead of|for|against|over|under|above|below|before"
    r"|after)"
    r"((?: [\w'-]+){0,3}?) ?$"
)
_PASSIVE = re.compile(r"\b(?:is|are|was|were|be|been|being)\b|被|由|受")
_LIST = re.compile(r",|\band\b|\bor\b|、|和|与|或")


def swapped_roles(alignment: Alignment) -> bool:
    """Return whether two words of a clause have exchanged their roles: `water to acid`, `acid to water`."""
    claim, source = alignment.claim, alignment.source
    roles = [
        (pair, _governor(claim, pair.claimed), _governor(source, pair.source)) for pair in alignment.pairs
    ]
    for (one, here, there), (other, here_too, there_too) in combinations(roles, 2):
        exchanged = here != here_too and (here, here_too) == (there_too, there)
        if exchanged and not one.source.senses & other.source.senses and _near(alignment, one, other):
            return True
    if any(_reversed(alignment, place) for place in range(len(alignment.pairs) - 2)):
        return True
    names = [pair for pair in alignment.pairs if pair.claimed.name]
    return any(_exchanged(alignment, one, other) for one, other in combinations(names, 2))


def _exchanged(alignment: Alignment, one: Pair, other: Pair) -> bool:
    """Return whether two names stand in the other order around the same word."""
    if one.source.start <= other.source.start or not _near(alignment, one, other):
        return False
    between = [
        pair
        for pair in alignment.pairs
        if one.claimed.start < pair.claimed.start < other.claimed.start
        and other.source.start < pair.source.start < one.source.start
    ]
    claimed = alignment.claim.text[one.claimed.start : other.claimed.end]
    cited = alignment.source.text[other.source.start : one.source.end]
    if not between or _LIST.search(claimed) or _LIST.search(cited):
        return False
    return bool(_PASSIVE.search(claimed)) == bool(_PASSIVE.search(cited))


def _near(alignment: Alignment, one: Pair, other: Pair) -> bool:
    claim, source = alignment.claim, alignment.source
    return claim.same_clause(one.claimed.start, other.claimed.start) and source.same_clause(
        one.source.start, other.source.start
    )


def _governor(reading: Reading, word: Word) -> str:
    """Return the preposition before a word, with at most three words between; empty without one."""
    begin = max((place + 1 for place in reading.breaks if place < word.start), default=0)
    between = [other for other in reading.words if begin <= other.start < word.start]
    start = between[-1].end if between else begin
    found = _PREPOSITION.search(reading.text[max(start - 1, begin) : word.start])
    return found[1] if found else ""


def _reversed(alignment: Alignment, place: int) -> bool:
    """Return whether three words in a row stand in the source in the reverse order, with nothing between."""
    triple = alignment.pairs[place : place + 3]
    ordered = sorted(triple, key=lambda pair: pair.source.start)
    if [*triple] != ordered[::-1] or not _adjoining(alignment.claim, [pair.claimed for pair in triple]):
        return False
    if not _adjoining(alignment.source, [pair.source for pair in ordered]):
        return False
    claimed = alignment.claim.text[triple[0].claimed.start : triple[2].claimed.end]
    cited = alignment.source.text[ordered[0].source.start : ordered[2].source.end]
    if _LIST.search(claimed) or _LIST.search(cited):
        return False
    governed = {_governor(alignment.claim, pair.claimed) for pair in triple}
    return governed == {""} and bool(_PASSIVE.search(claimed)) == bool(_PASSIVE.search(cited))


def _adjoining(reading: Reading, words: Sequence[Word]) -> bool:
    starts = [word.start for word in reading.words]
    places = [starts.index(word.start) for word in words]
    return places == list(range(places[0], places[0] + len(places))) and reading.same_clause(
        words[0].start, words[-1].start
    )


def name_of_another(alignment: Alignment) -> bool:
    """Return whether a name stands where its source names something else.

    The claim's words stand mostly in one sentence of the source. A name from another sentence is of another
    thing if that sentence has a name of its own, which the claim leaves out.
    """
    source = alignment.source
    names = [pair for pair in alignment.pairs if pair.claimed.name]
    common = [pair for pair in alignment.pairs if not pair.claimed.name]
    if not names or not common:
        return False
    counts = [source.sentence_of(pair.source.start) for pair in common]
    main = max(sorted(set(counts)), key=counts.count)
    own = {pair.source.start for pair in names}
    left_out = [
        word
        for word in source.words
        if word.name and any(map(str.isdigit, word.text)) and source.sentence_of(word.start) == main
        and word.start not in own
    ]  # fmt: skip
    foreign = [
        pair
        for pair in names
        if source.sentence_of(pair.source.start) != main and any(map(str.isdigit, pair.claimed.text))
    ]
    return bool(foreign and left_out)
