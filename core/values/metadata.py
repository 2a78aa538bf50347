"""What is known of a document besides its text: who answers for it, of when it is, what it is about."""

import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from datetime import date, datetime
from typing import Any

# Longer words are no tags and no names.
LONGEST_WORD = 200
_MOST = 50
MOST_WORDS = 3 * _MOST + 1
# What front matter, mails and other programs call the same things.
_NAMES = {
    "day": ("day", "date", "updated", "modified", "last_updated", "last_modified", "lastmod", "ms.date"),
    "owner": ("owner", "author", "maintainer", "responsible"),
    "tags": ("tags", "tag", "keywords", "labels", "categories"),
    "devices": ("devices", "device", "models", "machine", "machines"),
    "supersedes": ("supersedes", "replaces"),
}
_PDF_DATE = re.compile(r"D:(\d{4})(\d\d)(\d\d)")
_DATE = re.compile(r"\s*(\d{4})-(\d{1,2})-(\d{1,2})(?!\d)|\s*(\d{1,2})[/.](\d{1,2})[/.](\d{4})(?!\d)")


@dataclass(frozen=True, slots=True, kw_only=True)
class Metadata:
    """What a source or a document says of itself; `supersedes` names documents by URI, file name or title.

    `changed` is the day of a file's last change: a search narrowed to some time goes by it where no day
    is told, but nobody is shown it as the document's day.
    """

    day: date | None = None
    owner: str = ""
    tags: tuple[str, ...] = ()
    devices: tuple[str, ...] = ()
    supersedes: tuple[str, ...] = ()
    changed: date | None = None

    def over(self, other: "Metadata") -> "Metadata":
        """Return these metadata, and those of `other` that these do not tell; words of both count."""
        return Metadata(
            day=self.day or other.day,
            owner=self.owner or other.owner,
            tags=_distinct((*self.tags, *other.tags)),
            devices=_distinct((*self.devices, *other.devices)),
            supersedes=_distinct((*self.supersedes, *other.supersedes)),
            changed=self.changed or other.changed,
        )

    def as_text(self) -> str:
        """Return the metadata as the database keeps it; empty if there is none."""
        told = {name: value for name, value in asdict(self).items() if value}
        return json.dumps(told, ensure_ascii=False, default=date.isoformat) if told else ""


NONE = Metadata()


def metadata_from_text(text: str) -> Metadata:
    """Return what `as_text` kept."""
    if not text:
        return NONE
    raw: dict[str, Any] = json.loads(text)
    day, changed = (date.fromisoformat(raw[name]) if name in raw else None for name in ("day", "changed"))
    tags, devices, supersedes = (tuple(raw.get(name, ())) for name in ("tags", "devices", "supersedes"))
    return Metadata(
        day=day,
        owner=raw.get("owner", ""),
        tags=tags,
        devices=devices,
        supersedes=supersedes,
        changed=changed,
    )


def known_metadata(own: str, told: str) -> Metadata:
    """Return what is known of a document by what it says itself and what its source says, both as kept."""
    return metadata_from_text(own).over(metadata_from_text(told))


def metadata_of(raw: Mapping[Any, Any]) -> Metadata:
    """Return what a document's head, a mail or another program says, whatever else it says besides.

    Keys count in any case, lists also as words with commas between. What cannot be made out, such as a
    date that is none, is left out.
    """
    said = {str(key).casefold(): value for key, value in raw.items()}
    found: dict[str, Any] = {}
    for field, names in _NAMES.items():
        value = next((said[name] for name in names if said.get(name)), None)
        if value is not None:
            found[field] = _READ.get(field, _words)(value)
    return Metadata(**found)


def metadata_of_properties(changed: Any, keywords: str | None) -> Metadata:
    """Return what a file's properties tell. Their author is whoever the program was installed for: no owner.

    `changed` is a moment, or a text that holds one, also as PDF writes it: D:20240331101500.
    """
    digits = _PDF_DATE.match(str(changed))
    day = _day(*digits.groups()) if digits else day_of(changed)
    return Metadata(tags=_words((keywords or "").replace(";", ",")), changed=day)


def day_of(value: Any) -> date | None:
    """Return the day of a date, a moment or a text that begins with one: 2024-03-31 or 31.03.2024.

    Of 03/31/2024, too, there is one reading only; one with two is no date.
    """
    if isinstance(value, datetime):
        return value.date()
    if isinstance(value, date):
        return value
    match = _DATE.match(str(value))
    if match is None:
        return None
    year, month, day, first, second, last = match.groups()
    if year:
        return _day(year, month, day)
    both = _day(last, second, first), _day(last, first, second)
    readable = {one for one in both if one}
    unclear = len(readable) > 1 and "/" in match.group()
    return None if unclear or not readable else both[0] or both[1]


def _day(year: str, month: str, day: str) -> date | None:
    try:
        return date(int(year), int(month), int(day))
    except ValueError:
        return None


def _words(value: Any) -> tuple[str, ...]:
    many = value if isinstance(value, (list, tuple, set, frozenset)) else str(value).split(",")
    return _distinct(_word(one) for one in many)


def _word(value: Any) -> str:
    if isinstance(value, (list, tuple)):
        return ", ".join(filter(None, map(_word, value)))
    return " ".join(str(value).split())[:LONGEST_WORD]


def _distinct(words: Iterable[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(word for word in words if word))[:_MOST]


_READ: Mapping[str, Any] = {"day": day_of, "owner": _word}
