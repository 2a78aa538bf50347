"""Elapsed times and times of day, as a workbook's number format shows them."""

import re
from datetime import datetime, time, timedelta
from functools import lru_cache

_TOKEN = re.compile(
    r'"(?P<text>[^"]*)"|\\(?P<sign>.)|\[(?P<total>h+|m+|s+)\]|(?P<part>h+|m+|s+)|\.0+|_.|\*.|\[[^\]]*\]|(?P<rest>.)',
    re.IGNORECASE,
)
_SECONDS = {"h": 3600, "m": 60, "s": 1}
# A larger unit counts these up to its own size only.
_WITHIN = {"h": 24, "m": 60, "s": 60}
_LITERAL = re.compile(r'"[^"]*"|\\.|\[[^\]]*\]|_.|\*.')


@lru_cache(maxsize=1024)
def is_elapsed(number_format: str) -> bool:
    """Return whether a format such as `[h]:mm` counts on beyond a day."""
    section = number_format.partition(";")[0]
    return any(match["total"] for match in _TOKEN.finditer(section))


@lru_cache(maxsize=1024)
def is_time_of_day(number_format: str) -> bool:
    """Return whether a format such as `hh:mm` shows a time and no date."""
    letters = set(_LITERAL.sub("", number_format.partition(";")[0]).lower())
    return bool(letters & {"h", "s"}) and not letters & {"d", "y"}


def elapsed(value: timedelta, number_format: str) -> str:
    """Return an elapsed time as its format shows it: 42:00 for a day and 18 hours as `[h]:mm`."""
    seconds = round(abs(value.total_seconds()))
    parts = ["-"] if value < timedelta() else []
    for match in _TOKEN.finditer(number_format.partition(";")[0]):
        if match["total"]:
            unit = match["total"][0].lower()
            parts.append(str(seconds // _SECONDS[unit]).zfill(len(match["total"])))
        elif match["part"]:
            unit = match["part"][0].lower()
            parts.append(str(seconds // _SECONDS[unit] % _WITHIN[unit]).zfill(len(match["part"])))
        else:
            parts.append(match["text"] or match["sign"] or match["rest"] or "")
    return "".join(parts).strip()


def as_elapsed(value: datetime | time | timedelta) -> timedelta:
    """Return the time since the beginning of a workbook's calendar."""
    if isinstance(value, timedelta):
        return value
    if isinstance(value, time):
        return timedelta(hours=value.hour, minutes=value.minute, seconds=value.second)
    return value - datetime(1899, 12, 31 if value < datetime(1900, 3, 1) else 30)
