"""The characters of a page, drawn in the file or recognized on a picture."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from enum import StrEnum

import numpy as np
from numpy.typing import NDArray

from ingest.parsers.pictures.recognition import RecognizedLine, in_columns

_SAME_HEIGHT = 0.3  # of the usual height of a line


class FieldKind(StrEnum):
    """What a form's field takes."""

    TEXT = "text"
    CHOICE = "choice"
    TICK = "tick"


@dataclass(frozen=True, slots=True, kw_only=True)
class FormField:
    """A field of a form at its place on a page."""

    kind: FieldKind
    name: str
    """In the file; the boxes of one choice share it."""
    label: str
    """What the file calls the field for a person, or empty."""
    value: str
    """The text, or what a box stands for; empty if the field is not filled in."""
    is_ticked: bool = False
    is_shown: bool = True
    """Whether a reader sees the value: no field that is hidden, a password or too small."""
    glyph: int = -1
    """The index of the glyph that stands for the field's place, or -1 if it has none on the page."""

    @property
    def is_filled(self) -> bool:
        """Whether somebody filled the field in."""
        return self.is_ticked if self.kind is FieldKind.TICK else bool(self.value)


@dataclass(frozen=True, slots=True, kw_only=True)
class Glyphs:
    """The characters of one page in the order in which the file draws them."""

    number: int
    """Of the page, 1-based."""
    width: float
    """In points, as `height`."""
    height: float
    codes: NDArray[np.uint32]
    """`(n,)` code points."""
    boxes: NDArray[np.float32]
    """`(n, 4)` x0, y0, x1, y1 in points from the top left corner of the page as it is shown; all zero for a
    character that PDFium inserted."""
    fonts: NDArray[np.bool_]
    """`(n, 3)` whether the font is bold, italic and of fixed pitch."""
    hidden: NDArray[np.uint8]
    """`(n,)` why a character cannot be seen, as a `Hidden` of `pdf/hidden.py`."""
    angles: NDArray[np.int16] | None = None
    """`(n,)` by how many degrees a character is turned clockwise on the page as it is shown, 0..359; None if
    all stand upright."""
    is_picture: bool = False
    """Whether the page is a picture that was not recognized."""
    confidence: float | None = None
    """The mean in 0..1 if the page was recognized."""
    fields: tuple[FormField, ...] = ()
    """The fields of a form that is filled in; a glyph without a code point stands for the place of each."""


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
    """Return the page with the lines recognized on its picture, which has `scale` pixels per point."""
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
        angles=None,
        is_picture=False,
        confidence=float(confidence),
    )


def with_places(page: Glyphs, boxes: NDArray[np.float32]) -> Glyphs:
    """Return the page with a glyph without a code point for each of the boxes, turned as most of its text."""
    count = len(boxes)
    angles = page.angles
    if angles is not None:
        usual = np.bincount(angles[page.boxes.any(axis=1)]).argmax()
        angles = np.append(angles, np.full(count, usual, np.int16))
    return replace(
        page,
        codes=np.append(page.codes, np.zeros(count, np.uint32)),
        boxes=np.concatenate([page.boxes, boxes]),
        fonts=np.concatenate([page.fonts, np.zeros((count, 3), np.bool_)]),
        hidden=np.append(page.hidden, np.zeros(count, np.uint8)),
        angles=angles,
    )


def filled_in(pages: Sequence[Glyphs], data: Sequence[tuple[str, str]]) -> list[Glyphs]:
    """Return the pages; `data`, labels and values of a form whose fields no page shows, is on the last one.

    If nothing is filled in, the pages have no fields: the form is blank.
    """
    if any(page.fields for page in pages):
        is_blank = not any(field.is_filled for page in pages for field in page.fields)
        return [replace(page, fields=()) if is_blank and page.fields else page for page in pages]
    more = tuple(FormField(kind=FieldKind.TEXT, name="", label=label, value=value) for label, value in data)
    return [*pages[:-1], *(replace(page, fields=more) for page in pages[-1:])]


def _of_even_height(lines: Sequence[RecognizedLine]) -> list[RecognizedLine]:
    """Return the lines, those of about the usual height set to exactly that height.

    A recognized line is as high as its letters: `sun` is lower than `Sky`, in the same font.
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
    """Return the boxes with another height and the same middle; the boxes of spaces stay zero."""
    middle = (boxes[:, 1] + boxes[:, 3]) / 2
    out = boxes.copy()
    out[:, 1], out[:, 3] = middle - height / 2, middle + height / 2
    out[~boxes.any(axis=1)] = 0
    return out
