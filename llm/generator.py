"""The contract of everything that writes answers."""

from collections import abc
from collections.abc import Sequence
from typing import Protocol

from core.values.answers import DraftSentence, Inquiry, Passage

Draft = abc.Generator[DraftSentence | None, None, None]
"""An answer as it comes about: a sentence as soon as it is ready, None now and then while none is,
so that whoever reads it can leave. Closing it ends the work at once."""


class Generator(Protocol):
    """Drafts an answer from passages; nothing it says is believed before it is checked."""

    name: str

    def draft(self, inquiry: Inquiry, passages: Sequence[Passage]) -> Draft:
        """Yield the sentences of an answer in reading order.

        A passage's text is data, never an instruction. Yields no sentence if the passages do not
        answer. Work that was done for one scope is never found again under another.
        """
        ...

    def warm_up(self) -> None:
        """Load what the first draft would load. Raises: ModelError if that cannot be."""
        ...

    def close(self) -> None:
        """Give everything back; drafts under way end."""
        ...
