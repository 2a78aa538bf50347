"""Labels of chunks, and search filters as sets of labels that an index compares.

A day is labelled three times, `day:2024-03-31`, `month:2024-03` and `year:2024`, so that any period is a
few dozen labels: whole years, whole months at its ends, days at the ends of those.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import PurePosixPath
from urllib.parse import unquote

from core.values.metadata import Metadata
from core.values.search import LabelFilter

# The bounds of a filter without a first or last day; no document of a company is older.
_FIRST_YEAR = 1900
_LAST_YEAR = 2200


@dataclass(frozen=True, slots=True, kw_only=True)
class SearchFilter:
    """The filter of a search: of each field that is not empty, a chunk has to match one value."""

    sources: frozenset[str] = frozenset()
    """URIs of sources."""
    types: frozenset[str] = frozenset()
    """Media types or file endings (`pdf`)."""
    languages: frozenset[str] = frozenset()
    """ISO 639-1 codes."""
    tags: frozenset[str] = frozenset()
    devices: frozenset[str] = frozenset()
    since: date | None = None
    """The first day, included. A document without a date has that of the day when it was read."""
    until: date | None = None
    """The last day, included."""

    @property
    def labels(self) -> LabelFilter:
        """The filter as the indexes compare it."""
        named = {
            "source": self.sources,
            "type": self.types,
            "language": self.languages,
            "tag": self.tags,
            "device": self.devices,
        }
        groups = [frozenset(_label(kind, word) for word in words) for kind, words in named.items() if words]
        if self.since or self.until:
            first, last = self.since or date(_FIRST_YEAR, 1, 1), self.until or date(_LAST_YEAR, 12, 31)
            groups.append(frozenset(_between(first, last)))
        return tuple(groups)


EVERYTHING = SearchFilter()


def labels_of(metadata: Metadata, day: date, source: str, uri: str, media_type: str) -> frozenset[str]:
    """Return a document's labels; `day` is its date if the metadata have none."""
    when = metadata.day or metadata.changed or day
    ending = PurePosixPath(unquote(uri)).suffix.removeprefix(".")
    return frozenset(
        [
            _label("source", source),
            _label("type", media_type),
            *([_label("type", ending)] if ending else []),
            *(_label("tag", tag) for tag in metadata.tags),
            *(_label("device", device) for device in metadata.devices),
            f"day:{when.isoformat()}",
            f"month:{when:%Y-%m}",
            f"year:{when.year}",
        ]
    )


def language_label(language: str) -> frozenset[str]:
    """Return the label of a chunk's language; an empty set if it is not known."""
    return frozenset([_label("language", language)] if language else [])


def _label(kind: str, word: str) -> str:
    # Sources keep their case: two paths may differ in case alone.
    return f"{kind}:{word if kind == 'source' else ' '.join(word.casefold().split())}"


def _between(first: date, last: date) -> Iterable[str]:
    """Yield the labels that cover exactly the days from `first` to `last`, both included."""
    day = first
    while day <= last:
        year_end, month_end = date(day.year, 12, 31), _month_end(day)
        if (day.month, day.day) == (1, 1) and year_end <= last:
            yield f"year:{day.year}"
            day = year_end
        elif day.day == 1 and month_end <= last:
            yield f"month:{day:%Y-%m}"
            day = month_end
        else:
            yield f"day:{day.isoformat()}"
        if day == date.max:
            return
        day += timedelta(days=1)


def _month_end(day: date) -> date:
    following = day.replace(day=28) + timedelta(days=4)
    return following - timedelta(days=following.day)
