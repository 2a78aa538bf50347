"""Text recognition: the lines on the picture of a page, as characters with boxes.

`recognizer.py` returns the engine that is installed; without one, pictures are not read.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from core.values.notices import INSTALL_OCR

INSTALL = INSTALL_OCR
LOW_CONFIDENCE = 0.85
"""A page with a lower mean is reported; on rendered pages the mean is above 0.95."""
# Each page takes seconds, so this bounds the time of one file.
MAX_RECOGNIZED_PAGES = 500
MAX_IMAGE_PIXELS = 40_000_000

# Groups of lines side by side are columns of text if each has this many lines of this many characters.
_COLUMN_LINES = 4
_COLUMN_CHARS = 18.0


@dataclass(frozen=True, slots=True)
class RecognizedLine:
    """A line of text on a picture."""

    text: str
    boxes: NDArray[np.float32]
    """`(len(text), 4)` x0, y0, x1, y1 of the characters, in pixels from the picture's top left corner; all
    zero for a space."""
    confidence: float
    """In 0..1."""


class Recognizer(Protocol):
    """Recognizes the text on a picture."""

    def recognize(self, image: NDArray[np.uint8]) -> list[RecognizedLine]:
        """Return the lines of `image` `(height, width, 3)`, blue, green, red, from top to bottom."""
        ...


GetRecognizer = Callable[[], Recognizer | None]


def no_recognizer() -> None:
    """Return no recognizer, so that pictures are not read."""


def in_columns(lines: Sequence[RecognizedLine]) -> list[RecognizedLine]:
    """Return the lines in reading order: columns of text one after the other, other lines from top to bottom.

    The page is cut along empty strips: across first, and from top to bottom if both sides are columns
    of text, so that a table's columns stay together (Nagy's recursive X-Y cut).
    """
    extents = [_extent(line) for line in lines]
    return [lines[at] for at in _ordered(list(range(len(lines))), extents, lines)]


def _ordered(
    members: list[int], extents: Sequence[NDArray[np.float32]], lines: Sequence[RecognizedLine]
) -> list[int]:
    cut = _column_cut(members, extents, lines)
    if cut is not None:
        return [at for part in cut for at in _ordered(part, extents, lines)]
    rows = _bands(members, extents, axis=1)
    if len(rows) == 1:
        return members
    # Neighbouring bands may form columns only together.
    for first in range(len(rows)):
        for last in range(len(rows), first + 1, -1):
            part = [at for row in rows[first:last] for at in row]
            if last - first < len(rows) and _column_cut(part, extents, lines) is not None:
                head = [at for row in rows[:first] for at in row]
                tail = [at for row in rows[last:] for at in row]
                return [*head, *_ordered(part, extents, lines), *_ordered(tail, extents, lines)]
    return members


def _column_cut(
    members: Sequence[int], extents: Sequence[NDArray[np.float32]], lines: Sequence[RecognizedLine]
) -> list[list[int]] | None:
    """Return the columns of text that these lines form, or None."""
    parts = _bands(members, extents, axis=0)
    if len(parts) < 2 or any(len(part) < _COLUMN_LINES for part in parts):
        return None
    mean = min(float(np.mean([len(lines[at].text) for at in part])) for part in parts)
    return parts if mean >= _COLUMN_CHARS else None


def _bands(members: Sequence[int], extents: Sequence[NDArray[np.float32]], axis: int) -> list[list[int]]:
    """Return, in order, the groups of lines that empty strips across `axis` separate."""
    bands: list[list[int]] = []
    reached = -np.inf
    for at in sorted(members, key=lambda at: float(extents[at][axis])):
        if not bands or extents[at][axis] > reached:
            bands.append([])
        bands[-1].append(at)
        reached = max(reached, float(extents[at][axis + 2]))
    return [sorted(band, key=members.index) for band in bands]


def _extent(line: RecognizedLine) -> NDArray[np.float32]:
    """Return a line's box, its top and bottom drawn in, because recognizers add a margin."""
    drawn = line.boxes[line.boxes.any(axis=1)]
    low, high = drawn[:, :2].min(axis=0), drawn[:, 2:].max(axis=0)
    margin = 0.2 * (high[1] - low[1])
    return np.array([low[0], low[1] + margin, high[0], high[1] - margin], np.float32)
