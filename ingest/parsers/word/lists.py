"""The numbers that Word puts in front of list items and headings, and the styles that give them."""

from collections import defaultdict
from dataclasses import dataclass, field
from itertools import islice

from ingest.parsers.office.parts import Node, W, is_on, number, value

_DEEPEST = 8
# A longer chain is a style that is based on itself by mistake.
_MAX_BASES = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Style:
    """A style of paragraphs or runs as the file defines it."""

    name: str
    """In lower case."""
    based_on: str
    """The id of the style that it extends, or empty."""
    paragraph: Node | None
    """The properties that it gives to paragraphs."""
    run: Node | None
    """The properties that it gives to runs of text."""


@dataclass(frozen=True, slots=True)
class Level:
    """The numbers of one level of a list."""

    form: str
    """Word's name for the kind of number, such as `lowerRoman`."""
    text: str
    """The marker, with `%1` for the number of the first level."""
    start: int


class Styles:
    """The styles of a document, by id."""

    def __init__(self, root: Node | None) -> None:
        self._styles: dict[str, Style] = {}
        for style in () if root is None else root.iter(f"{W}style"):
            self._styles[value(style, f"{W}styleId")] = Style(
                name=value(style.find(f"{W}name"), f"{W}val").lower(),
                based_on=value(style.find(f"{W}basedOn"), f"{W}val"),
                paragraph=style.find(f"{W}pPr"),
                run=style.find(f"{W}rPr"),
            )

    def chain(self, style_id: str) -> list[Style]:
        """Return a style and those that it is based on, the nearest first."""
        found: list[Style] = []
        while style_id in self._styles and len(found) < _MAX_BASES:
            found.append(self._styles[style_id])
            style_id = found[-1].based_on
        return found

    def heading_level(self, style_id: str, own: Node | None) -> int | None:
        """Return the level 1..6 of a heading, or None for any other paragraph."""
        styles = self.chain(style_id)
        for style in styles:
            if style.name == "title":
                return 1
            if style.name == "subtitle":
                return 2
            if style.name.startswith("heading ") and style.name[8:].isdigit():
                return min(max(int(style.name[8:]), 1), 6)
        for properties in (own, *(style.paragraph for style in styles)):
            outline = None if properties is None else properties.find(f"{W}outlineLvl")
            if outline is not None:
                level = number(value(outline, f"{W}val"), 9)
                return min(level + 1, 6) if level < 9 else None
        return None

    def has(self, sign: str, style_id: str) -> bool:
        """Return whether text of this style has a property such as `w:vanish`."""
        said = (is_on(style.run, sign) for style in self.chain(style_id))
        return next((value for value in said if value is not None), False)

    def list_of(self, style_id: str, own: Node | None) -> tuple[str, int] | None:
        """Return the list and the 0-based level of a paragraph, or None if it is not a list item."""
        list_id = ""
        level = -1
        for properties in (own, *(style.paragraph for style in self.chain(style_id))):
            given = None if properties is None else properties.find(f"{W}numPr")
            if given is None:
                continue
            list_id = list_id or value(given.find(f"{W}numId"), f"{W}val")
            level = number(value(given.find(f"{W}ilvl"), f"{W}val"), -1) if level < 0 else level
        if not list_id or list_id == "0":
            return None
        return list_id, min(max(level, 0), _DEEPEST)


@dataclass
class Numbering:
    """Counts list items; `marker` is called for each in the order of the text."""

    _levels: dict[str, dict[int, Level]] = field(default_factory=dict)
    _abstract: dict[str, str] = field(default_factory=dict)
    _counts: dict[str, list[int | None]] = field(default_factory=lambda: defaultdict(lambda: [None] * 9))

    @classmethod
    def of(cls, root: Node | None) -> "Numbering":
        """Return the numbering that a file defines."""
        made = cls()
        if root is None:
            return made
        abstract = {value(one, f"{W}abstractNumId"): _levels(one) for one in root.iter(f"{W}abstractNum")}
        for one in root.iter(f"{W}num"):
            list_id = value(one, f"{W}numId")
            shared = value(one.find(f"{W}abstractNumId"), f"{W}val")
            overrides = {
                number(value(own, f"{W}ilvl")): _override(own) for own in one.iter(f"{W}lvlOverride")
            }
            levels = dict(abstract.get(shared, {}))
            starts_anew = False
            for at, (level, start) in overrides.items():
                usual = level or levels.get(at)
                if usual is not None:
                    levels[at] = Level(usual.form, usual.text, usual.start if start is None else start)
                starts_anew = starts_anew or start is not None
            made._levels[list_id] = levels
            # Lists of one definition share their count, unless a list gives its own start.
            made._abstract[list_id] = list_id if starts_anew else f"shared {shared}"
        return made

    def marker(self, list_id: str, level: int) -> str:
        """Return the marker of the next item, such as `2.` or `a)`; a bullet's is empty."""
        levels = self._levels.get(list_id, {})
        mine = levels.get(level)
        if mine is None:
            return ""
        counts = self._counts[self._abstract[list_id]]
        counts[level] = mine.start if counts[level] is None else (counts[level] or 0) + 1
        counts[level + 1 :] = [None] * (_DEEPEST - level)
        if mine.form in ("bullet", "none"):
            return ""
        text = mine.text
        for at in range(level + 1):
            above = levels.get(at)
            counted = counts[at] if counts[at] is not None else above.start if above else 1
            text = text.replace(f"%{at + 1}", _spelled(counted or 0, above.form if above else "decimal"))
        return text.strip()


def _levels(parent: Node) -> dict[int, Level]:
    found = {}
    for level in islice(parent.iter(f"{W}lvl"), _DEEPEST + 1):
        found[number(value(level, f"{W}ilvl"))] = _level(level)
    return found


def _level(level: Node) -> Level:
    return Level(
        value(level.find(f"{W}numFmt"), f"{W}val", "decimal"),
        value(level.find(f"{W}lvlText"), f"{W}val"),
        number(value(level.find(f"{W}start"), f"{W}val"), 1),
    )


def _override(own: Node) -> tuple[Level | None, int | None]:
    level, start = own.find(f"{W}lvl"), own.find(f"{W}startOverride")
    return (
        None if level is None else _level(level),
        None if start is None else number(value(start, f"{W}val"), 1),
    )


def _spelled(count: int, form: str) -> str:
    if form in ("lowerLetter", "upperLetter") and count > 0:
        letter = chr(ord("a") + (count - 1) % 26) * ((count - 1) // 26 + 1)
        return letter if form == "lowerLetter" else letter.upper()
    if form in ("lowerRoman", "upperRoman") and 0 < count < 4000:
        return _roman(count) if form == "lowerRoman" else _roman(count).upper()
    return f"{count:02d}" if form == "decimalZero" else str(count)


def _roman(count: int) -> str:
    signs = "m cm d cd c xc l xl x ix v iv i".split()
    values = (1000, 900, 500, 400, 100, 90, 50, 40, 10, 9, 5, 4, 1)
    found = ""
    for sign, worth in zip(signs, values, strict=True):
        found += sign * (count // worth)
        count %= worth
    return found
