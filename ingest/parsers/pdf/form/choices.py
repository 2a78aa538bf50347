"""Boxes to tick, put together to choices: boxes that share a name, or a question in front of them."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from ingest.parsers.pdf.form.pieces import Piece, Placed, Thing, above, head_of, left_of, right_of, same_row

_COUNTED = re.compile(r"\[\d+\]$")


@dataclass(eq=False, slots=True, kw_only=True)
class Choice:
    """One or several boxes that answer one question."""

    boxes: list[Placed]
    options: list[Piece | None]
    """The text that each box stands for."""
    label: Piece | None
    """The question; of a single box without one, its own text."""

    @property
    def is_alone(self) -> bool:
        """Whether the only box says yes or no to its label."""
        return len(self.boxes) == 1 and self.options[0] in (None, self.label)

    @property
    def ticked(self) -> list[str]:
        """What the ticked boxes stand for."""
        return [
            option.text if option else box.field.value
            for box, option in zip(self.boxes, self.options, strict=True)
            if box.field.is_ticked
        ]


def choices_of(boxes: Sequence[Placed], things: Sequence[Thing]) -> list[Choice]:
    """Return the choices, in the order of their first boxes."""
    options = {id(box): _option(box, things) for box in boxes}
    of_boxes = {id(option) for option in options.values()}
    labels = {id(box): _question(box, things, of_boxes) for box in boxes}
    return [_choice(group, options, labels, things) for group in _groups(boxes, labels)]


def _groups(boxes: Sequence[Placed], labels: dict[int, Piece | None]) -> list[list[Placed]]:
    """Return the boxes by their name; those of one row also by a counted name, or by their question."""
    groups: list[list[Placed]] = []
    for box in boxes:
        found = next((group for group in groups if _is_one_choice(group[0], box, labels)), None)
        if found is None:
            groups.append([box])
        else:
            found.append(box)
    return groups


def _is_one_choice(one: Placed, other: Placed, labels: dict[int, Piece | None]) -> bool:
    if one.field.name and one.field.name == other.field.name:
        return True
    label = labels[id(one)]
    is_asked = label is not None and label is labels[id(other)] and label.asks
    name = _uncounted(one.field.name)
    return is_asked or (name != "" and name == _uncounted(other.field.name) and same_row(one.box, other.box))


def _uncounted(name: str) -> str:
    return _COUNTED.sub("", name)


def _choice(
    group: list[Placed],
    options: dict[int, Piece | None],
    labels: dict[int, Piece | None],
    things: Sequence[Thing],
) -> Choice:
    first = group[0]
    own, label = options[id(first)], labels[id(first)]
    if len(group) == 1 and own is not None and not (label is not None and label.asks):
        label = own
    elif label is None and len(group) > 1:
        over = above(min(group, key=lambda box: box.box[1]), things)
        label = (
            over if isinstance(over, Piece) and all(over is not options[id(box)] for box in group) else None
        )
    return Choice(boxes=group, options=[options[id(box)] for box in group], label=label)


def _option(box: Placed, things: Sequence[Thing]) -> Piece | None:
    """Return the text closely to the right of a box, or at the head of its column of boxes."""
    beside = right_of(box, things)
    if isinstance(beside, Piece):
        return beside
    is_column = any(isinstance(other, Placed) for other in (beside, left_of(box, things)))
    return head_of(box, things) if is_column else None


def _question(box: Placed, things: Sequence[Thing], of_boxes: set[int]) -> Piece | None:
    """Return the text to the left of a row of boxes and of what they stand for."""
    for beside in _leftwards(box, things):
        if isinstance(beside, Piece) and id(beside) not in of_boxes:
            return beside
    return None


def _leftwards(box: Placed, things: Sequence[Thing]) -> Iterator[Thing]:
    beside = left_of(box, things)
    while beside is not None:
        yield beside
        beside = left_of(beside, things)
