"""Reads a text into words, quantities and scopes, in English, Chinese or both."""

import re
import unicodedata
from collections.abc import Iterator, Sequence
from functools import lru_cache

from core.reading.lexicon.chinese import FILLERS as CHINESE_FILLERS
from core.reading.lexicon.chinese import VAGUE as CHINESE_VAGUE
from core.reading.lexicon.english import FILLERS, VAGUE
from core.reading.lexicon.lookup import chinese_vocabulary, senses
from core.reading.operators import chinese as chinese_operators
from core.reading.operators import english as english_operators
from core.reading.operators.governing import scopes
from core.reading.quantities.finding import identifier_spans, quantities
from core.reading.values import Quantity, Reading, Word
from core.text.language import CJK, TOKEN, sentences

_SIGNS = str.maketrans({"\u2010": "-", "\u2011": "-", "’": "'", "‘": "'", "“": '"', "”": '"', "\u00a0": " "})
# Chinese with some English names in it is read as Chinese.
_CJK_SHARE = 0.2
_CJK = re.compile(f"[{CJK}]")
_FILLERS_BY_LENGTH = tuple(
    frozenset(word for word in CHINESE_FILLERS if len(word) == length) for length in (4, 3, 2, 1)
)
# A compound is read as its words, unless one is too short to be a word: `e-mail`.
_PARTS = re.compile(r"(?<![\w-])\w-[^\W_]+|[^\W_]+(?:\.\w)*")
_CONTRACTIONS = tuple(
    (re.compile(short, re.IGNORECASE), full)
    for short, full in (
        (r"(?<=\b(?:it|he))'s\b|(?<=\b(?:that|what))'s\b|(?<=\bthere)'s\b|(?<=\bshe)'s\b", " is"),
        (r"(?<=\w)'re\b", " are"),
        (r"(?<=\w)'ll\b", " will"),
        (r"(?<=\w)'ve\b", " have"),
    )
)
# "Switch it on": there the particle says what is done.
_SWITCHED = re.compile(
    r"\b(?:switch|turn|power|leave|keep|put|stay|remain)\w*(?: (?:it|them|the [\w-]+(?: [\w-]+)?))? on$"
)
# "In order to" says no more than "to"; an order by itself is a thing.
_IN_ORDER = re.compile(r"\bin order$")
_PARTED_NOT = re.compile(r" (?=n't\b)")


@lru_cache(maxsize=4096)
def read(text: str) -> Reading:
    """Return the reading of a text, which is normalized first: its offsets are those of `Reading.text`."""
    cased = _PARTED_NOT.sub("", unicodedata.normalize("NFKC", text).translate(_SIGNS))
    for short, full in _CONTRACTIONS:
        cased = short.sub(full, cased)
    plain = cased.casefold() if len(cased.casefold()) == len(cased) else cased.lower()
    if len(plain) != len(cased):
        cased = plain
    numbers = quantities(plain)
    rest = _without(plain, [(one.start, one.end) for one in numbers])
    language = chinese_operators if _is_chinese(plain) else english_operators
    breaks = _breaks(plain, numbers, language.BREAKS)
    found, rest = scopes(rest, language.OPERATORS, breaks)
    return Reading(
        text=plain,
        words=tuple(_words(rest, cased)),
        quantities=tuple(numbers),
        scopes=tuple(found),
        sentences=tuple(sentences(cased)) or ((0, len(plain)),),
        breaks=breaks,
    )


def _is_chinese(text: str) -> bool:
    return len(_CJK.findall(text)) > _CJK_SHARE * len(text)


def _without(text: str, spans: Sequence[tuple[int, int]]) -> str:
    for start, end in spans:
        text = text[:start] + " " * (end - start) + text[end:]
    return text


def _breaks(text: str, numbers: Sequence[Quantity], pattern: re.Pattern[str]) -> tuple[int, ...]:
    inside = [(one.start, one.end) for one in numbers]
    places = [match.start() for match in pattern.finditer(text)]
    return tuple(place for place in places if not any(start <= place < end for start, end in inside))


def _words(text: str, cased: str) -> Iterator[Word]:
    """Yield the words with content; a Chinese character outside the vocabulary is a word of its own."""
    named = set(identifier_spans(text))
    for match in TOKEN.finditer(text):
        start, end = match.span()
        if _CJK.match(match.group()):
            yield from _chinese(match.group(), start)
            continue
        if (start, end) in named:
            word = match.group()
            yield Word(start=start, end=end, text=word, senses=frozenset({word}), name=True)
            continue
        for part in _PARTS.finditer(text, start, end):
            word = part.group()
            if word not in FILLERS or (word == "on" and _SWITCHED.search(text, 0, part.end())):
                name = _is_name(cased, *part.span())
                yield Word(
                    start=part.start(), end=part.end(), text=word, senses=_senses(word), name=name,
                    vague=word in VAGUE or bool(_IN_ORDER.search(text, 0, part.end())),
                )  # fmt: skip


def _senses(word: str) -> frozenset[str]:
    found = senses(word)
    if not word.isascii():
        parts = unicodedata.normalize("NFD", word)
        found |= {"".join(sign for sign in parts if not unicodedata.combining(sign))}
    return found if "-" not in word else found | {word.replace("-", "")}


def _is_name(cased: str, start: int, end: int) -> bool:
    """Return whether a word has a capital letter that no beginning of a sentence explains."""
    word = cased[start:end]
    if word[1:] != word[1:].lower():
        return True
    before = cased[:start].rstrip(" \"'(")
    return word[:1].isupper() and bool(before) and before[-1] not in ".!?:;\n|-•*"


def _chinese(run: str, offset: int) -> Iterator[Word]:
    vocabulary, longest = chinese_vocabulary()
    place = 0
    while place < len(run):
        length = _known_length(run, place, vocabulary, longest)
        if length:
            word = run[place : place + length]
            yield Word(
                start=offset + place, end=offset + place + length, text=word, senses=senses(word),
                vague=word in CHINESE_VAGUE,
            )  # fmt: skip
            place += length
            continue
        filler = _filler_length(run, place)
        if not filler:
            sign = run[place]
            yield Word(start=offset + place, end=offset + place + 1, text=sign, senses=senses(sign))
        place += filler or 1


def _known_length(run: str, place: int, vocabulary: frozenset[str], longest: int) -> int:
    for length in range(min(longest, len(run) - place), 1, -1):
        if run[place : place + length] in vocabulary:
            return length
    return 0


def _filler_length(run: str, place: int) -> int:
    for length, words in zip((4, 3, 2, 1), _FILLERS_BY_LENGTH, strict=True):
        if run[place : place + length] in words:
            return length
    return 0
