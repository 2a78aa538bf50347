"""Writing that is turned: a page as seen by a reader who turns it for each direction of its text.

The layout stages know upright text only. A view has the page's characters of one direction, with boxes
as they are when that direction is upright; the characters keep their places in the page's order.
"""

from collections import Counter
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from ingest.parsers.pictures.glyphs import Glyphs

UPSIDE_DOWN = 180  # degrees, clockwise, as all here
_FULL_TURN, _QUARTER, _DOWN = 360, 90, 90
# A page may be scanned or drawn a little askew.
_ASKEW = 3
# Letters along a curve have as many directions as letters; only a direction of some letters is a text's.
_MIN_CHARS = 3
_MAX_DIRECTIONS = 12
# About the height of a line as a share of the width and height of its narrowest letter together.
_LETTER_HEIGHT = 0.8
# Chinese and Japanese letters, with their punctuation, are set in columns as well as in lines.
_WIDE = ((0x2E80, 0x9FFF), (0xF900, 0xFAFF), (0xFE30, 0xFE4F), (0xFF00, 0xFFEF), (0x20000, 0x3FFFF))
_MIN_WIDE = 8
_COLUMN_SHARE = 0.6
# In a column the next letter stands below, aside by less and away by at most so much of its size.
_ASIDE, _STEP = 0.35, 1.8


def views(page: Glyphs) -> list[tuple[int, Glyphs]]:
    """Return the page once for each direction of its text, the one with the most characters first.

    Each comes with the direction's angle on the page, 0..359 degrees clockwise.
    """
    angles = _directions(page)
    if not angles.any() and _is_in_columns(page):
        return [(_DOWN, _without_gaps(_view(page, _DOWN, angles != 0)))]
    if not angles.any():
        return [(0, page)]
    placed = page.boxes.any(axis=1)
    counts = Counter(angles[placed].tolist())
    return [(angle, _view(page, angle, placed & (angles != angle))) for angle, _ in counts.most_common()]


def _directions(page: Glyphs) -> NDArray[np.int16]:
    """Return the angle of each character's text, 0..359."""
    angles = np.zeros(len(page.codes), np.int16) if page.angles is None else page.angles.copy()
    quarters = (np.rint(angles / _QUARTER).astype(np.int16) * _QUARTER) % _FULL_TURN
    off = np.abs((angles - quarters + _FULL_TURN // 2) % _FULL_TURN - _FULL_TURN // 2)
    angles = np.where(off <= _ASKEW, quarters, angles)
    known = Counter(angles[page.boxes.any(axis=1)].tolist()).most_common(_MAX_DIRECTIONS)
    kept = [angle for angle, count in known if count >= _MIN_CHARS or angle % _QUARTER == 0]
    return np.where(np.isin(angles, kept), angles, 0).astype(np.int16)


def _is_in_columns(page: Glyphs) -> bool:
    """Return whether most Chinese and Japanese letters stand below each other, upright."""
    wide = page.boxes.any(axis=1)
    wide &= np.any([(page.codes >= low) & (page.codes <= high) for low, high in _WIDE], axis=0)
    boxes = page.boxes[wide]
    if len(boxes) < _MIN_WIDE:
        return False
    size = np.maximum(boxes[:-1, 2] - boxes[:-1, 0], 1.0)
    aside = np.abs(boxes[1:, 0] + boxes[1:, 2] - boxes[:-1, 0] - boxes[:-1, 2]) / 2
    step = (boxes[1:, 1] + boxes[1:, 3] - boxes[:-1, 1] - boxes[:-1, 3]) / 2
    below = (aside < _ASIDE * size) & (step > 0.5 * size) & (step < _STEP * size)
    return bool(below.mean() > _COLUMN_SHARE)


def _without_gaps(view: Glyphs) -> Glyphs:
    """Return the view with letters that reach to the next: in columns they stand apart, words do not."""
    boxes = view.boxes.copy()
    placed = np.flatnonzero(boxes.any(axis=1))
    one, other = placed[:-1], placed[1:]
    gap, size = boxes[other, 0] - boxes[one, 2], boxes[one, 3] - boxes[one, 1]
    near = (gap > 0) & (gap < (_STEP - 1) * size)
    boxes[one[near], 2] = boxes[other[near], 0]
    return replace(view, boxes=boxes)


def _view(page: Glyphs, angle: int, others: NDArray[np.bool_]) -> Glyphs:
    """Return the page turned so that text at this angle is upright, without the other characters."""
    codes = np.where(others, 0, page.codes).astype(np.uint32)
    if angle == 0:
        return replace(page, codes=codes, angles=None)
    radians = np.radians(angle)
    along = np.array([np.cos(radians), np.sin(radians)], np.float32)  # where the text goes
    down = np.array([-np.sin(radians), np.cos(radians)], np.float32)  # where its next line is
    corners = np.array([(0, 0), (page.width, 0), (0, page.height), (page.width, page.height)], np.float32)
    placed = page.boxes.any(axis=1)
    own = placed & ~others
    middles = (page.boxes[:, :2] + page.boxes[:, 2:]) / 2
    x, y = middles @ along - (corners @ along).min(), middles @ down - (corners @ down).min()
    halves = np.zeros((len(codes), 2), np.float32)
    halves[own] = _sizes(page.boxes[own], angle) / 2
    boxes = np.stack([x - halves[:, 0], y - halves[:, 1], x + halves[:, 0], y + halves[:, 1]], axis=1)
    boxes[~placed] = 0
    width, height = np.ptp(corners @ along), np.ptp(corners @ down)
    return replace(
        page,
        codes=codes,
        boxes=boxes.astype(np.float32),
        angles=None,
        width=float(width),
        height=float(height),
    )


def _sizes(boxes: NDArray[np.float32], angle: int) -> NDArray[np.float32]:
    """Return the `(n, 2)` width and height of turned characters from the boxes around them."""
    width, height = boxes[:, 2] - boxes[:, 0], boxes[:, 3] - boxes[:, 1]
    if angle % _QUARTER == 0:
        swapped = angle % (2 * _QUARTER) != 0
        return np.stack([height, width] if swapped else [width, height], axis=1)
    radians = np.radians(angle)
    both = (width + height) / (abs(np.cos(radians)) + abs(np.sin(radians)))
    letter = np.minimum(_LETTER_HEIGHT * both.min(), both)
    return np.stack([both - letter, letter], axis=1).astype(np.float32)
