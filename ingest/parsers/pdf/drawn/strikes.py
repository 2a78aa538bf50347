"""Which characters are struck out: a line runs through their middle and is as long as they are."""

import numpy as np
from numpy.typing import NDArray

# Where a line crosses, as a share of a character's box from its top: underlines are at 0.9, the edges of
# cells outside; through capital letters it is at 0.5, through small ones at 0.6.
_FROM_TOP, _TO_TOP = 0.36, 0.72
_COVERED = 0.5  # of a character's width
# A line along a whole chart or table is no strike: it may reach as far beyond the text, in its heights, and
# must cover this share of itself.
_BEYOND, _FILLED = 0.6, 0.6
# It ends with the text, give or take; one or two letters must fit closely, or a drawing's strokes would do.
_SHORT, _BEYOND_FEW, _FEW = 0.3, 0.2, 2
_MAX_THICKNESS = 0.25  # of the text's height
# Pieces of one line: letters are often struck one by one.
_SAME_LINE_POINTS, _NEXT_PIECE_POINTS = 0.6, 1.5
_TOUCHING = 0.15
_SPACE, _FIRST_UNSPACED = 0x20, 0x2E80
_MAX_LINES = 5_000


def struck(
    codes: NDArray[np.uint32],
    boxes: NDArray[np.float32],
    sideways: NDArray[np.bool_],
    rules: NDArray[np.float32],
    areas: NDArray[np.float32],
) -> NDArray[np.bool_]:
    """Return which characters are struck out.

    `boxes`, `rules` and `areas` are `(n, 4)` x0, y0, x1, y1 from the top left corner of the page as it is
    shown; `sideways` tells the characters that stand on their side.
    """
    found = _inside(boxes, areas)
    for turn in (False, True):
        own = np.flatnonzero((sideways == turn) & (codes > _SPACE) & boxes.any(axis=1))
        places = [1, 0, 3, 2] if turn else [0, 1, 2, 3]
        lines = _whole_lines(rules[:, places])
        if len(own) and len(lines):
            spelled = np.array([_is_spelled(code) for code in codes[own].tolist()], np.bool_)
            joined = (np.diff(own) == 1) & spelled[1:] & spelled[:-1]
            found[own] |= _crossed(boxes[own][:, places], joined, lines)
    return found


def _is_spelled(code: int) -> bool:
    """Return whether a character is part of words that spaces separate."""
    return code < _FIRST_UNSPACED and chr(code).isalnum()


def _inside(boxes: NDArray[np.float32], areas: NDArray[np.float32]) -> NDArray[np.bool_]:
    x, y = (boxes[:, 0] + boxes[:, 2]) / 2, (boxes[:, 1] + boxes[:, 3]) / 2
    found = np.zeros(len(boxes), np.bool_)
    for x0, y0, x1, y1 in areas:
        found |= (x > x0) & (x < x1) & (y > y0) & (y < y1) & boxes.any(axis=1)
    return found


def _whole_lines(rules: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return the lines that run along the text, pieces of one line joined."""
    flat = rules[(rules[:, 2] - rules[:, 0]) > (rules[:, 3] - rules[:, 1])]
    lines: list[NDArray[np.float32]] = []
    for line in flat[np.lexsort((flat[:, 0], np.rint(flat[:, 1] / _SAME_LINE_POINTS)))]:
        last = lines[-1] if lines else None
        is_level = last is not None and abs(line[1] - last[1]) < _SAME_LINE_POINTS
        if last is not None and is_level and line[0] - last[2] < _NEXT_PIECE_POINTS:
            last[2] = max(last[2], line[2])
        elif len(lines) < _MAX_LINES:
            lines.append(line.copy())
    return np.array(lines, np.float32).reshape(-1, 4)


def _crossed(
    boxes: NDArray[np.float32], joined: NDArray[np.bool_], lines: NDArray[np.float32]
) -> NDArray[np.bool_]:
    """Return which characters are crossed; `joined` tells those, except the last, whose word goes on."""
    found = np.zeros(len(boxes), np.bool_)
    x0, y0, x1, y1 = boxes.T
    width, height = np.maximum(x1 - x0, 0.1), np.maximum(y1 - y0, 0.1)
    for left, top, right, bottom in lines:
        level = ((top + bottom) / 2 - y0) / height
        covered = (np.minimum(x1, right) - np.maximum(x0, left)) > _COVERED * width
        hit = np.flatnonzero((level > _FROM_TOP) & (level < _TO_TOP) & covered)
        if len(hit) == 0 or bottom - top > _MAX_THICKNESS * height[hit].mean():
            continue
        ends = np.array([x0[hit].min() - left, right - x1[hit].max()]) / height[hit].mean()
        fits = ends.min() > -_SHORT and ends.max() < (_BEYOND if len(hit) > _FEW else _BEYOND_FEW)
        is_filled = width[hit].sum() > _FILLED * (right - left)
        if fits and is_filled and _are_whole_words(hit, boxes, joined):
            found[hit] = True
    return found


def _are_whole_words(hit: NDArray[np.int64], boxes: NDArray[np.float32], joined: NDArray[np.bool_]) -> bool:
    """Return whether no crossed letter touches one that is not: lines of a drawing cut words anywhere."""
    is_hit = np.zeros(len(boxes), np.bool_)
    is_hit[hit] = True
    step = boxes[1:, 0] - boxes[:-1, 2]
    level = np.abs(boxes[1:, 3] - boxes[:-1, 3])
    height = np.maximum(boxes[1:, 3] - boxes[1:, 1], 1.0)
    touches = joined & (np.abs(step) < _TOUCHING * height) & (level < _TOUCHING * height)
    return not bool((touches & (is_hit[1:] != is_hit[:-1])).any())
