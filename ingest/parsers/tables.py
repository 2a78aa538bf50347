"""The header of a table, guessed for formats that do not mark it."""

import re
from collections.abc import Sequence

# Values, not names: a number with its unit, a date, a sum of money.
_VALUE = re.compile(
    r"[-+~≤≥<>=±(]*\s*[$€£¥]?\s*\d[\d.,:/\s'-]*\s*(%|[a-zA-Zµ°Ω]{1,4})?\)?(\s*[ap]\.?m\.?)?", re.IGNORECASE
)
# A year is the name of a column more often than it is a value in the first row.
_YEAR = re.compile(r"(19|20)\d\d")
_MAX_VALUE_CHARS = 40
_COMPARED_ROWS = 3
# Longer cells are sentences: content, not names of columns.
_MAX_NAME_CHARS = 80


def split_header(rows: Sequence[Sequence[str]]) -> tuple[list[str], list[list[str]]]:
    """Return a table's header and its other rows, guessed from the cells' texts.

    The first row is the header if it names at least two columns and holds no value, or values only
    where the next rows hold none; a second row is part of it if the first one leaves columns
    unnamed that the second one names.
    """
    kept = [list(row) for row in rows if any(cell.strip() for cell in row)]
    if (
        len(kept) < 2
        or _is_pair(kept[0])
        or not (_names(kept[0]) or _differs(kept[0], kept[1 : 1 + _COMPARED_ROWS]))
    ):
        return [], kept
    if len(kept) > 2 and _is_group_header(*kept[:3]):
        return joined_header(kept[:2]), kept[2:]
    return kept[0], kept[1:]


def joined_header(rows: Sequence[Sequence[str]]) -> list[str]:
    """Return one header for several header rows: each lower name follows the upper name above it."""
    width = max((len(row) for row in rows), default=0)
    names: list[list[str]] = [[] for _ in range(width)]
    for depth, row in enumerate(rows):
        carried = ""
        for column in range(width):
            cell = row[column].strip() if column < len(row) else ""
            carried = cell or (carried if depth < len(rows) - 1 else "")
            if carried and carried not in names[column]:
                names[column].append(carried)
    return [" ".join(parts) for parts in names]


def is_value(text: str) -> bool:
    """Return whether a cell holds a value, such as a number, rather than a name."""
    stripped = text.strip()
    return (
        len(stripped) <= _MAX_VALUE_CHARS
        and bool(_VALUE.fullmatch(stripped))
        and not _YEAR.fullmatch(stripped)
    )


def _is_pair(row: Sequence[str]) -> bool:
    """Return whether a row is a name and its value, such as `Document | SP-04`, and not a header."""
    return (
        len(row) == 2 and any(letter.isdigit() for letter in row[1]) and not _YEAR.fullmatch(row[1].strip())
    )


def _names(row: Sequence[str]) -> bool:
    filled = [cell.strip() for cell in row if cell.strip()]
    return len(filled) >= 2 and not any(is_value(cell) or len(cell) > _MAX_NAME_CHARS for cell in filled)


def _differs(first: Sequence[str], following: Sequence[Sequence[str]]) -> bool:
    """Return whether the first row holds values, such as column numbers, and the rows below it do not."""
    if sum(bool(cell.strip()) for cell in first) < 2 or max(map(len, first)) > _MAX_NAME_CHARS:
        return False
    below = [cell for row in following for cell, head in zip(row, first, strict=False) if is_value(head)]
    return bool(below) and not any(is_value(cell) or not cell.strip() for cell in below)


def _is_group_header(first: Sequence[str], second: Sequence[str], third: Sequence[str]) -> bool:
    adds = any(
        cell.strip() and not (column < len(first) and first[column].strip())
        for column, cell in enumerate(second)
    )
    return adds and _names(second) and any(is_value(cell) for cell in third)
