"""What is told of an answer while it is written."""

from collections.abc import Callable
from dataclasses import dataclass

from core.values.answers import AnswerSentence, Citation, Passage
from core.values.forms import PLAIN, Shape


@dataclass(frozen=True, slots=True)
class Found:
    """The event before the first sentence: the passages from which the answer will be drafted."""

    passages: tuple[Passage, ...]


@dataclass(frozen=True, slots=True)
class Said:
    """The event of a sentence that passed the citation check."""

    sentence: AnswerSentence
    new_citations: tuple[Citation, ...]
    shape: Shape = PLAIN
    """Its place in the form of the answer."""


@dataclass(frozen=True, slots=True)
class Writing:
    """The event from time to time while a sentence is written, in which a caller can stop the answer."""


OnAnswerEvent = Callable[[Found | Said | Writing], None]
