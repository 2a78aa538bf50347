"""The words of the language files, looked up by stem or by characters."""

import re
from collections import defaultdict
from functools import cache, lru_cache

from core.reading.lexicon import chinese, english
from core.reading.quantities.units import UNIT_NAMES
from core.text.language import terms

_PREFIXES = ("un", "non", "non-", "in", "im", "ir", "il", "dis", "de-", "mis")
_SHORTEST_BASE = 4
# Two forms of one word share this many characters at the beginning, and differ in at most so many at the end.
_SHARED, _ENDING = 5, 3


@lru_cache(maxsize=50_000)
def stem(word: str) -> str:
    """Return the stem of a case-folded word; of a stop word or a short word, the word."""
    for british, american in _SPELLINGS:
        word = british.sub(american, word)
    if _RECEIVES.fullmatch(word):
        return word.removesuffix("s")  # an employee is no employer, though their stems are one
    found = terms(word) if word.isalpha() and len(word) > 2 else []
    return _IRREGULAR.get(word) or (found[0] if len(found) == 1 else word)


@lru_cache(maxsize=50_000)
def senses(word: str) -> frozenset[str]:
    """Return the stem of a word and the groups of synonyms that it belongs to."""
    return frozenset({stem(word), *_groups().get(stem(word), ())})


@lru_cache(maxsize=50_000)
def agree(one: frozenset[str], other: frozenset[str]) -> bool:
    """Return whether two words may mean the same: equal, synonyms, or two forms of one word."""
    return bool(one & other) or any(_akin(left, right) for left in one for right in other)


@lru_cache(maxsize=50_000)
def opposite(one: str, other: str) -> bool:
    """Return whether two words exclude each other: `open` and `closed`, `used` and `unused`."""
    left, right = stem(one), stem(other)
    sides = _opposites()
    if any((line, not side) in sides.get(right, ()) for line, side in sides.get(left, ())):
        return True
    return _negated(one, other) or _negated(other, one)


def _negated(word: str, base: str) -> bool:
    for prefix in _PREFIXES:
        rest = word.removeprefix(prefix)
        if rest != word and len(rest) >= _SHORTEST_BASE and stem(rest.lstrip("-")) == stem(base):
            return True
    return word.endswith("less") and word.removesuffix("less") == base


def _akin(left: str, right: str) -> bool:
    short, long = sorted((left, right), key=len)
    if len(short) < _SHARED or not short.isascii() or not short.isalpha() or long.endswith(("less", "ee")):
        return False
    return long.startswith(short) and len(long) - len(short) <= _ENDING


@cache
def _groups() -> dict[str, set[str]]:
    found: dict[str, set[str]] = defaultdict(set)
    groups = f"{english.SYNONYMS};{chinese.SYNONYMS}".split(";")
    groups += [" ".join(names) for names in UNIT_NAMES]
    for number, group in enumerate(groups):
        for word in group.split():
            found[stem(word)].add(f"#{number}")
    return dict(found)


@cache
def _opposites() -> dict[str, set[tuple[int, bool]]]:
    found: dict[str, set[tuple[int, bool]]] = defaultdict(set)
    both = f"{english.OPPOSITES};{chinese.OPPOSITES}".split(";")
    for number, line in enumerate(both):
        for side, words in enumerate(line.split(":")):
            for word in words.split():
                found[stem(word)].add((number, bool(side)))
    return dict(found)


@cache
def chinese_vocabulary() -> tuple[frozenset[str], int]:
    """Return the Chinese words of synonyms and opposites, and the length of the longest."""
    listed = re.split(r"[\s;:]+", f"{chinese.SYNONYMS};{chinese.OPPOSITES}")
    known = frozenset(word for word in listed if len(word) > 1) | chinese.VAGUE
    return known, max(map(len, known))


_RECEIVES = re.compile(r"[a-z]{4,}ees?")
# British spelling is read as American.
_SPELLINGS = tuple(
    (re.compile(british), american)
    for british, american in (
        (r"(?<=[a-z]{3})is(?=(?:e|ed|es|er|ers|ing|ation|ations)$)", "iz"),
        (r"(?<=[a-z]{2}[lbvd])our(?=s?$|ed$|ing$|ful$|able$|it)", "or"),
        (r"(?<=[aeiou]l)l(?=ed$|ing$|er$)", ""),
        (r"(?<=[tb])re(?=s?$)", "er"),
        (r"(?<=[a-z]ly)s(?=e|ing)", "z"),
    )
)
# Forms that the stemmer does not bring together.
_IRREGULAR = {
    form: base
    for base, *forms in (
        line.split()
        for line in """
        wrote write wrote written writing
        run ran running runs
        sing sang sung
        buy bought
        sell sold
        send sent
        build built
        hold held
        find found
        win won
        lose lost
        know knew known
        grow grew grown
        begin began begun beginning
        fall fell fallen
        rise rose risen
        speak spoke spoken
        break broke broken
        choose chose chosen
        teach taught
        think thought
        bring brought
        leave left
        lead led
        meet met
        pay paid
        wear wore worn
        drive drove driven
        child children
        man men
        woman women
        foot feet
        tooth teeth
        expire expiry expiration expires expired
        die died death dead
        safe safety safely
        close closure
        approve approval
        remove removal
        arrive arrival
        refuse refusal
        register registration registered
        lie lay lain
        shut shutting
        """.strip().splitlines()
    )
    for form in forms
    if form != "left"
}
