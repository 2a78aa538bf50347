"""The characters of a PDF as text that can be stored and read."""

import re
import unicodedata

import numpy as np
from numpy.typing import NDArray

from ingest.parsers.base import INVISIBLE

# Hebrew, Arabic and their kin, with the forms of letters that fonts draw; Arabic digits run to the right.
_LEFTWARD = ((0x590, 0x8FF), (0xFB1D, 0xFDFF), (0xFE70, 0xFEFF))
_ARABIC_DIGITS = ((0x660, 0x669), (0x6F0, 0x6F9))
_BULLET = "•"
_HYPHENS = (0x02, 0xAD)  # PDFium's mark for a hyphen at a line's end; the soft hyphen
_PRIVATE = (0xE000, 0xF8FF)  # symbol fonts, mostly bullets
_LAST_CODE = 0x10FFFF
_REPLACEMENT = 0xFFFD
_DOT_LEADER = re.compile(r"(?:\s?[.·…_]){4,}\s?")
_SPECIAL = re.compile(
    f"{INVISIBLE.pattern}|[\ue000-\uf8ff\ufb00-\ufdff\ufe70-\ufeff\u0300-\u036f]|[.·…_]\\s?[.·…_]\\s?[.·…_]\\s?[.·…_]"
)


def repaired(codes: NDArray[np.uint32]) -> NDArray[np.uint32]:
    """Return code points that can be stored: surrogate pairs are joined, invalid ones replaced."""
    codes = codes.copy()
    codes[np.isin(codes, _HYPHENS)] = ord("-")
    high = np.flatnonzero((codes[:-1] >> 10 == 0x36) & (codes[1:] >> 10 == 0x37))
    codes[high] = 0x10000 + ((codes[high] & 0x3FF) << 10) + (codes[high + 1] & 0x3FF)
    codes[high + 1] = 0
    codes[(codes >> 11 == 0x1B) | (codes > _LAST_CODE)] = _REPLACEMENT
    return codes


def steps(codes: NDArray[np.uint32], boxes: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return how far each character, except the last, is from the next in the direction of reading.

    Negative if the next one overlaps it or stands back. A word and a number beside it that is read the
    other way are as far apart as their nearest edges.
    """
    onward: NDArray[np.float32] = boxes[1:, 0] - boxes[:-1, 2]
    leftward = _within(codes, _LEFTWARD) & ~_within(codes, _ARABIC_DIGITS)
    if not leftward.any():
        return onward
    leftward = _with_signs(codes, leftward)
    overlap = np.minimum(boxes[1:, 3], boxes[:-1, 3]) > np.maximum(boxes[1:, 1], boxes[:-1, 1])
    turns = leftward[1:] != leftward[:-1]
    found = np.where(leftward[1:], boxes[:-1, 0] - boxes[1:, 2], onward)
    starts = np.concatenate([[0], np.flatnonzero(turns | ~overlap) + 1])
    left, right = np.minimum.reduceat(boxes[:, 0], starts), np.maximum.reduceat(boxes[:, 2], starts)
    apart = np.maximum(left[1:] - right[:-1], left[:-1] - right[1:])
    found[starts[1:] - 1] = np.where((turns & overlap)[starts[1:] - 1], apart, found[starts[1:] - 1])
    return found


def _with_signs(codes: NDArray[np.uint32], leftward: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Return which characters are read leftwards: signs are read as the letter in front of them."""
    own = np.array([leftward[at] or chr(code).isalnum() for at, code in enumerate(codes.tolist())])
    own[0] = True
    before = np.maximum.accumulate(np.where(own, np.arange(len(codes)), 0))
    return np.asarray(leftward[before], np.bool_)


def _within(codes: NDArray[np.uint32], ranges: tuple[tuple[int, int], ...]) -> NDArray[np.bool_]:
    return np.asarray(np.any([(codes >= low) & (codes <= high) for low, high in ranges], axis=0))


def spelled_out(text: str, glyphs: NDArray[np.int32]) -> tuple[str, NDArray[np.int32]]:
    """Return a text and its glyphs as they are stored; most texts are unchanged."""
    return _replaced(text, glyphs) if _SPECIAL.search(text) else (text, glyphs)


def _replaced(text: str, glyphs: NDArray[np.int32]) -> tuple[str, NDArray[np.int32]]:
    """Replace ligatures, private bullets, loose accents and dot leaders; drop invisible characters.

    A dot leader becomes one ellipsis.
    """
    skipped = {at for match in _DOT_LEADER.finditer(text) for at in range(match.start(), match.end() - 1)}
    ends = {match.end() - 1 for match in _DOT_LEADER.finditer(text)}
    out: list[str] = []
    kept: list[int] = []
    for position, (character, glyph) in enumerate(zip(text, glyphs.tolist(), strict=True)):
        if position in skipped:
            continue
        said = " … " if position in ends else _said(character, is_first=position == 0)
        if out and unicodedata.combining(character):
            composed = unicodedata.normalize("NFC", out[-1] + character)
            if len(composed) == 1:
                out[-1] = composed
                continue
        if not out or out[-1] == " ":
            said = said.lstrip()
        out += said
        kept += [glyph] * len(said)
    while out and out[-1] == " ":
        out.pop()
        kept.pop()
    return "".join(out), np.array(kept, np.int32)


def _said(character: str, is_first: bool) -> str:
    if "\ufb00" <= character <= "\ufdff" or "\ufe70" <= character < "\ufeff":
        return unicodedata.normalize("NFKC", character)
    if _PRIVATE[0] <= ord(character) <= _PRIVATE[1]:
        return _BULLET if is_first else ""
    return INVISIBLE.sub("", character)
