"""The language of a text by py3langid, which is small, works offline and is imported only here.

Its model of 4.5 MB is loaded for the first document, which takes two thirds of a second; then a chunk takes a
millisecond, which is why a chunk that is clearly in its document's language is not identified anew.
"""

import re
from collections.abc import Sequence
from dataclasses import replace
from functools import lru_cache

from py3langid.langid import MODEL_FILE, LanguageIdentifier

from core.values.documents import Chunk, ParsedDocument

# Enough to identify the language of a document.
_DOCUMENT_CHARS = 4_000
# Function words that English alone has, and their least share in a text that is clearly English.
_ENGLISH = frozenset("the and with that this you your are from have not for which when".split())
_CLEARLY_ENGLISH = 0.08
# The least share of ideographs, among all letters, in a text that is clearly Chinese; kana are Japanese.
_CLEARLY_CHINESE = 0.5
_KANA = re.compile("[\u3040-\u30ff]")
# A chunk with fewer letters, such as a row of numbers, gets its document's language. An ideograph counts
# as several letters.
_LEAST_LETTERS = 40
_LETTERS_PER_IDEOGRAPH = 8
# On English and Chinese handbooks no answer at or above this confidence was wrong, and one in twenty texts
# of 80 letters was below it.
_LEAST_CONFIDENCE = 0.5
_WORDLIKE = re.compile(r"[^\W\d_]+")
_IDEOGRAPH = re.compile("[\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af\uf900-\ufaff]")


def with_languages(document: ParsedDocument, chunks: Sequence[Chunk]) -> list[Chunk]:
    """Return the chunks, each with its language as ISO 639-1, or an empty string if it is not clear."""
    whole = _language(document.text[:_DOCUMENT_CHARS])
    return [
        replace(chunk, language=whole if _is_clearly(whole, chunk.text) else _language(chunk.text) or whole)
        for chunk in chunks
    ]


def _is_clearly(language: str, text: str) -> bool:
    """Return whether a text is without doubt in its document's language, English or Chinese."""
    if language == "en":
        words = _WORDLIKE.findall(text.casefold())
        return sum(word in _ENGLISH for word in words) >= _CLEARLY_ENGLISH * max(1, len(words))
    if language == "zh":
        letters = sum(map(len, _WORDLIKE.findall(text)))
        ideographs = len(_IDEOGRAPH.findall(text))
        return ideographs >= _CLEARLY_CHINESE * max(1, letters) and not _KANA.search(text)
    return False


def _language(text: str) -> str:
    words = " ".join(_WORDLIKE.findall(text))
    letters = len(words) + (_LETTERS_PER_IDEOGRAPH - 1) * len(_IDEOGRAPH.findall(words))
    if letters < _LEAST_LETTERS:
        return ""
    language, confidence = _identifier().classify(words)
    return str(language) if confidence >= _LEAST_CONFIDENCE else ""


@lru_cache(maxsize=1)
def _identifier() -> LanguageIdentifier:
    identifier = LanguageIdentifier.from_model_file(MODEL_FILE, norm_probs=True)
    identifier.set_languages([label for label in identifier.labels if len(label) == 2])
    return identifier
