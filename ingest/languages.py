"""Which language a piece of text is in, by py3langid, imported nowhere else: small, offline, no network.

Its model, 4.5 MB, is loaded at the first document, in a process that ingests; it takes two thirds of a
second. A piece then takes a tenth of a millisecond.
"""

import re
from collections.abc import Sequence
from dataclasses import replace
from functools import lru_cache

from py3langid.langid import MODEL_FILE, LanguageIdentifier

from core.values.documents import Chunk, ParsedDocument

# Enough to know a document by.
_DOCUMENT_CHARS = 20_000
# A piece with fewer letters, such as a row of numbers, is in its document's language. An ideograph says
# more than a letter.
_LEAST_LETTERS = 40
_LETTERS_PER_IDEOGRAPH = 8
# On English and Chinese handbooks no answer at or above it was wrong, and one in twenty pieces of 80
# letters stayed below.
_LEAST_CONFIDENCE = 0.5
_WORDLIKE = re.compile(r"[^\W\d_]+")
_IDEOGRAPH = re.compile("[\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af\uf900-\ufaff]")


def with_languages(document: ParsedDocument, chunks: Sequence[Chunk]) -> list[Chunk]:
    """Return the chunks, each with its language as ISO 639-1; empty where nothing tells."""
    whole = _language(document.text[:_DOCUMENT_CHARS])
    return [replace(chunk, language=_language(chunk.text) or whole) for chunk in chunks]


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
