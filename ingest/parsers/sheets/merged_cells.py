"""The merged cells of a sheet, which openpyxl's read-only mode does not return."""

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
    """Return the last row of each merged cell that spans rows, by its first row and column; all 1-based."""
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
