"""Generated manuals of things that are like each other: models, versions, fault codes, and rules.

A manual is about four things of one kind, of which each has a value of its own for four properties. Which
one a value belongs to is said only by the place where it stands. The same number makes the same manual.
"""

import itertools
import random
from collections.abc import Iterator
from dataclasses import dataclass

from benchmarks.neighbours.words import WORDS, Property, Words

KINDS = ("model", "version", "code", "rule")
_THINGS = 4
_PROPERTIES = 4
_VERSIONS = ((2, 1), (2, 2), (2, 10), (3, 1), (3, 2))
# How far a number is behind that of the thing before: near ones differ in their last digit.
_STEPS = (10, 20, 30)
_RANGE = 4
_SYLLABLES = ("le", "dra", "to", "vik", "mo", "ran", "pe", "sul", "ga", "nor", "ti", "bex")


@dataclass(frozen=True, slots=True)
class Thing:
    """One of the things that a manual is about."""

    shown: str
    """Its name in the manual, such as `M30`, or a range that it is in, such as `M30 to M33`."""
    asked: str
    """Its name in a question."""
    values: dict[str, str]
    """The value of each property by the property's label."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Manual:
    """What a manual says, before it has a layout."""

    language: str
    title: str
    noun: str
    """What its things are, such as `Mixer` or `Version`."""
    called: str
    """How a question calls a thing; with `{}` for the thing's name."""
    properties: tuple[Property, ...]
    things: tuple[Thing, ...]
    absent: str
    """The name of a thing like the others that the manual does not contain."""

    @property
    def words(self) -> Words:
        """The words of its language."""
        return WORDS[self.language]


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """A question with the value that is right and those of neighbours."""

    question: str
    right: str
    """Empty if the manual has no answer."""
    wrong: tuple[tuple[str, str], ...]
    """Neighbours' values, each with its neighbour's name as the manual shows it."""
    name: str = ""
    """The name of what is asked for, as the manual shows it; empty if the manual has no answer."""
    contrary: str = ""
    """What the contrary rule says of the same thing; wrong only where `right` is not said."""


def manual(number: int, kind: str, language: str, ranges: bool = False) -> Manual:
    """Return the manual of a number. With `ranges`, its things are named by ranges of numbers."""
    chance = random.Random(f"{number} {kind} {language}")
    words = WORDS[language]
    properties = _properties(words, kind, chance)
    columns = {one.label: chance.sample(one.values, _THINGS) for one in properties}
    name = _coined(number)
    if kind == "version":
        names, noun = _versions(ranges, words.to), words.version
        title, called = words.version_title.format(name.title()), words.version_of.format(name.title())
    else:
        names = _numbers(name[:2].upper(), "-" if kind == "code" else "", chance, words.to if ranges else "")
        machine = words.machines[number % len(words.machines)]
        noun = words.code if kind == "code" else machine
        title = (
            words.code_title.format(name.title())
            if kind == "code"
            else words.machine_title.format(machine, name.title())
        )
        called = f"{noun} {{}}"
    things = tuple(
        Thing(shown, asked, {label: column[place] for label, column in columns.items()})
        for place, (shown, asked) in enumerate(names[:_THINGS])
    )
    return Manual(
        language=language,
        title=title,
        noun=noun,
        called=called,
        properties=properties,
        things=things,
        absent=names[_THINGS][1],
    )


def questions(of: Manual, count: int) -> Iterator[Asked]:
    """Yield `count` questions about the manual, and one about what it does not contain."""
    chance = random.Random(f"{of.title} {of.absent}")
    for thing, one in chance.sample(list(itertools.product(of.things, of.properties)), count):
        others = [other for other in of.things if other is not thing]
        labels = [label for label in (one.label, one.opposite) if label]
        yield Asked(
            question=_asked(of, one, thing.asked, chance),
            right=thing.values[one.label],
            wrong=tuple((other.shown, other.values[label]) for other in others for label in labels),
            name=thing.shown,
            contrary=thing.values[one.opposite] if one.opposite else "",
        )
    one = chance.choice(of.properties)
    wrong = tuple((thing.shown, thing.values[one.label]) for thing in of.things)
    yield Asked(question=_asked(of, one, of.absent, chance), right="", wrong=wrong)


def _asked(of: Manual, one: Property, name: str, chance: random.Random) -> str:
    return chance.choice(one.questions).format(of.called.format(name))


def _properties(words: Words, kind: str, chance: random.Random) -> tuple[Property, ...]:
    if kind == "rule":
        return words.rules
    of = words.limits if kind == "code" else words.measures
    return tuple(chance.sample(of, _PROPERTIES))


def _coined(number: int) -> str:
    """Return a name that no other number has, its first two letters included for some hundred numbers."""
    first, second = divmod(number, len(_SYLLABLES))
    letters = chr(ord("a") + number % 26) + chr(ord("a") + number // 26 % 26)
    return letters + _SYLLABLES[second] + _SYLLABLES[first % len(_SYLLABLES)]


def _numbers(prefix: str, joint: str, chance: random.Random, to: str) -> list[tuple[str, str]]:
    """Return names such as M30 as shown and as asked for; with `to`, as shown they are ranges."""
    number, names = chance.randrange(10, 30) * 10, []
    for _ in range(_THINGS + 1):
        first, last, inside = (f"{prefix}{joint}{number + step}" for step in (0, _RANGE, _RANGE // 2))
        names.append((f"{first} {to} {last}", inside) if to else (first, first))
        number += chance.choice(_STEPS)
    chance.shuffle(names)
    return names


def _versions(ranges: bool, to: str) -> list[tuple[str, str]]:
    """Return version numbers as shown and as asked for."""
    if not ranges:
        return [(f"{major}.{minor}", f"{major}.{minor}") for major, minor in _VERSIONS]
    return [(f"{major}.1 {to} {major}.{_RANGE}", f"{major}.{_RANGE // 2}") for major in range(2, 7)]
