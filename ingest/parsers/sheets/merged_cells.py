"""Which cells of a sheet are merged: the reader that keeps memory small does not tell."""

import re
from collections.abc import Iterator
from typing import IO

from openpyxl.utils.cell import range_boundaries

_REFERENCE = re.compile(rb"<(?:\w+:)?mergeCell\s[^>]*?\bref=\"([A-Z]{1,3}\d{1,7}:[A-Z]{1,3}\d{1,7})\"")
_BLOCK_BYTES = 2**20
# Longer than any such element.
_OVERLAP_BYTES = 200
_MAX_MERGED = 100_000


def merged_downwards(sheet: IO[bytes]) -> dict[tuple[int, int], int]:
    """Return, by row and column of its first cell, the last row of each cell that spans rows; 1-based."""
    found: dict[tuple[int, int], int] = {}
    for reference in _references(sheet):
        left, top, _, bottom = range_boundaries(reference)
        if left and top and bottom and bottom > top and len(found) < _MAX_MERGED:
            found[top, left] = bottom
    return found


def _references(sheet: IO[bytes]) -> Iterator[str]:
    rest = b""
    while block := sheet.read(_BLOCK_BYTES):
        data = rest + block
        end = 0
        for match in _REFERENCE.finditer(data):
            yield match[1].decode("ascii")
            end = match.end()
        rest = data[max(end, len(data) - _OVERLAP_BYTES) :]
