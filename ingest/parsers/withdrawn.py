"""Text that its author took back, struck through or deleted in tracked changes: it is counted, not read."""

from dataclasses import dataclass, field
from enum import StrEnum

# More headings only tire a reader.
_MAX_PLACES = 3
_MAX_PLACE_CHARS = 60


class Withdrawal(StrEnum):
    """How an author took a passage back, as a notice says it."""

    STRUCK = "struck-through"
    DELETED = "deleted"


def counted(number: int, noun: str) -> str:
    """Return a number with its noun, in the singular or the plural."""
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


def were(number: int) -> str:
    """Return the verb of the past behind a number of things."""
    return "was" if number == 1 else "were"


@dataclass(kw_only=True)
class WithdrawnText:
    """How much of a document was taken back in one way, and under which headings."""

    how: Withdrawal
    passages: int = 0
    characters: int = 0
    places: dict[str, None] = field(default_factory=dict)
    """The headings, in order; an empty one stands for the text above the first heading."""

    def add(self, text: str, heading: str) -> None:
        """Count a passage that stands under `heading`; blanks alone are no passage."""
        characters = len("".join(text.split()))
        if characters:
            self.passages += 1
            self.characters += characters
            self.places[heading] = None

    @property
    def notice(self) -> str:
        """One line for a person; empty if nothing was taken back."""
        if not self.passages:
            return ""
        what = f"{counted(self.passages, f'{self.how} passage')} ({counted(self.characters, 'character')})"
        tracked = "Tracked changes: " if self.how is Withdrawal.DELETED else ""
        rest = ", and what is marked as inserted was" if tracked else ""
        return f"{tracked}{what} {were(self.passages)} not read{rest}{self._where()}."

    def _where(self) -> str:
        """Return the headings above the passages, at most a few, as the end of a sentence."""
        named = [f"“{place[:_MAX_PLACE_CHARS]}”" for place in self.places if place][:_MAX_PLACES]
        if not named:
            return ""
        more = len(self.places) - len(named)
        subject = "it stands" if self.passages == 1 else "they stand"
        others = f" and in {counted(more, 'other place')}" if more else ""
        return f"; {subject} under {', '.join(named)}{others}"
