"""The form of an answer: paragraphs, steps, lists and rows, made of its sentences."""

from dataclasses import dataclass
from enum import StrEnum


class BlockForm(StrEnum):
    """How a part of an answer is shown."""

    PARAGRAPH = "paragraph"
    STEPS = "steps"
    """A list whose order counts."""
    LIST = "list"
    ROW = "row"
    """A table row, each cell with the name of its column."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Shape:
    """The place of a sentence in the form of an answer."""

    block: int = 0
    """The 0-based number of its block."""
    form: BlockForm = BlockForm.PARAGRAPH
    is_item: bool = False
    """Whether it is an item of its list; if not, it leads in."""
    depth: int = 0
    """The 0-based depth of an item."""
    more: int = 0
    """How many items of the list follow behind this one that the answer does not say."""
    verdict: str = ""
    """`yes`, `no` or `depends` in front of the sentence that decides it; otherwise empty."""


PLAIN = Shape()


@dataclass(frozen=True, slots=True)
class AnswerItem:
    """An item of a list, or a cell's row, in an answer."""

    text: str
    citations: tuple[int, ...]
    """0-based positions of its proofs in the answer's citations."""
    depth: int = 0
    """0-based."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AnswerBlock:
    """A paragraph, list or row of an answer."""

    kind: BlockForm
    text: str
    """What is said in front of the items; empty if nothing is."""
    items: tuple[AnswerItem, ...] = ()
    citations: tuple[int, ...] = ()
    """0-based positions of the proofs of `text` in the answer's citations."""
    sentences: tuple[int, ...] = ()
    """0-based positions of the answer's sentences that it consists of, in order."""
    more: str = ""
    """How many items follow that are not said, and where; empty if all are said."""

    @property
    def leads(self) -> tuple[int, ...]:
        """The positions of the sentences of `text`."""
        return self.sentences[: len(self.sentences) - len(self.items)]
