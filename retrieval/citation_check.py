"""The check that every generator's sentences must pass before anyone sees them."""

from collections.abc import Sequence

from core.text.language import terms
from core.values.answers import Citation, DraftSentence, Passage

# The share of a sentence's words that must stand in what it cites; what holds a digit must always.
_LEAST_SHARED = 0.6


def checked_citations(draft: DraftSentence, passages: Sequence[Passage]) -> tuple[Citation, ...]:
    """Return the citations of a sentence that hold; none if the sentence is not supported by them.

    A citation holds if its quote lies inside a passage that was shown. A sentence is supported if
    everything in it that holds a digit (`35`, `P-7`), and most of its words, stand in its quotes or
    the headings above them.
    """
    holding = [
        (passages[number], start, end)
        for number, start, end in draft.citations
        if 0 <= number < len(passages) and passages[number].start <= start < end <= passages[number].end
    ]
    citations = tuple(dict.fromkeys(passage.cite(start, end) for passage, start, end in holding))
    headings = " ".join(passage.context for passage, _, _ in holding)
    known = set(terms(" ".join([headings, *(citation.quote for citation in citations)])))
    return citations if citations and _supported(draft.text, known) else ()


def _supported(sentence: str, known: set[str]) -> bool:
    words = terms(sentence)
    if any(word not in known for word in words if any(character.isdigit() for character in word)):
        return False
    return bool(words) and sum(word in known for word in words) >= _LEAST_SHARED * len(words)
