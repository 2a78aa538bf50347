"""The weights of a question's words: a word weighs more if few chunks that the asker may read have it."""

import math
from collections.abc import Sequence

from core.text.identifiers import identifiers
from core.text.language import words
from core.values.search import AccessScope
from llm.embedding.embedder import Emphasis
from retrieval.index import LexicalIndex
from retrieval.words.bm25 import inverse_frequency

# An identifier in at most so many chunks stands for one exact thing. At 20 chunks nDCG@10 on the train parts
# (docs/retrieval.md) is 0.740 on SciFact and 0.727 on the ESP-FAQ, at 5 it is 0.742 and 0.728.
_FEW = 5
# The greatest factor of a term's weight in BM25: k1 + 1 for each view of a chunk, and two views.
_BM25_CEILING = 4.4


def inverse_frequencies(asked: Sequence[str], lexical: LexicalIndex, scope: AccessScope) -> list[float]:
    """Return each term's inverse document frequency over the readable chunks, above 0."""
    total, counts = lexical.frequencies(asked, scope)
    return [inverse_frequency(total, count) for count in counts]


def rare_identifiers(question: str, lexical: LexicalIndex, scope: AccessScope) -> dict[str, str]:
    """Return the identifiers of a question, term and as written, that few chunks have."""
    asked = identifiers(question)
    _, counts = lexical.frequencies(list(asked), scope)
    return {name: asked[name] for name, count in zip(asked, counts, strict=True) if 0 < count <= _FEW}


def unseen_identifiers(question: str, lexical: LexicalIndex, scope: AccessScope) -> frozenset[str]:
    """Return the identifiers of a question, as terms, that no chunk has; a range may contain one."""
    asked = list(identifiers(question))
    _, counts = lexical.frequencies(asked, scope)
    return frozenset(name for name, count in zip(asked, counts, strict=True) if not count)


def emphasis(question: str, lexical: LexicalIndex, scope: AccessScope) -> Emphasis:
    """Return the weight of each word of a question: the least weight among its parts.

    An embedder gives every token the same weight, but in a corpus about one thing, its name matters little.
    """
    found = words(question)
    known = list(dict.fromkeys(term for *_, parts in found for term in parts))
    term_weights = dict(zip(known, inverse_frequencies(known, lexical, scope), strict=True))
    return [(start, end, min(term_weights[term] for term in parts)) for start, end, parts in found if parts]


def words_unit(asked: Sequence[str], lexical: LexicalIndex, scope: AccessScope) -> float:
    """Return the unit of the BM25 scores for these terms.

    A score grows with the number of terms, and its random part with the square root of that number.
    """
    total, counts = lexical.frequencies(asked, scope)
    mass = sum(inverse_frequency(total, count) for count in counts if count)
    return _BM25_CEILING * math.sqrt(mass or 1.0)
