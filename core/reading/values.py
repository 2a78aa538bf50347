"""What a sentence is read into: its words, quantities and the stretches that an operator governs."""

from dataclasses import dataclass
from enum import StrEnum
from fractions import Fraction


class Kind(StrEnum):
    """What an operator does to the text that it governs."""

    STANCE = "stance"
    """Negates or obliges, as `must not`; the value is a `Stance`."""
    CONDITION = "condition"
    """Makes the rest depend on it, as `if`."""
    LATER = "later"
    """Says that the rest comes first, as `before`."""
    EARLIER = "earlier"
    """Says that the rest comes afterwards, as `after`."""
    ABSENCE = "absence"
    """Says that something is not there, as `without`."""
    QUANTIFIER = "quantifier"
    """Says of how many it holds; the value is a `Share`."""


class Stance(StrEnum):
    """Whether something is so, or has to be so."""

    PLAIN = "plain"
    NOT = "not"
    MUST = "must"
    OUGHT = "ought"
    """A duty whose strength is open, as 应."""
    MUST_NOT = "must not"
    SHOULD = "should"
    SHOULD_NOT = "should not"
    MAY = "may"
    CAN = "can"
    NEED_NOT = "need not"


class Share(StrEnum):
    """Of how many something holds."""

    BARE = ""
    ALL = "all"
    MOST = "most"
    SOME = "some"
    FEW = "few"
    ONLY = "only"


class Bound(StrEnum):
    """How a quantity is meant."""

    EXACT = "="
    ABOUT = "~"
    AT_LEAST = ">="
    OVER = ">"
    AT_MOST = "<="
    UNDER = "<"


@dataclass(frozen=True, slots=True, kw_only=True)
class Word:
    """A word that carries content. Offsets count characters of the reading's text."""

    start: int
    end: int
    text: str
    """Case-folded."""
    senses: frozenset[str]
    """Its stem, and the names of the groups of synonyms that it belongs to."""
    name: bool = False
    """Whether it is an identifier or is written like a name."""
    vague: bool = False
    """Whether a sentence may add it to what its source says."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Quantity:
    """A number with its unit, in the base unit of its dimension."""

    start: int
    end: int
    value: Fraction
    dimension: str
    """Such as `time`; empty for a bare number."""
    bound: Bound = Bound.EXACT


@dataclass(frozen=True, slots=True, kw_only=True)
class Scope:
    """The stretch of text that an operator governs, as half-open offsets."""

    kind: Kind
    value: str
    start: int
    end: int

    def covers(self, offset: int) -> bool:
        """Return whether `offset` lies inside."""
        return self.start <= offset < self.end


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """A text as the rules see it."""

    text: str
    """Normalized: NFKC, case-folded, plain hyphens and apostrophes."""
    words: tuple[Word, ...]
    quantities: tuple[Quantity, ...]
    scopes: tuple[Scope, ...]
    sentences: tuple[tuple[int, int], ...]
    """Half-open offsets."""
    breaks: tuple[int, ...]
    """Offsets at which a clause ends, ascending."""

    def places_in(self, scope: Scope) -> list[int]:
        """Return the offsets of the words and quantities that an operator governs, in order."""
        starts = [*(word.start for word in self.words), *(one.start for one in self.quantities)]
        return sorted(start for start in starts if scope.covers(start))

    def scopes_of(self, kind: Kind) -> tuple[Scope, ...]:
        """Return the scopes of one kind, in order."""
        return tuple(scope for scope in self.scopes if scope.kind is kind)

    def sentence_of(self, offset: int) -> int:
        """Return the number of the sentence at `offset`; the last one that begins before it."""
        begun = [number for number, (start, _) in enumerate(self.sentences) if start <= offset]
        return begun[-1] if begun else 0

    def same_clause(self, one: int, other: int) -> bool:
        """Return whether no clause ends between two offsets."""
        low, high = sorted((one, other))
        return not any(low <= place < high for place in self.breaks)
