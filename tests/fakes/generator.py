"""A generator that says what a test tells it to, true or not."""

from collections.abc import Sequence

from core.values.answers import DraftSentence, Inquiry, Passage
from llm.generator import Draft


class FakeGenerator:
    """Yields its drafts in order; `heard` holds what it was asked, and over which passages."""

    name = "fake"

    def __init__(self, *drafts: DraftSentence) -> None:
        self.drafts = drafts
        self.closed = False
        self.heard: list[tuple[str, tuple[Passage, ...]]] = []

    def draft(self, inquiry: Inquiry, passages: Sequence[Passage]) -> Draft:
        self.heard.append((inquiry.question, tuple(passages)))
        yield from self.drafts

    def warm_up(self) -> None:
        pass

    def close(self) -> None:
        self.closed = True
