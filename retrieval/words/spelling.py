"""The words of a question as the documents spell them.

A word is corrected only if neither the documents that the asker may read nor the embedder know it, and only
to a word of those documents. The best correction is the one that is cheap and frequent: Kernighan, Church
and Gale, "A Spelling Correction Program Based on a Noisy Channel Model" (1990).
"""

import math
import unicodedata
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from core.text.identifiers import quoted_spans
from core.text.language import TOKEN, cjk_share, stem
from core.values.search import AccessScope
from retrieval.index import LexicalIndex
from retrieval.words.edit_costs import cost

# Shorter words are abbreviations as often as errors. A longer word may differ more.
_SHORTEST = 4
_MOST_COST = ((9, 2.0), (7, 1.5), (6, 1.0), (_SHORTEST, 0.75))
# A capitalized word inside a sentence may be a name, which one letter makes another.
_NAME_LENGTH, _NAME_COUNT, _NAME_COST = 6, 3, 0.8
# How many times rarer a word may be that costs 1 less, as a natural logarithm.
_RARER = 3.5
_LEAST_PART, _MISSING_SPACE = 3, 0.75
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


def respelled(question: str, lexical: LexicalIndex, scope: AccessScope, knows: Knows) -> str:
    """Return a question with its misspelled words corrected; as it is if it has none.

    Identifiers, abbreviations and quoted phrases stay as they are. A question of which more words are
    unknown than can be corrected is in another language, and stays as it is too.
    """
    unknown = [one for one in _words(question) if not _is_known(one.folded, lexical, scope, knows)]
    found = [(one, _correction(one, lexical, scope)) for one in unknown]
    found = [(one, meant) for one, meant in found if meant or not _has_stem(one.folded, lexical, scope)]
    corrected = [(one, meant) for one, meant in found if meant]
    if 2 * len(corrected) < len(found):
        return question
    for one, meant in reversed(corrected):
        question = question[: one.start] + _in_case(one.written, meant) + question[one.end :]
    return question


def _words(question: str) -> Iterator[_Word]:
    """Yield the words of a question that could be misspelled."""
    kept = quoted_spans(question)
    for match in TOKEN.finditer(question):
        start, end, written = *match.span(), match.group()
        inside = any(first <= start < last for first, last in kept)
        if len(written) < _SHORTEST or inside or not written.isalpha() or cjk_share(written):
            continue
        if written[1:] == written[1:].lower() and question[end : end + 1] not in ("'", "’"):
            begins = not question[:start].strip() or question[:start].rstrip()[-1] in ".?!:"
            yield _Word(start, end, written, written[0].isupper() and not begins)


def _is_known(word: str, lexical: LexicalIndex, scope: AccessScope, knows: Knows) -> bool:
    bases = [word[: -len(end)] + new for end, new in _INFLECTIONS if word.endswith(end)]
    forms = [word, *(base for base in bases if len(base) >= _SHORTEST)]
    return any(map(knows, forms)) or any(form in lexical.spellings(form, scope) for form in forms)


def _has_stem(word: str, lexical: LexicalIndex, scope: AccessScope) -> bool:
    """Return whether the documents have another form of a word."""
    return lexical.frequencies([stem(word)], scope)[1] != [0]


def _correction(one: _Word, lexical: LexicalIndex, scope: AccessScope) -> str:
    """Return what a word is meant to be; empty if no word of the documents is near enough."""
    word, name = one.folded, one.is_name
    limit = next(most for length, most in _MOST_COST if len(word) >= length)
    if name:
        limit = min(limit, _NAME_COST) if len(word) >= _NAME_LENGTH else 0.0
    of_stem = _has_stem(word, lexical, scope)
    best, found = "", -math.inf
    for beginnings in _beginnings(word):
        for meant, count in _near(word, beginnings, lexical, scope):
            if of_stem and stem(meant) != stem(word):
                continue
            costs = cost(word, meant, limit)
            enough = count >= _NAME_COUNT and word[0] == meant[0] if name else True
            if costs <= limit and enough and math.log(count) - _RARER * costs > found:
                best, found = meant, math.log(count) - _RARER * costs
        if best:
            break
    apart = () if name or of_stem else _apart(word, lexical, scope)
    for parts, count in apart:
        if math.log(count) - _RARER * _MISSING_SPACE > found:
            best, found = parts, math.log(count) - _RARER * _MISSING_SPACE
    return best


def _beginnings(word: str) -> Iterator[tuple[str, ...]]:
    """Yield the beginnings of what a word could be meant to be, the likeliest first."""
    yield word[:2], word[1::-1], word[0] + word[2]
    yield word[:1], word[1:2], *_SAME_BEGINNING.get(word[0], ())


def _near(
    word: str, beginnings: tuple[str, ...], lexical: LexicalIndex, scope: AccessScope
) -> Iterator[tuple[str, int]]:
    """Yield words of about the same length and letters, with their counts."""
    letters = set(word)
    for beginning in dict.fromkeys(beginnings):
        for meant, count in lexical.spellings(beginning, scope).items():
            if abs(len(meant) - len(word)) <= 3 and len(letters.symmetric_difference(meant)) <= 4:
                yield meant, count


def _apart(word: str, lexical: LexicalIndex, scope: AccessScope) -> Iterator[tuple[str, int]]:
    """Yield the word as two words of the documents, with the count of the rarer one."""
    for cut in range(_LEAST_PART, len(word) - _LEAST_PART + 1):
        first, last = word[:cut], word[cut:]
        counts = [lexical.spellings(part, scope).get(part, 0) for part in (first, last)]
        if all(counts):
            yield f"{first} {last}", min(counts)


def _in_case(written: str, meant: str) -> str:
    return meant.capitalize() if written[0].isupper() else meant
