"""Long questions, such as a pasted ticket, boiled down to what is asked."""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from core.text.identifiers import identifiers
from core.text.language import cjk_share, sentences, terms

# A question with more terms than this is a story: some sixty English words, or eighty Chinese characters.
_STORY_TERMS = 36
# Terms of the story that are kept: fewer if it names an exact thing, which says most.
_KEPT_TERMS, _KEPT_BESIDE_NAMES = 24, 14
_ASKS = re.compile(
    r"[?？]|^\W*(?:how|why|when|where|who|which|what|can|could|is|are|do|does|please (?:advise|tell|help))\b"
    r"|怎么|如何|为什么|请问|请教|什么|哪|吗",
    re.IGNORECASE,
)
# Sentences of courtesy say nothing of the matter.
_COURTESY = re.compile(
    r"^\W*(?:dear|hi|hello|good (?:morning|afternoon|day|evening)|(?:many )?thanks?|thank you|sorry)\b"
    r"|^\W*(?:kind|best) regards\b|您好|你好|谢谢|感谢|此致|敬礼",
    re.IGNORECASE,
)
_CLAUSE = re.compile(r"[,;，；、]\s*|\s+(?:and|but|because|so that|until)\s+", re.IGNORECASE)

Weigh = Callable[[Sequence[str]], Sequence[float]]
"""Returns the inverse document frequency of each term."""


@dataclass(frozen=True, slots=True)
class Asked:
    """What a question asks."""

    whole: str
    """The part that a search needs."""
    wanted: str
    """The part that a sentence must answer."""


def boiled_down(question: str, weigh: Weigh) -> Asked:
    """Return the part of a long question that asks or names what it is about; a short one as it is.

    These are the sentences that ask and the clauses with an identifier; then the clauses next to one of
    those, or without any identifier the clauses with the rarest words. They keep their order.
    """
    if _length(question) <= _STORY_TERMS:
        return Asked(question, question)
    parts = _parts(question)
    named = [place for place, part in enumerate(parts) if identifiers(part)]
    ranked = sorted(range(len(parts)), key=lambda place: _rank(parts, place, named, weigh))
    kept, length = set[int](), 0.0
    for place in ranked:
        length += _length(parts[place])
        if kept and length > (_KEPT_BESIDE_NAMES if named else _KEPT_TERMS):
            break
        kept.add(place)
    joint = "" if cjk_share(question) > 0.5 else " "
    whole = joint.join(parts[place] for place in sorted(kept))
    asking = [parts[place] for place in sorted(kept) if _ASKS.search(parts[place])]
    names = identifiers(" ".join(parts)).values()
    return Asked(whole, " ".join([*names, *asking]) if names and asking else whole)


def _parts(question: str) -> list[str]:
    """Return the sentences that ask, and the clauses of all others, in order."""
    parts: list[str] = []
    for start, end in sentences(question):
        sentence = question[start:end]
        if _COURTESY.search(sentence) and not _ASKS.search(sentence):
            continue
        asks = _ASKS.search(sentence) and _length(sentence) <= _KEPT_TERMS
        parts += [sentence] if asks else [one for one in _CLAUSE.split(sentence) if one.strip()]
    return parts or [question[:1000]]


def _rank(parts: Sequence[str], place: int, named: Sequence[int], weigh: Weigh) -> tuple[int, float]:
    if place in named:
        return 0, place
    if _ASKS.search(parts[place]):
        return 1, -place
    if named:
        return 2, min(abs(place - other) for other in named)
    return 2, -max(weigh(terms(parts[place])), default=0.0)


def _length(text: str) -> float:
    """Return about how many terms a text has; a Chinese word gives two or three."""
    return sum(0.5 if cjk_share(term) else 1.0 for term in terms(text))
