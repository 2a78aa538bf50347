"""Hidden text: unpainted, in the colour of the paper, tiny, outside the page; and text that is struck out.

Hidden text is meant for machines, and struck-out text is withdrawn, so both are left out and reported; see
`hidden_notices`. The exception is the invisible text that text recognition lays over a scan.
"""

from collections.abc import Iterable, Sequence
from enum import IntEnum

import numpy as np
from numpy.typing import NDArray

_TINY_POINTS = 2.0
# A light character is visible if the brightness in its box differs by this, of 255.
_CONTRAST = 40
_SHOWN_CHARS = 80
_SHOWN_PAGES = 5
# Fewer characters, such as white blanks, are not a message.
_MIN_CHARS = 3


class Look(IntEnum):
    """How a character is painted."""

    PLAIN = 0
    FAINT = 1
    INVISIBLE = 2


class Hidden(IntEnum):
    """Why a character cannot be seen, or does not count."""

    NOT = 0
    UNPAINTED = 1
    LIKE_PAPER = 2
    TINY = 3
    OUTSIDE = 4
    STRUCK = 5


_WORDS = {
    Hidden.UNPAINTED: "invisible",
    Hidden.LIKE_PAPER: "in the colour of its background",
    Hidden.TINY: f"less than {_TINY_POINTS:g} points high",
    Hidden.OUTSIDE: "outside the page",
}


def hidden_by(
    looks: NDArray[np.uint8],
    boxes: NDArray[np.float32],
    size: tuple[float, float],
    paper: tuple[NDArray[np.uint8], float] | None,
    is_scanned: bool,
) -> NDArray[np.uint8]:
    """Return for each character why it is hidden, `(n,) uint8` of `Hidden`.

    `size` is the page's width and height in points; `paper` is its picture with the pixels per point,
    and is needed only for faint characters. On a page that `is_scanned`, invisible text is not hidden.
    """
    hidden = np.zeros(len(looks), np.uint8)
    placed = boxes.any(axis=1)
    x0, y0, x1, y1 = boxes.T
    hidden[placed & (np.maximum(x1 - x0, y1 - y0) < _TINY_POINTS)] = Hidden.TINY
    outside = placed & ((x1 < 0) | (y1 < 0) | (x0 > size[0]) | (y0 > size[1]))
    hidden[outside] = Hidden.OUTSIDE
    if not is_scanned:
        hidden[(looks == Look.INVISIBLE) & placed] = Hidden.UNPAINTED
    if paper is not None:
        faint = np.flatnonzero((looks == Look.FAINT) & placed & (hidden == Hidden.NOT))
        unseen = [at for at in faint.tolist() if not _is_seen(boxes[at], *paper)]
        hidden[unseen] = Hidden.LIKE_PAPER
    return hidden


def hidden_notices(pages: Iterable[tuple[int, NDArray[np.uint32], NDArray[np.uint8]]]) -> list[str]:
    """Return the notices about hidden text on pages of (number, code points, result of `hidden_by`)."""
    texts: dict[Hidden, list[str]] = {}
    numbers: dict[Hidden, list[int]] = {}
    for number, codes, hidden in pages:
        for kind in map(Hidden, np.unique(hidden[hidden > 0]).tolist()):
            text = _text(codes, hidden, kind)
            if kind is Hidden.STRUCK or len(text.replace(" ", "")) >= _MIN_CHARS:
                texts.setdefault(kind, []).append(text)
                numbers.setdefault(kind, []).append(number)
    return [
        f"{_said(kind)} on {page_list(numbers[kind])}: “{' '.join(parts)[:_SHOWN_CHARS].strip()}”"
        for kind, parts in texts.items()
    ]


def _said(kind: Hidden) -> str:
    if kind is Hidden.STRUCK:
        return "Text that is struck out was left out"
    return f"Hidden text was left out, {_WORDS[kind]},"


def page_list(numbers: Sequence[int]) -> str:
    """Return page numbers in words: `page 3`, `pages 1, 2, 4`, `pages 1, 2, 3, 4, 5 and 7 more`."""
    shown = ", ".join(map(str, numbers[:_SHOWN_PAGES]))
    more = f" and {len(numbers) - _SHOWN_PAGES} more" if len(numbers) > _SHOWN_PAGES else ""
    return f"page{'s' if len(numbers) > 1 else ''} {shown}{more}"


def _text(codes: NDArray[np.uint32], hidden: NDArray[np.uint8], kind: Hidden) -> str:
    """Return the hidden characters; a space stands for characters between them that are not hidden."""
    at = np.flatnonzero(hidden == kind)
    apart = np.flatnonzero(np.diff(at) > 1) + 1
    runs = (
        "".join(chr(code) if 0x20 <= code < 0xD800 else " " for code in codes[run].tolist())
        for run in np.split(at, apart)
    )
    return " ".join(" ".join(runs).split())


def _is_seen(box: NDArray[np.float32], image: NDArray[np.uint8], scale: float) -> bool:
    """Return whether a character's part of a picture has contrast."""
    left, top = np.floor(box[:2] * scale).astype(int).clip(0)
    right, bottom = np.ceil(box[2:] * scale).astype(int)
    part = image[top : bottom + 1, left : right + 1].astype(np.int16)
    return bool(part.size) and int((part.max(axis=(0, 1)) - part.min(axis=(0, 1))).max()) >= _CONTRAST
