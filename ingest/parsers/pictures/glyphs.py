"""A page's characters, and how a picture's recognized lines become them."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from ingest.parsers.pictures.recognition import RecognizedLine, in_columns

_SAME_HEIGHT = 0.3  # of the usual height of a line


@dataclass(frozen=True, slots=True, kw_only=True)
class Glyphs:
    """The characters of one page in the order in which the file draws them.

    `codes` `(n,) uint32` are code points; `boxes` `(n, 4) float32` are x0, y0, x1, y1 in points
    from the top left corner of the page as it is shown, all zero for a character that PDFium put
    in itself; `fonts` `(n, 3) bool` tells whether the font is bold, italic and of fixed pitch;
    `hidden` `(n,) uint8` why a character cannot be seen, a `pdf_hidden.Hidden`.
    `width` and `height` are in points. `is_picture` says that the page is one and was not read,
    `confidence` is the mean of a page that was recognized, in 0..1.
    """

    number: int
    width: float
    height: float
    codes: NDArray[np.uint32]
    boxes: NDArray[np.float32]
    fonts: NDArray[np.bool_]
    hidden: NDArray[np.uint8]
    is_picture: bool = False
    confidence: float | None = None


def blank(number: int, width: float = 0.0, height: float = 0.0) -> Glyphs:
    """Return a page without characters."""
    codes, hidden = np.zeros(0, np.uint32), np.zeros(0, np.uint8)
    return Glyphs(
        number=number,
        width=width,
        height=height,
        codes=codes,
        boxes=np.zeros((0, 4), np.float32),
        fonts=np.zeros((0, 3), np.bool_),
        hidden=hidden,
    )


def recognized(page: Glyphs, lines: Sequence[RecognizedLine], scale: float) -> Glyphs:
    """Return the page with what was recognized on its picture of `scale` pixels per point."""
    if not lines:
        return replace(page, is_picture=False)
    ordered = _of_even_height(in_columns(lines))
    text = "\n".join(line.text for line in ordered)
    nowhere = np.zeros((1, 4), np.float32)
    boxes = np.concatenate([part for line in ordered for part in (line.boxes / scale, nowhere)])[:-1]
    confidence = np.average([line.confidence for line in lines], weights=[len(line.text) for line in lines])
    return replace(
        page,
        codes=np.frombuffer(text.encode("utf-32-le"), np.uint32),
        boxes=boxes,
        fonts=np.zeros((len(text), 3), np.bool_),
        hidden=np.zeros(len(text), np.uint8),
        is_picture=False,
        confidence=float(confidence),
    )


def _of_even_height(lines: Sequence[RecognizedLine]) -> list[RecognizedLine]:
    """Return lines of which those that are about as high as most are exactly so.

    What is recognized is as high as its letters: `sun` is lower than `Sky`, in the same font.
    """
    heights = [float((line.boxes[:, 3] - line.boxes[:, 1]).max()) for line in lines]
    letters = np.repeat(heights, [len(line.text) for line in lines])
    usual = float(np.median(letters))
    return [
        replace(line, boxes=_as_high(line.boxes, usual))
        if abs(height - usual) < _SAME_HEIGHT * usual
        else line
        for line, height in zip(lines, heights, strict=True)
    ]


def _as_high(boxes: NDArray[np.float32], height: float) -> NDArray[np.float32]:
    """Return boxes of another height with the same middle; those of spaces stay nothing."""
    middle = (boxes[:, 1] + boxes[:, 3]) / 2
    out = boxes.copy()
    out[:, 1], out[:, 3] = middle - height / 2, middle + height / 2
    out[~boxes.any(axis=1)] = 0
    return out
