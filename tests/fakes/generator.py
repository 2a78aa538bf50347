"""A generator that says what a test tells it to, true or not."""

from collections.abc import Iterator, Sequence

from core.values import DraftSentence, Passage


class FakeGenerator:
    """Yields its drafts in order; `heard` holds what it was asked, and over which passages."""

    name = "fake"

    def __init__(self, *drafts: DraftSentence) -> None:
        self.drafts = drafts
        self.heard: list[tuple[str, tuple[Passage, ...]]] = []

    def draft(self, question: str, passages: Sequence[Passage]) -> Iterator[DraftSentence]:
        self.heard.append((question, tuple(passages)))
        yield from self.drafts
