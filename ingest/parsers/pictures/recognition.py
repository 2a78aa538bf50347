"""Text recognition: what a picture of a page says, as characters with boxes.

`recognizer.py` returns the engine that is installed; without one, pictures are not read.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

INSTALL = "install text recognition (pip install 'vademecum[ocr]') and run again with --retry"
LOW_CONFIDENCE = 0.85
"""Below this mean a page is reported: on rendered pages the recognizer is above 0.95."""
# A page that takes seconds to read, times this, is the most that one file may cost.
MAX_RECOGNIZED_PAGES = 500
MAX_IMAGE_PIXELS = 40_000_000

# Two groups of lines side by side are columns of text if both hold this many lines of this many characters.
_COLUMN_LINES = 4
_COLUMN_CHARS = 18.0


@dataclass(frozen=True, slots=True)
class RecognizedLine:
    """A line: `boxes` `(len(text), 4) float32` are x0, y0, x1, y1 of its characters in the picture's
    pixels from its top left corner, all zero for a space. `confidence` lies in 0..1.
    """

    text: str
    boxes: NDArray[np.float32]
    confidence: float


class Recognizer(Protocol):
    """Reads the text of a picture."""

    def recognize(self, image: NDArray[np.uint8]) -> list[RecognizedLine]:
        """Return the lines of `image` `(height, width, 3)`, blue, green, red, from top to bottom."""
        ...


GetRecognizer = Callable[[], Recognizer | None]


def no_recognizer() -> None:
    """Return no recognizer: pictures are not read."""


def in_columns(lines: Sequence[RecognizedLine]) -> list[RecognizedLine]:
    """Return lines in reading order: columns of text one after the other, all else from top to bottom.

    The page is cut where no line crosses: across first, and from top to bottom where text stands on
    both sides, so that a table's columns stay together (Nagy's recursive X-Y cut).
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
    # Neighbouring bands that only together are columns are looked at together.
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
    """Return the columns of text that these lines are, or None."""
    parts = _bands(members, extents, axis=0)
    if len(parts) < 2 or any(len(part) < _COLUMN_LINES for part in parts):
        return None
    mean = min(float(np.mean([len(lines[at].text) for at in part])) for part in parts)
    return parts if mean >= _COLUMN_CHARS else None


def _bands(members: Sequence[int], extents: Sequence[NDArray[np.float32]], axis: int) -> list[list[int]]:
    """Return the groups of lines between which runs an empty strip across `axis`, in order."""
    bands: list[list[int]] = []
    reached = -np.inf
    for at in sorted(members, key=lambda at: float(extents[at][axis])):
        if not bands or extents[at][axis] > reached:
            bands.append([])
        bands[-1].append(at)
        reached = max(reached, float(extents[at][axis + 2]))
    return [sorted(band, key=members.index) for band in bands]


def _extent(line: RecognizedLine) -> NDArray[np.float32]:
    """Return a line's box, its top and bottom drawn in: recognizers add a margin to what they find."""
    drawn = line.boxes[line.boxes.any(axis=1)]
    low, high = drawn[:, :2].min(axis=0), drawn[:, 2:].max(axis=0)
    margin = 0.2 * (high[1] - low[1])
    return np.array([low[0], low[1] + margin, high[0], high[1] - margin], np.float32)
