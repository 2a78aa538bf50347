"""What was said earlier in a conversation: it does not answer what is asked next of another thing."""

from collections.abc import Sequence

from core.text.language import cjk_share, terms
from core.values.answers import Inquiry
from llm.extractive.candidates import Candidate
from llm.extractive.question_analysis import ASKING_CHARACTERS, cjk_characters

# A shorter word is compared as a whole.
_BEGINNING = 3


def not_said_before(found: Sequence[Candidate], inquiry: Inquiry) -> list[Candidate]:
    """Return the candidates without those that the answer before already said.

    "And on a Sunday?" is not answered by what was said of weekdays, unless Sunday stands beside it. A
    question that names nothing new may be answered by the same sentence.
    """
    said = frozenset(terms(inquiry.history[-1].answer)) if inquiry.history else frozenset[str]()
    if not said or not inquiry.named:
        return list(found)
    return [
        one for one in found if _names(one, inquiry.named) or not (said <= one.words or one.words <= said)
    ]


def _names(one: Candidate, named: str) -> bool:
    """Return whether a sentence, or a row's column, has a word of what is named, or `macOS` for `Mac`."""
    asked = terms("".join(character for character in named if character not in ASKING_CHARACTERS))
    begins = tuple(term for term in asked if len(term) >= _BEGINNING and not cjk_share(term))
    characters = {term for term in asked if len(term) == 1 and cjk_share(term)}
    words = frozenset(terms(one.readable))
    return bool(
        words.intersection(asked)
        or any(word.startswith(begins) for word in words)
        or characters & cjk_characters(one.text)
    )
