"""Text that reads as scrap: a page draws words, but its file does not say which.

Some fonts do not tell what letters they draw, or tell wrong ones; some programs place letters so that
words cannot be told. Such text must not be quoted, so each sign here has to cover much of a page.
"""

import re

import numpy as np
from numpy.typing import NDArray

REPLACEMENT = 0xFFFD
_PRIVATE = (0xE000, 0xF8FF)
_FIRST_SIGN = 0x21
# Words of Latin, Greek and Cyrillic letters; other writing has other words.
_WORD = re.compile(r"[A-Za-z\u00aa-\u052f]+")
_TORN = re.compile(r"(?<![^\s])(?:[A-Za-z\u00aa-\u052f]\s+){3,}[A-Za-z\u00aa-\u052f](?![^\s])")
_VOWEL = re.compile(r"[aeiouyAEIOUY]")
# The fewest characters and words to judge by, and the shares from which a page is scrap. Over 500 pages of
# real files, the worst page of whole words has 0.2 of unknown and 0.05 of run together or torn letters.
_MIN_CHARS, _MIN_WORDS = 60, 10
_UNKNOWN_SHARE, _RUN_TOGETHER_SHARE, _TORN_SHARE, _VOWELLESS_SHARE = 0.4, 0.5, 0.5, 0.2
_LONG_WORD = 23
# Abbreviations without vowels are shorter.
_JUDGED_WORD = 7


def scrap_reason(codes: NDArray[np.uint32], text: str) -> str:
    """Return why a page of these code points, read as `text`, cannot be read, or an empty string."""
    signs = codes[codes >= _FIRST_SIGN]
    if len(signs) < _MIN_CHARS:
        return ""
    if unknown_share(codes) > _UNKNOWN_SHARE:
        return "its fonts do not say which letters they draw"
    words = _WORD.findall(text)
    if sum(map(len, words)) < max(_MIN_CHARS, len(signs) / 3):
        return ""
    return _misspelt(text, words)


def _misspelt(text: str, words: list[str]) -> str:
    letters = sum(map(len, words))
    if sum(len(word) for word in words if len(word) >= _LONG_WORD) > _RUN_TOGETHER_SHARE * letters:
        return "its words run into each other"
    if sum(len(found.split()) for found in _TORN.findall(text)) > _TORN_SHARE * letters:
        return "its words are torn into letters"
    judged = [word for word in words if len(word) >= _JUDGED_WORD and word.isascii()]
    silent = sum(not _VOWEL.search(word) for word in judged)
    if len(judged) >= _MIN_WORDS and silent > _VOWELLESS_SHARE * len(judged):
        return "its letters spell no words, as if each stood for another"
    return ""


def unknown_share(codes: NDArray[np.uint32]) -> float:
    """Return the share of the characters whose meaning the file does not give."""
    signs = codes[codes >= _FIRST_SIGN]
    unknown = (signs == REPLACEMENT) | ((signs >= _PRIVATE[0]) & (signs <= _PRIVATE[1]))
    return float(unknown.mean()) if len(signs) else 0.0
