"""The analyzer of words and sentences that indexes, generators and checks share.

English words are stemmed, Chinese, Japanese and Korean runs become overlapping bigrams, and
identifiers (`E-42`, `0x16040007`, `M8x1.25`, `/etc/vade.toml`) are kept whole beside their parts.
"""

import re
import unicodedata
from functools import lru_cache

import Stemmer

CJK = "\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uac00-\ud7af\uf900-\ufaff"
# To be raised whenever `terms` returns other terms, so that indexes built with the old ones are rebuilt.
ANALYZER_VERSION = 2
_CJK_RUN = re.compile(f"[{CJK}]+")
# `://` and `:\` join too, so that an address or a path is one identifier.
TOKEN = re.compile(rf"[{CJK}]+|[^\W_{CJK}]+(?:(?:://|:\\|[-_./:\\#+@])[^\W_{CJK}]+)*")
LOOSE_JOINT = re.compile(r"[/:\\@]+")
# Typesetting replaces the hyphen in `E-42` by U+2010 or by U+2011, which NFKC turns into U+2010.
HYPHENS = {0x2010: "-"}
_JOINT = re.compile(r"[-_.#+]")
_SPELLED_JOINT = re.compile(r"[-/]")
_TIMES = re.compile(r"(?<=\d)x(?=\d)")
_NUMBER = re.compile(r"\d+(?:[.:]\d+)*")
_QUANTITY = re.compile(
    r"\d+(?:[.:]\d+)*(?:[nµμmckgtp]?(?:m|g|s|w|v|a|l|b|hz|pa|wh|ah|bit|byte|bps|ohm)|min|h|d|bar|rpm|fps|px|k|"
    r"x|c|f|db|dbm|am|pm|st|nd|rd|th)"
)

# The stop words of Lucene's English analyzer, and words that only turn a sentence into a question.
STOP_WORDS = frozenset(
    "a an and are as at be but by for if in into is it no not of on or such that the their then there "
    "these they this to was will with what which who whom whose when where why how do does did can "
    "could should would i you we my your our me us".split()
)

# A full stop behind these does not end a sentence.
ABBREVIATIONS = frozenset(
    "e.g i.e etc vs no nr fig figs eq sec ch vol approx max min ca cf dr mr mrs ms prof inc ltd co corp "
    "st jr sr dept est ref rev pp p al jan feb mar apr jun jul aug sep sept oct nov dec u.s u.k".split()
)
_SENTENCE_END = re.compile(r"[.!?]+[\"'”’)\]]*(?=\s)|[。！？；]+[”’」』）]*|\n+")
# The number of a list item, which belongs to the sentence behind it.
_ITEM_NUMBER = re.compile(r"(?:^|\n)[ \t]*\d{1,3}$", re.MULTILINE)
_OPENING, _CLOSING = tuple("\"'“‘「『（(["), tuple("\"'”’」』）)]")
_PAIRS = {"”": "“", "’": "‘", "」": "「", "』": "『", "）": "（"}
# Behind these, quotation marks hold a sentence of their own, and end it.
_BEFORE_SPEECH = tuple("：:，,。！？；\n")
# The word in front of a person's name: behind it, a single letter is an initial, and not the name of a place.
_OF_PERSON = re.compile(
    r"(?:leader|officer|manager|engineer|technician|electrician|operator|inspector|supervisor|foreman|director"
    r"|head|chief|doctor|nurse|author|contact|owner|assistant|agent|guard|captain|driver|mechanic|fitter"
    r"|planner|buyer|clerk|colleague|deputy|trainer|auditor|representative|secretary|president|chairman"
    r"|\w+(?:man|woman|person|ician|ologist))"
)
# A sentence of more characters is cut at the next clause, so that a citation stays readable.
_LONG_SENTENCE = 600
_CLOSED = re.compile(r"[.!?:;,。！？：；，]$")
_CLAUSE_END = re.compile(r"[;,:，：、]\s*|\s")


def terms(text: str) -> list[str]:
    """Return the index terms of `text` in order, without stop words.

    Text is NFKC-normalised and case-folded first, so full-width and half-width forms agree.
    """
    found: list[str] = []
    plain = unicodedata.normalize("NFKC", text).translate(HYPHENS).casefold()
    for match in TOKEN.finditer(plain):
        found.extend(_token_terms(match.group()))
    return found


def words(text: str) -> list[tuple[int, int, list[str]]]:
    """Return the words of `text` in order, as half-open offsets and the word's terms.

    A stop word has no terms.
    """
    return [(match.start(), match.end(), terms(match.group())) for match in TOKEN.finditer(text)]


def spelled_words(text: str) -> list[str]:
    """Return the words of `text` as they are spelled, in order: letters only, case-folded, stop words too.

    Those in Chinese, Japanese or Korean are left out, and identifiers with their parts.
    """
    plain = unicodedata.normalize("NFKC", text).translate(HYPHENS).casefold()
    pieces = (piece for match in TOKEN.finditer(plain) for piece in _SPELLED_JOINT.split(match.group()))
    return [piece for piece in pieces if len(piece) > 1 and piece.isalpha() and not _CJK_RUN.match(piece)]


def ends_clause(text: str) -> bool:
    """Return whether a text ends in punctuation, as a sentence or a clause does and a name does not."""
    return bool(_CLOSED.search(text))


def sentences(text: str) -> list[tuple[int, int]]:
    """Return the sentences of `text` as half-open offsets, in order, without outer white space.

    A line break always ends a sentence: blocks, list items and table rows stand on lines of their own.
    """
    spans: list[tuple[int, int]] = []
    start = 0
    for match in _SENTENCE_END.finditer(text):
        if _goes_on(text, match):
            continue
        spans.extend(_pieces(text, start, match.end()))
        start = match.end()
    spans.extend(_pieces(text, start, len(text)))
    return spans


def is_identifier(term: str) -> bool:
    """Return whether a term is an identifier: it has a letter and at least two digits, as `e-42`.

    A quantity with its unit, such as `24h`, is not an identifier.
    """
    return (
        sum(character.isdigit() for character in term) >= 2
        and any(character.isalpha() for character in term)
        and not _CJK_RUN.search(term)
        and not _QUANTITY.fullmatch(term)
    )


def cjk_runs(text: str) -> list[tuple[int, int]]:
    """Return the runs of Chinese, Japanese and Korean characters in `text`, as half-open offsets."""
    return [match.span() for match in _CJK_RUN.finditer(text)]


CJK_LANGUAGES = frozenset({"zh", "ja", "ko"})
"""The languages (ISO 639-1) that are written in these characters."""


def cjk_share(text: str) -> float:
    """Return the share of Chinese, Japanese and Korean letters among the letters of `text`, 0..1."""
    letters = [character for character in text if character.isalpha()]
    return sum(bool(_CJK_RUN.match(letter)) for letter in letters) / len(letters) if letters else 0.0


@lru_cache(maxsize=200_000)
def _token_terms(token: str) -> tuple[str, ...]:
    if _CJK_RUN.fullmatch(token):
        return tuple(token[i : i + 2] for i in range(max(1, len(token) - 1)))
    if _NUMBER.fullmatch(token):
        return (token,)
    parts = _parts(token)
    if parts == [token]:
        return () if token in STOP_WORDS else (stem(token),)
    # A single letter, or a stop word inside an identifier, does not help a search.
    return (token, *(stem(part) for part in parts if len(part) > 1 and part not in STOP_WORDS))


def _parts(token: str) -> list[str]:
    parts: list[str] = []
    for piece in LOOSE_JOINT.split(token):
        fine = [part for joined in _JOINT.split(piece) for part in _split_times(joined)]
        decimals = [part for part in _split_times(piece) if _NUMBER.fullmatch(part) and "." in part]
        parts.extend([piece] if len(fine) > 1 and piece != token else [])
        parts.extend(decimals)
        parts.extend(fine)
    return list(dict.fromkeys(parts))


def _split_times(piece: str) -> list[str]:
    return [piece] if piece.startswith("0x") else _TIMES.split(piece)


def stem(word: str) -> str:
    """Return the index term of a case-folded word of letters."""
    return str(_stemmer().stemWord(word)) if word.isalpha() and word.isascii() else word


@lru_cache(maxsize=1)
def _stemmer() -> Stemmer.Stemmer:
    return Stemmer.Stemmer("english")


def _goes_on(text: str, match: re.Match[str]) -> bool:
    """Return whether a sentence goes on behind what looks like its end."""
    mark, follows = match.group(), text[match.end() : match.end() + 2].lstrip()
    if mark[0] == "\n":
        return False
    if mark[-1] in _CLOSING and text[match.start() - 1 : match.start()] in _OPENING:
        return True  # a mark in quotation marks of its own: put a "!" before the name
    if mark[-1] in _PAIRS and follows and _CJK_RUN.match(follows):
        return _is_quoted_inside(text[: match.end()])
    if follows and follows[0].islower():
        return mark[0] == "." or mark[-1] in _CLOSING
    if mark[0] == "." and _ITEM_NUMBER.search(text, max(0, match.start() - 5), match.start()):
        return True
    return mark[0] == "." and _is_abbreviation(
        text[max(0, match.start() - 24) : match.start()], text[match.end() : match.end() + 24]
    )


def _is_quoted_inside(text: str) -> bool:
    """Return whether a quotation at a text's end is part of a sentence: 按“停止！”键, not 他说：“停！”."""
    opening = text.rfind(_PAIRS[text[-1]])
    before = text[:opening].rstrip(" ")
    return opening > 0 and bool(before) and not before.endswith(_BEFORE_SPEECH)


def _is_abbreviation(before: str, behind: str) -> bool:
    """Return whether a full stop between two texts belongs to an abbreviation or to an initial."""
    words = [word.lstrip("(\"'“[") for word in before.rsplit(maxsplit=2)]
    if not words or before[-1].isspace():
        return False
    word, earlier = words[-1].casefold(), words[-2] if len(words) > 1 else ""
    if len(word) == 1 and word.isalpha():  # "J. Smith" has an initial, "yard B." has a name
        surname = TOKEN.match(behind.lstrip())
        if surname and surname.group().casefold() in STOP_WORDS:
            return False
        return not earlier.islower() or earlier in STOP_WORDS or bool(_OF_PERSON.fullmatch(earlier))
    return word in ABBREVIATIONS


def _pieces(text: str, start: int, end: int) -> list[tuple[int, int]]:
    spans: list[tuple[int, int]] = []
    while end - start > _LONG_SENTENCE:
        cut = _CLAUSE_END.search(text, start + _LONG_SENTENCE // 2, end)
        if cut is None or cut.end() >= end:
            break
        spans.extend(_stripped(text, start, cut.end()))
        start = cut.end()
    return spans + _stripped(text, start, end)


def _stripped(text: str, start: int, end: int) -> list[tuple[int, int]]:
    piece = text[start:end]
    start += len(piece) - len(piece.lstrip())
    end = start + len(piece.strip())
    return [(start, end)] if end > start else []
