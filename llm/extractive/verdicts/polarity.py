"""Whether a sentence says that what is asked about is so, must be, may be, or not."""

import re
from collections.abc import Sequence

from core.reading.stances import NEGATIVE, stance_at
from core.reading.values import Kind, Scope, Stance, Word
from llm.extractive.verdicts.beside import Beside

# The least share of the question in front of an operator that with only a vague word: "it must not be used".
_IN_FRONT = 0.75
# An operator is about the question if the question has this share of what it governs, or this share with the
# first word, mostly a verb.
_MEANT, _MEANT_WITH_HEAD = 0.75, 0.5
# A sentence misses something if it lacks a word of at least this share, and has another in its place.
_MISSES = 0.15
# "It is not required to …": what is not required stands in front.
_PARTICIPLE = re.compile(
    r"\b(?:required|necessary|needed|mandatory|allowed|permitted|possible|supported|available)(?: to)?\s*$"
)
_OTHERWISE = re.compile(r"\b(?:otherwise|or else)\b|否则|不然")
# Verbs that only say that something can be, or has to be.
_ENABLES = frozenset(
    "support supports supported allow allows provide provides enable enables require requires required need "
    "needs needed 支持 提供 能够".split()
)


def stance_of(one: Beside) -> Stance | None:
    """Return the stance of what is asked about; None if the sentence says two things of it, or of another."""
    places, of_another = _places(one), False
    for scope in _stances(one):
        if scope.value not in (*NEGATIVE, Stance.NEED_NOT):
            continue
        governed = _governed(one, scope)
        if not any(word.start in places for word in governed):
            continue
        if _is_meant(one, scope, governed, places) and not _is_of_another(one, scope, places):
            return _stance(one, scope, places)
        of_another = True
    return None if of_another or _is_denied_elsewhere(one) else _positive(one)


def _positive(one: Beside) -> Stance:
    starts = [pair.source.start for pair in one.main]
    touched = [scope for scope in _stances(one) if any(map(scope.covers, starts))]
    if not touched:
        return Stance.PLAIN
    best = max(touched, key=lambda scope: sum(map(scope.covers, starts)))
    return stance_at(one.said, min(filter(best.covers, starts)))


def _stance(one: Beside, scope: Scope, places: set[int]) -> Stance:
    inside = [place for place in sorted(places) if scope.covers(place)]
    return stance_at(one.said, inside[0]) if inside else Stance(scope.value)


def _stances(one: Beside) -> list[Scope]:
    """Return the operators of stance outside circumstances, and not of what follows if it is not done."""
    otherwise = _OTHERWISE.search(one.said.text, one.start, one.end)
    last = otherwise.start() if otherwise else one.end
    return [
        scope for scope in one.scopes(Kind.STANCE) if scope.start <= last and not one.said_apart(scope.start)
    ]


def _places(one: Beside) -> set[int]:
    """Return where the text has the words that are asked about, each in every place."""
    asked = frozenset[str]().union(*(pair.claimed.senses for pair in one.main))
    same = {word.start for word in one.said.words if asked & word.senses}
    return same | {pair.source.start for pair in one.main}


def _is_meant(one: Beside, scope: Scope, governed: Sequence[Word], places: set[int]) -> bool:
    if all(word.vague for word in governed if scope.covers(word.start)):
        before = {pair.claimed for pair in one.pairs if pair.source.start < scope.start}
        headed = one.held - {pair.claimed for pair in one.pairs}
        return one.share(before | headed) >= _IN_FRONT
    content = [word for word in governed if not word.vague and word.text not in _ENABLES] or governed
    share = sum(word.start in places for word in content) / len(content)
    return share > _MEANT or (share >= _MEANT_WITH_HEAD and content[0].start in places)


def _is_of_another(one: Beside, scope: Scope, places: set[int]) -> bool:
    """Return whether what an operator governs has another subject, or another object, than the question.

    It has another object if it governs a word that is not asked about, and not one that is.
    """
    begin = max((place for place in one.said.breaks if one.start <= place < scope.start), default=one.start)
    subject = [
        word
        for word in one.said.words
        if begin <= word.start < scope.start and not word.vague and not one.said_apart(word.start)
    ]
    if subject and not any(word.start in places for word in subject):
        return True
    governed = [word for word in one.said.words if scope.covers(word.start) and not word.vague]
    elsewhere = [pair for pair in one.main if pair.source.start >= scope.end]
    missing = [word for word in governed if word.start not in places and word.text not in _ENABLES]
    return bool(missing) and (bool(elsewhere) or one.lacking >= _MISSES)


def _governed(one: Beside, scope: Scope) -> Sequence[Word]:
    """Return the words that an operator says something of: of a participle, its subject too."""
    inside = _first_of(one, scope)
    participle = _PARTICIPLE.search(one.said.text[: scope.start])
    if any(not word.vague for word in inside) and not participle:
        return inside
    begin = one.start
    if not inside or participle:
        begin = max((place for place in one.said.breaks if begin <= place < scope.start), default=begin)
    return [word for word in one.said.words if begin <= word.start < scope.start] or inside


def _first_of(one: Beside, scope: Scope) -> Sequence[Word]:
    """Return the words behind an operator, up to an `and` that may begin something else."""
    inside = [word for word in one.said.words if scope.covers(word.start)]
    joined = one.said.text.find(" and ", scope.start, scope.end)
    return [word for word in inside if joined < 0 or word.start < joined] or inside


def _is_denied_elsewhere(one: Beside) -> bool:
    """Return whether something that is asked about is denied in another place of the text."""
    words = [word for word in one.asked.statement.words if not word.vague]
    asked = frozenset[str]().union(*(word.senses for word in words))
    denied = [scope for scope in one.said.scopes_of(Kind.STANCE) if scope.value in NEGATIVE]
    return any(
        asked & word.senses and any(scope.covers(word.start) for scope in denied) for word in one.said.words
    )
