"""What openpyxl's read-only mode does not return: merged cells, and formulas without a stored value."""

import re
from dataclasses import dataclass, field
from html import unescape
from typing import IO

from openpyxl.utils import column_index_from_string
from openpyxl.utils.cell import coordinate_from_string, range_boundaries

_MERGED = re.compile(rb"<(?:\w+:)?mergeCell\s[^>]*?\bref=\"([A-Z]{1,3}\d{1,7}:[A-Z]{1,3}\d{1,7})\"")
# A cell with a formula and no value; an empty value of the type `str` is the formula's result.
_UNCOMPUTED = re.compile(
    rb"<(?:\w+:)?c\s([^>]*)>\s*<(?:\w+:)?f(?:\s[^>]*)?(?:/>|>([^<]*)</(?:\w+:)?f>)\s*"
    rb"(<(?:\w+:)?v\s*/>|<(?:\w+:)?v>\s*</(?:\w+:)?v>)?\s*</(?:\w+:)?c>"
)
_PLACE = re.compile(rb"\br=\"([A-Z]{1,3}\d{1,7})\"")
_STRING = re.compile(rb"\bt=\"str\"")
_BLOCK_BYTES = 2**20
# Longer than any element that is searched for: a formula has at most 8,192 characters.
_OVERLAP_BYTES = 40_000
_MOST = 100_000


@dataclass(frozen=True, slots=True)
class SheetMarkup:
    """What the markup of a sheet says besides the cells' values; rows and columns are 1-based."""

    merged_downwards: dict[tuple[int, int], int] = field(default_factory=dict)
    """The last row of each merged cell that spans rows, by its first row and column."""
    uncomputed: dict[tuple[int, int], str] = field(default_factory=dict)
    """The formulas without a stored value, by row and column; empty for a copy of another cell's formula."""


def read_markup(sheet: IO[bytes]) -> SheetMarkup:
    """Return what the markup of a sheet says."""
    found = SheetMarkup()
    rest = b""
    while block := sheet.read(_BLOCK_BYTES):
        data = rest + block
        ends = [_find_merged(data, found), _find_uncomputed(data, found)]
        rest = data[max(*ends, len(data) - _OVERLAP_BYTES) :]
    return found


def _find_merged(data: bytes, found: SheetMarkup) -> int:
    """Add the merged cells; return where the last one ends."""
    end = 0
    for match in _MERGED.finditer(data):
        left, top, _, bottom = range_boundaries(match[1].decode("ascii"))
        if left and top and bottom and bottom > top and len(found.merged_downwards) < _MOST:
            found.merged_downwards[top, left] = bottom
        end = match.end()
    return end


def _find_uncomputed(data: bytes, found: SheetMarkup) -> int:
    """Add the formulas without a value; return where the last one ends."""
    end = 0
    for match in _UNCOMPUTED.finditer(data):
        place = _PLACE.search(match[1])
        if place and not (match[3] and _STRING.search(match[1])) and len(found.uncomputed) < _MOST:
            letters, row = coordinate_from_string(place[1].decode("ascii"))
            formula = unescape((match[2] or b"").decode("utf-8", "replace"))
            found.uncomputed[row, column_index_from_string(letters)] = formula
        end = match.end()
    return end
