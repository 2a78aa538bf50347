"""The text of one cell of a workbook: its value with its unit, or its formula if no value is stored."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from typing import Any

from openpyxl.cell.rich_text import CellRichText, TextBlock

from ingest.parsers.base import clean
from ingest.parsers.sheets.cell_formats import affixes, with_affixes
from ingest.parsers.sheets.times import as_elapsed, elapsed, is_elapsed, is_time_of_day

# Excel's own precision; further digits are noise of binary fractions.
_DIGITS = ".15g"
_MAX_FORMULA_CHARS = 80


@dataclass(kw_only=True)
class CellReader:
    """Reads the cells of one sheet, and keeps what is struck through in them."""

    uncomputed: dict[tuple[int, int], str]
    """The formulas without a stored value, by row and column; both 1-based."""
    struck_fonts: frozenset[int]
    """The workbook's fonts that strike through."""
    struck: list[str] = field(default_factory=list)
    """The texts that were left out because they are struck through."""

    def row(self, row: int, values: Sequence[Any]) -> list[str]:
        """Return the texts of a row's cells."""
        texts = [self._text(cell) for cell in values]
        if self.uncomputed:
            for column in range(1, len(texts) + 1):
                if (row, column) in self.uncomputed:
                    texts[column - 1] = _not_computed(self.uncomputed[row, column])
        return texts

    def _text(self, cell: Any) -> str:
        value = cell.value
        if value is None:
            return ""
        if self.struck_fonts and cell.style_array.fontId in self.struck_fonts:
            self.struck.append(_formatted(value, str(cell.number_format)))
            return ""
        if isinstance(value, CellRichText):
            self.struck += filter(None, (str(part) for part in value if _is_struck(part)))
            value = "".join(str(part) for part in value if not _is_struck(part))
        return _formatted(value, str(cell.number_format))


def struck_fonts(workbook: Any) -> frozenset[int]:
    """Return the positions of a workbook's fonts that strike through."""
    return frozenset(number for number, font in enumerate(workbook._fonts) if font.strike)


def cell_text(value: Any) -> str:
    """Return a cell's value as text: ISO dates, whole numbers without `.0`."""
    writer = _WRITERS.get(type(value))
    return writer(value) if writer else clean(str(value))


def _formatted(value: Any, number_format: str) -> str:
    if isinstance(value, float | int) and not isinstance(value, bool):
        if number_format == "General":
            return cell_text(value)
        shown = value * 100 if affixes(number_format)[2] else value
        return with_affixes(cell_text(shown), number_format)
    if isinstance(value, datetime | time | timedelta) and is_elapsed(number_format):
        return elapsed(as_elapsed(value), number_format)
    if isinstance(value, datetime) and is_time_of_day(number_format):
        return cell_text(value.time())
    return cell_text(value)


def _not_computed(formula: str) -> str:
    shown = clean(formula)[:_MAX_FORMULA_CHARS]
    return f"[not computed: ={shown}]" if shown else "[not computed]"


def _is_struck(part: str | TextBlock) -> bool:
    return isinstance(part, TextBlock) and bool(part.font.strike)


def _number(value: float) -> str:
    return str(int(value)) if value.is_integer() and abs(value) < 1e15 else format(value, _DIGITS)


def _moment(value: datetime) -> str:
    return value.date().isoformat() if value.time() == time() else value.isoformat(" ", "seconds")


_WRITERS: dict[type, Callable[[Any], str]] = {
    type(None): lambda value: "",
    bool: lambda value: "TRUE" if value else "FALSE",
    float: _number,
    datetime: _moment,
    date: date.isoformat,
    time: str,
    timedelta: lambda value: elapsed(value, "[h]:mm:ss"),
}
