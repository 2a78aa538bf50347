"""The length of a text as a reader feels it."""

import re

from core.text.language import CJK

_WORD = re.compile(rf"[^\s{CJK}]*[^\W{CJK}][^\s{CJK}]*")
_CHARACTER = re.compile(f"[{CJK}]")
# Characters of a Chinese word in running text, about.
_CHARACTERS_A_WORD = 1.6


def words_in(text: str) -> float:
    """Return how many words a text has; a Chinese, Japanese or Korean character counts as a part of one."""
    return len(_WORD.findall(text)) + len(_CHARACTER.findall(text)) / _CHARACTERS_A_WORD
