"""Labels of chunks, and search filters as sets of labels that an index compares.

A day is labelled three times, `day:2024-03-31`, `month:2024-03` and `year:2024`, so that any period is a
few dozen labels: whole years, whole months at its ends, days at the ends of those.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import PurePosixPath
from urllib.parse import unquote

from core.text.language_names import language_code
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
    """Media types or file endings (`pdf`, `.pdf` or `*.pdf`)."""
    languages: frozenset[str] = frozenset()
    """Languages by code or name (`en`, `en-GB`, `English`)."""
    tags: frozenset[str] = frozenset()
    devices: frozenset[str] = frozenset()
    since: date | None = None
    """The first day, included. A document without a date has that of the day when it was read."""
    until: date | None = None
    """The last day, included."""

    @property
    def labels(self) -> LabelFilter:
        """The filter as the indexes compare it."""
        named = [frozenset(words.values()) for words in self.named.values()]
        return (*named, self.days) if self.since or self.until else tuple(named)

    @property
    def named(self) -> dict[str, dict[str, str]]:
        """The label of each word, by the kind of label (`type`) and the word as it was given."""
        fields = {
            "source": self.sources,
            "type": self.types,
            "language": self.languages,
            "tag": self.tags,
            "device": self.devices,
        }
        return {kind: {word: _label(kind, word) for word in words} for kind, words in fields.items() if words}

    @property
    def days(self) -> frozenset[str]:
        """The labels of the days from `since` to `until`; empty if it ends before it begins."""
        first, last = self.since or date(_FIRST_YEAR, 1, 1), self.until or date(_LAST_YEAR, 12, 31)
        return frozenset(_between(first, last))


EVERYTHING = SearchFilter()


def labels_of(metadata: Metadata, day: date, source: str, uri: str, media_type: str) -> frozenset[str]:
    """Return a document's labels; `day` is its date if the metadata have none."""
    when = metadata.day or metadata.changed or day
    ending = ending_of(uri)
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


def ending_of(uri: str) -> str:
    """Return the file ending of a URI in lower case and without its full stop; empty without one."""
    return PurePosixPath(unquote(uri)).suffix.removeprefix(".").casefold()


def language_label(language: str) -> frozenset[str]:
    """Return the label of a chunk's language; an empty set if it is not known."""
    return frozenset([_label("language", language)] if language else [])


def _label(kind: str, word: str) -> str:
    if kind == "source":  # keeps its case: two paths may differ in case alone
        return f"source:{word}"
    plain = " ".join(word.casefold().split())
    if kind == "type":  # an ending may be written as `.pdf` or `*.pdf`
        plain = plain.removeprefix("*").removeprefix(".")
    if kind == "language":
        plain = language_code(plain)
    return f"{kind}:{plain}"


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
