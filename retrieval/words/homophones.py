"""Chinese words of a question as the documents write them: a wrong character that is read as the right one.

Chinese is typed by its sound, so that most errors are characters of the same syllable, tones aside: Liu et
al., "Visually and Phonologically Similar Characters in Incorrect Chinese Words" (2011). `homophones.json`
has the 3,755 common characters of GB 2312 by syllable, after pinyin-data (MIT), and `chinese_words.json` the
common words of two characters by the first one, after the dictionary of jieba (MIT).
"""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache, partial
from pathlib import Path

from core.text.language import cjk_runs, terms
from core.values.search import AccessScope
from retrieval.index import LexicalIndex

# A character is meant if the documents write it within so many of the question's, in at least so many chunks.
# With less context, none of its pairs in the question may be a common word.
_LONG, _IN_LONG = 4, 1
_SHORT, _IN_SHORT = 3, 2
# A pair that stands alone, with no more context, must be in so many chunks.
_ALONE = 3
# Words of grammar, and those that ask: a word of the subject ends there.
_GRAMMAR = re.compile(
    "[的了是在把被和与或能会要为吗呢吧几哪谁不没也都就又从到个来去上下一二两我你他她它们这那有用做让给想说看得着过对很太里中内外前后]"
    "|什么|怎么|怎样|如何|多[少久长大高]|可以|应该|需要|请问"
)


@dataclass(frozen=True, slots=True)
class _Place:
    """A character of a run of Chinese."""

    run: str
    at: int

    def pairs(self, character: str) -> list[str]:
        """Return the pairs that it is part of, if it were `character`."""
        text = self._with(character)
        return [text[first : first + 2] for first in (self.at - 1, self.at) if 0 <= first < len(text) - 1]

    def around(self, character: str, length: int) -> Iterator[str]:
        """Yield the parts of the run of so many characters that would hold it."""
        text = self._with(character)
        for start in range(max(0, self.at - length + 1), min(self.at, len(text) - length) + 1):
            yield text[start : start + length]

    def _with(self, character: str) -> str:
        return self.run[: self.at] + character + self.run[self.at + 1 :]


class Characters:
    """The Chinese words of the documents that one asker may read."""

    def __init__(self, lexical: LexicalIndex, scope: AccessScope) -> None:
        self._lexical = lexical
        self._scope = scope

    def corrected(self, question: str) -> str:
        """Return a question with each wrong character replaced; as it is if it has none."""
        for start, end in cjk_runs(question):
            for at in range(start, end):
                meant = self._meant(_Place(question[start:end], at - start))
                question = question[:at] + meant + question[at + 1 :]
        return question

    def _meant(self, place: _Place) -> str:
        """Return the character that is meant at a place; its own unless another is better.

        Another is better if a pair becomes a known one by it and no known pair an unknown one, and if the
        documents have it in this context; or in a pair that is a word by itself.
        """
        own = place.run[place.at]
        known = self._counts(place.pairs(own))
        if all(known) or _GRAMMAR.match(own):
            return own
        likely = [other for other in _alike().get(own, "") if self._gains(place, other, known)]
        ways = [self._in_long, *((self._in_short, self._alone) if _may_be_wrong(place) else ())]
        for chunks in ways if likely else ():
            best = max(likely, key=partial(chunks, place))
            if chunks(place, best):
                return best
        return own

    def _gains(self, place: _Place, other: str, known: list[int]) -> bool:
        counts = self._counts(place.pairs(other))
        gained = any(new and not old for new, old in zip(counts, known, strict=True))
        return gained and all(new or not old for new, old in zip(counts, known, strict=True))

    def _counts(self, pairs: list[str]) -> list[int]:
        return self._lexical.frequencies(pairs, self._scope)[1]

    def _in_long(self, place: _Place, other: str) -> int:
        return self._around(place.around(other, _LONG), _IN_LONG)

    def _in_short(self, place: _Place, other: str) -> int:
        return self._around(place.around(other, _SHORT), _IN_SHORT)

    def _around(self, parts: Iterator[str], least: int) -> int:
        """Return the number of readable chunks that hold one of the parts; 0 if they are too few."""
        counts = (self._lexical.phrase_frequency(terms(part), self._scope) for part in parts)
        return max((count for count in counts if count >= least), default=0)

    def _alone(self, place: _Place, other: str) -> int:
        """Return the number of readable chunks with the pair that it makes, if that is a word by itself."""
        run = place.run
        counts = [
            self._counts([run[place.at - 1] + other])[0] if self._ends(run, place.at - 1, place.at) else 0,
            self._counts([other + run[place.at + 1]])[0] if self._ends(run, place.at, place.at + 1) else 0,
        ]
        return max(count if count >= _ALONE else 0 for count in counts)

    def _ends(self, run: str, first: int, last: int) -> bool:
        """Return whether a pair of a run is a word by itself: nothing of the documents goes on beside it."""
        if first < 0 or last >= len(run) or _GRAMMAR.search(run[first : last + 1]):
            return False
        return self._parted(run, first) and self._parted(run, last + 1)

    def _parted(self, run: str, at: int) -> bool:
        """Return whether a word ends in front of a character of a run."""
        if at in (0, len(run)) or any(
            match.start() == at or match.end() == at for match in _GRAMMAR.finditer(run)
        ):
            return True
        return not any(self._counts([run[at - 1 : at + 1]]))


def _may_be_wrong(place: _Place) -> bool:
    """Return whether no pair that a character is part of is a common word."""
    return not any(pair[1] in _common().get(pair[0], "") for pair in place.pairs(place.run[place.at]))


@cache
def _alike() -> dict[str, str]:
    """Return the other characters that are read like each character."""
    syllables: list[str] = json.loads(Path(__file__).with_suffix(".json").read_text("utf-8"))
    return {one: characters.replace(one, "") for characters in syllables for one in characters}


@cache
def _common() -> dict[str, str]:
    """Return the common words of two characters: by the first, all second ones."""
    words: dict[str, str] = json.loads(Path(__file__).with_name("chinese_words.json").read_text("utf-8"))
    return words
