"""How many tokens a text takes on a server whose tokenizer is not known."""

import re
from threading import Lock

from core.text.language import CJK

# Tokens per character of each class, and the fewest of a run, as the less compact tokenizers in use cut them:
# Llama 2 writes most Chinese characters in 2 to 3 tokens, and each digit and sign in one; a long English word
# takes a token for four letters.
_CLASSES = (
    (re.compile(r"[A-Za-z]+"), 0.3, 1),
    (re.compile(f"[{CJK}]"), 2.0, 0),
    (re.compile(r"[^\W\d_A-Za-z" + CJK + r"]"), 0.8, 0),
    (re.compile(r"\d"), 1.0, 0),
    (re.compile(r"([^\w\s]|_)\1*|\n"), 0.25, 1),
    (re.compile(r"[ \t]{2,}"), 0.1, 1),
    (re.compile(r" (?=\d)"), 1.0, 0),
)
# A chat template adds tokens of its own, which would count too much in a shorter prompt.
_LEAST_COUNTED = 256


class TokenEstimate:
    """Counts tokens from the classes of characters, and learns from what the server has counted."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._factor = 1.0

    def of(self, text: str) -> int:
        """Return a cautious estimate of the tokens that a text takes."""
        return int(self._plain(text) * self._factor) + 1

    def learn(self, text: str, tokens: int) -> None:
        """Take in that the server counted `tokens` for a text: no later estimate falls short like that."""
        plain = self._plain(text)
        if plain >= _LEAST_COUNTED:
            with self._lock:
                self._factor = max(self._factor, tokens / plain)

    @staticmethod
    def _plain(text: str) -> float:
        return sum(
            max(per_character * len(match.group()), least)
            for pattern, per_character, least in _CLASSES
            for match in pattern.finditer(text)
        )
