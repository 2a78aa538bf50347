"""The citation check, which each sentence of a generator must pass before a user sees it."""

from collections.abc import Sequence

from core.text.language import terms
from core.values.answers import Citation, DraftSentence, Passage

# The least share of a sentence's words that its citations must hold; words with a digit must all be there.
_LEAST_SHARED = 0.6


def checked_citations(draft: DraftSentence, passages: Sequence[Passage]) -> tuple[Citation, ...]:
    """Return the valid citations of a sentence; an empty tuple if they do not support the sentence.

    A citation is valid if its quote lies inside a passage that was shown. A sentence is supported if all
    its words with a digit (`35`, `P-7`), and most of its words, are in its quotes or in the headings above
    them.
    """
    valid = [
        (passages[number], start, end)
        for number, start, end in draft.citations
        if 0 <= number < len(passages) and passages[number].start <= start < end <= passages[number].end
    ]
    citations = tuple(dict.fromkeys(passage.cite(start, end) for passage, start, end in valid))
    headings = " ".join(passage.context for passage, _, _ in valid)
    known = set(terms(" ".join([headings, *(citation.quote for citation in citations)])))
    return citations if citations and _supported(draft.text, known) else ()


def _supported(sentence: str, known: set[str]) -> bool:
    words = terms(sentence)
    if any(word not in known for word in words if any(character.isdigit() for character in word)):
        return False
    return bool(words) and sum(word in known for word in words) >= _LEAST_SHARED * len(words)
