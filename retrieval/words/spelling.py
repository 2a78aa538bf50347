"""The words of a question as the documents spell them.

A word is corrected only if neither the documents that the asker may read nor the embedder know it, and only
to a word of those documents. The best correction is the one that is cheap and frequent: Kernighan, Church
and Gale, "A Spelling Correction Program Based on a Noisy Channel Model" (1990).
"""

import math
import unicodedata
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from core.text.identifiers import is_inside, quoted_spans
from core.text.language import TOKEN, cjk_share, stem
from core.values.search import AccessScope
from retrieval.index import LexicalIndex
from retrieval.words.edit_costs import cost

# Shorter words are abbreviations as often as errors. A longer word may differ more.
_SHORTEST = 4
_MOST_COST = ((9, 2.0), (7, 1.5), (6, 1.0), (_SHORTEST, 0.8))
# A capitalized word inside a sentence may be a name, which one letter makes another.
_NAME_LENGTH, _NAME_COUNT, _NAME_COST = 6, 3, 0.8
# A word in one of so many chunks is common: any one letter of it may be wrong.
_COMMON, _COMMON_COST = 100, 1.0
# A word of which the documents have another form is less likely misspelled.
_FORM_COST, _FORM_COUNT = 0.8, 3
# How many times rarer a word may be that costs 1 less, as a natural logarithm.
_RARER = 14.0
_LEAST_PART, _MISSING_SPACE = 3, 0.75
# Words that differ by more are not compared.
_OTHER_LENGTH, _OTHER_LETTERS = 3, 4
_INFLECTIONS = (
    ("s", ""),
    ("es", ""),
    ("ed", ""),
    ("ed", "e"),
    ("er", ""),
    ("ing", ""),
    ("ing", "e"),
    ("ly", ""),
)
# Other beginnings of words that sound alike.
_SAME_BEGINNING = {"f": ("ph",), "k": ("c",), "c": ("k",), "n": ("kn",), "r": ("wr",), "s": ("c",)}

Knows = Callable[[str], bool]
"""Returns whether a word is known beside the documents."""


@dataclass(frozen=True, slots=True)
class _Word:
    start: int
    end: int
    written: str
    is_name: bool

    @property
    def folded(self) -> str:
        return unicodedata.normalize("NFKC", self.written).casefold()


class Speller:
    """The words of the documents that one asker may read, and those that everybody knows."""

    def __init__(self, lexical: LexicalIndex, scope: AccessScope, knows: Knows) -> None:
        self._lexical = lexical
        self._scope = scope
        self._knows = knows

    def respelled(self, question: str) -> str:
        """Return a question with its misspelled words corrected; as it is if it has none.

        Identifiers, abbreviations and quoted phrases stay as they are. A question of which more words are
        unknown than can be corrected is in another language, and stays as it is too.
        """
        unknown = [one for one in _words(question) if not self._is_known(one.folded)]
        found = [(one, self._correction(one)) for one in unknown]
        corrected = [(one, meant) for one, meant in found if meant]
        foreign = [one for one, meant in found if not meant and not self._has_stem(one.folded)]
        if len(corrected) < len(foreign):
            return question
        for one, meant in reversed(corrected):
            question = question[: one.start] + _in_case(one.written, meant) + question[one.end :]
        return question

    def _is_known(self, word: str) -> bool:
        bases = [word[: -len(end)] + new for end, new in _INFLECTIONS if word.endswith(end)]
        forms = [word, *(base for base in bases if len(base) >= _SHORTEST)]
        return any(map(self._knows, forms)) or any(map(self._count, forms))

    def _correction(self, one: _Word) -> str:
        """Return what a word is meant to be; empty if no word of the documents is near enough."""
        scores: dict[str, float] = {}
        for beginnings in _beginnings(one.folded):
            scores = scores or dict(self._scored(one, beginnings))
        if not one.is_name and not self._has_stem(one.folded):
            scores.update(self._apart(one.folded))
        return max(scores, key=lambda meant: scores[meant], default="")

    def _scored(self, one: _Word, beginnings: tuple[str, ...]) -> Iterator[tuple[str, float]]:
        """Yield the words that are near enough, and how likely each is meant."""
        word, common = one.folded, self._lexical.frequencies([], self._scope)[0] / _COMMON
        of_stem = self._has_stem(word)
        for meant, count in self._near(word, beginnings):
            limit = _limit(one, meant, count)
            if of_stem and stem(meant) != stem(word):
                limit = min(limit, _FORM_COST) if count >= _FORM_COUNT else 0.0
            elif count > common and not one.is_name:
                limit = max(limit, _COMMON_COST)
            costs = cost(word, meant, limit)
            if costs <= limit:
                yield meant, math.log(count) - _RARER * costs

    def _near(self, word: str, beginnings: tuple[str, ...]) -> Iterator[tuple[str, int]]:
        """Yield words of about the same length and letters, with their counts."""
        letters = set(word)
        for beginning in dict.fromkeys(beginnings):
            for meant, count in self._lexical.spellings(beginning, self._scope).items():
                alike = len(letters.symmetric_difference(meant)) <= _OTHER_LETTERS
                if alike and abs(len(meant) - len(word)) <= _OTHER_LENGTH:
                    yield meant, count

    def _apart(self, word: str) -> Iterator[tuple[str, float]]:
        """Yield the word as two words of the documents; the rarer one decides how likely they are meant."""
        for cut in range(_LEAST_PART, len(word) - _LEAST_PART + 1):
            parts = word[:cut], word[cut:]
            count = min(map(self._count, parts))
            if count:
                yield " ".join(parts), math.log(count) - _RARER * _MISSING_SPACE

    def _count(self, word: str) -> int:
        return self._lexical.spellings(word, self._scope).get(word, 0)

    def _has_stem(self, word: str) -> bool:
        """Return whether the documents have another form of a word."""
        return self._lexical.frequencies([stem(word)], self._scope)[1] != [0]


def _words(question: str) -> Iterator[_Word]:
    """Yield the words of a question that could be misspelled."""
    kept = quoted_spans(question)
    for match in TOKEN.finditer(question):
        start, end, written = *match.span(), match.group()
        if len(written) < _SHORTEST or is_inside(start, kept) or not written.isalpha() or cjk_share(written):
            continue
        if written[1:] == written[1:].lower() and question[end : end + 1] not in ("'", "’"):
            begins = not question[:start].strip() or question[:start].rstrip()[-1] in ".?!:"
            yield _Word(start, end, written, written[0].isupper() and not begins)


def _limit(one: _Word, meant: str, count: int) -> float:
    """Return the most that a word may cost: less for a short one, and for what may be a name."""
    most = next(most for length, most in _MOST_COST if len(one.folded) >= length)
    if not one.is_name:
        return most
    likely = len(meant) >= _NAME_LENGTH and count >= _NAME_COUNT and one.folded[0] == meant[0]
    return min(most, _NAME_COST) if likely else 0.0


def _beginnings(word: str) -> Iterator[tuple[str, ...]]:
    """Yield the beginnings of what a word could be meant to be, the likeliest first."""
    yield word[:2], word[1::-1], word[0] + word[2]
    yield word[:1], word[1:2], *_SAME_BEGINNING.get(word[0], ())


def _in_case(written: str, meant: str) -> str:
    return meant.capitalize() if written[0].isupper() else meant
