"""The form of an answer's sentence: an allow-listed tree of a block and the marks inside it.

It has no links, images or markup of any other kind; what a sentence leads to are its citations.
"""

from dataclasses import dataclass
from enum import StrEnum


class Block(StrEnum):
    """What a sentence is on the page."""

    PARAGRAPH = "paragraph"
    ITEM = "item"
    """An entry of a list."""
    ROW = "row"
    """A table row; each of its spans is a cell."""
    CODE = "code"


class Mark(StrEnum):
    """How a stretch of text is set."""

    PLAIN = "plain"
    EMPHASIS = "emphasis"
    STRONG = "strong"
    CODE = "code"


@dataclass(frozen=True, slots=True)
class Span:
    """A stretch of text in one form."""

    text: str
    mark: Mark = Mark.PLAIN


@dataclass(frozen=True, slots=True)
class RichText:
    """A sentence as a tree of two levels."""

    spans: tuple[Span, ...]
    block: Block = Block.PARAGRAPH

    @property
    def text(self) -> str:
        """The text alone; the cells of a row are parted by ` | `."""
        return (" | " if self.block is Block.ROW else "").join(span.text for span in self.spans)
