"""A sentence of a document beside a question for yes or no: which of the question's words it has."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property

from core.reading.alignment import Alignment, Pair
from core.reading.values import Kind, Quantity, Reading, Scope, Word
from core.text.language import cjk_share
from llm.extractive.verdicts.questions import APART, Whether

Weigh = Callable[[Word], float]
"""Returns how much a word of the question counts."""

# A vague word counts so much of its weight.
_VAGUE = 0.3
# Words for a person in a question: the sentence may name others.
_PEOPLE = frozenset(
    "colleague colleagues employee employees worker workers staff somebody someone anybody anyone".split()
)
# The least share of what a question tells that a sentence must speak of, and that a yes must speak of if the
# statement itself has a single word.
_TOLD, _TOLD_ALL = 0.2, 0.6


# More than ten methods: one for each view of a sentence beside a question that the rules share.
@dataclass(frozen=True, kw_only=True)
class Beside:
    """One sentence beside a question."""

    asked: Whether
    alignment: Alignment
    """Of the statement with the text."""
    story: Alignment
    """Of what is told beside the statement."""
    number: int
    """The 0-based number of the sentence in its text."""
    weigh: Weigh

    @property
    def said(self) -> Reading:
        """The text that the sentence stands in."""
        return self.alignment.source

    @property
    def start(self) -> int:
        """Where the sentence begins in the text."""
        return self.said.sentences[self.number][0]

    @property
    def end(self) -> int:
        """The offset behind the sentence."""
        return self.said.sentences[self.number][1]

    @property
    def sentence(self) -> str:
        """The sentence."""
        return self.said.text[self.start : self.end]

    @cached_property
    def pairs(self) -> tuple[Pair, ...]:
        """The words of the statement that the sentence has."""
        words = set(self.asked.words)
        return tuple(pair for pair in self._here(self.alignment) if pair.claimed in words)

    @cached_property
    def main(self) -> tuple[Pair, ...]:
        """Those that do not belong to a circumstance of the sentence."""
        return tuple(pair for pair in self.pairs if not self.said_apart(pair.source.start))

    @cached_property
    def told(self) -> tuple[tuple[Pair, Reading], ...]:
        """All words in common, each with the part of the question that it stands in."""
        of_statement = ((pair, self.asked.statement) for pair in self._here(self.alignment))
        return (*of_statement, *((pair, self.asked.story) for pair in self._here(self.story)))

    @cached_property
    def held(self) -> frozenset[Word]:
        """The words of the statement that the sentence or a heading above it has."""
        words = set(self.asked.words)
        headed = (word for word in self.alignment.headed if word in words)
        return frozenset((*(pair.claimed for pair in self.pairs), *headed))

    @property
    def covered(self) -> float:
        """The share of the question that the sentence or its headings have, 0..1."""
        return self.share(self.held)

    @property
    def lacking(self) -> float:
        """The share of the weightiest word that neither has."""
        return max((self.share([word]) for word in self.asked.words if word not in self.held), default=0.0)

    @property
    def amounts(self) -> tuple[Quantity, ...]:
        """The quantities of the question."""
        return (*self.asked.statement.quantities, *self.asked.story.quantities)

    def share(self, words: Iterable[Word]) -> float:
        """Return the share of the statement that some of its words make up, 0..1."""
        total = sum(map(self._weight, self.asked.words))
        return sum(map(self._weight, words)) / total if total else 0.0

    def scopes(self, *kinds: Kind) -> list[Scope]:
        """Return the operators of the sentence of some kinds; an empty one stands behind its words."""
        return [
            scope
            for scope in self.said.scopes
            if scope.kind in kinds and (self._inside(scope.start) or self._inside(scope.end - 1))
        ]

    def said_apart(self, offset: int) -> bool:
        """Return whether the word at an offset of the text belongs to what the rest depends on."""
        return any(scope.kind in APART and scope.covers(offset) for scope in self.said.scopes)

    def names_all(self) -> bool:
        """Return whether the sentence and its headings have each name of the statement."""
        cjk = cjk_share(self.asked.statement.text) > 0
        lacking = [word for word in self.asked.words if word not in self.held]
        return not any(word.name or (cjk and word.text.isascii()) for word in lacking)

    def speaks_of_it(self) -> bool:
        """Return whether the sentence is about what is told, if the statement names hardly anything."""
        if len(_content(self.asked.words)) > 1:
            return True
        told = _content(self.asked.story.words)
        return self._told_share(told) >= _TOLD if told else bool(self._circumstances())

    def speaks_of_all(self) -> bool:
        """Return whether it speaks of the circumstances that the question names."""
        told = _content((*self._circumstances(), *self.asked.story.words))
        single = len(_content(self.asked.words)) < 2
        return not told or self._told_share(told) >= (_TOLD_ALL if single else _TOLD)

    def _told_share(self, told: Sequence[Word]) -> float:
        held = {pair.claimed for pair, _ in self.told} | set(self.story.headed)
        return sum(word in held for word in told) / len(told)

    def _circumstances(self) -> list[Word]:
        words = set(self.asked.words)
        return [word for word in self.asked.statement.words if word not in words]

    def _here(self, alignment: Alignment) -> Iterable[Pair]:
        return (pair for pair in alignment.pairs if self._inside(pair.source.start))

    def _inside(self, offset: int) -> bool:
        return self.start <= offset < self.end

    def _weight(self, word: Word) -> float:
        return self.weigh(word) * (_VAGUE if word.vague or word.text in _PEOPLE else 1.0)


def _content(words: Iterable[Word]) -> list[Word]:
    return [word for word in words if not word.vague]
