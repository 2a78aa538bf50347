"""A document's metadata: its date, its owner, its tags, and the documents it supersedes."""

import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, replace
from datetime import date, datetime
from typing import Any

# The longest tag or name, in characters; longer ones are cut.
LONGEST_WORD = 200
# The most tags, devices or superseded documents; more are dropped.
_MOST = 50
# The most words in one document's metadata: three such lists and an owner.
MOST_WORDS = 3 * _MOST + 1
# The names that front matter, mails and other programs give to each field.
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
    """The metadata of a document, from its source or from the file itself."""

    day: date | None = None
    """The document's date."""
    owner: str = ""
    """The person or department that answers for it."""
    tags: tuple[str, ...] = ()
    devices: tuple[str, ...] = ()
    """The devices or machines that it is about."""
    supersedes: tuple[str, ...] = ()
    """The documents whose place it takes, by URI, file name or title."""
    claimed: tuple[str, ...] = ()
    """Which of `day` and `owner` only the file says, and not its source; set by `known_metadata`."""
    changed: date | None = None
    """The day of the file's last change. A filter by date uses it if `day` is missing; it is never shown as
    the document's date."""

    def over(self, other: "Metadata") -> "Metadata":
        """Return these metadata, completed from `other`; the lists of both are joined."""
        return Metadata(
            day=self.day or other.day,
            owner=self.owner or other.owner,
            tags=_distinct((*self.tags, *other.tags)),
            devices=_distinct((*self.devices, *other.devices)),
            supersedes=_distinct((*self.supersedes, *other.supersedes)),
            changed=self.changed or other.changed,
        )

    def as_text(self) -> str:
        """Return the metadata as the database stores them (JSON); empty if all fields are."""
        given = {name: value for name, value in asdict(self).items() if value}
        return json.dumps(given, ensure_ascii=False, default=date.isoformat) if given else ""


NONE = Metadata()


def metadata_from_text(text: str) -> Metadata:
    """Return the metadata that `as_text` wrote."""
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


def known_metadata(own: str, from_source: str) -> Metadata:
    """Return a document's metadata from those of its file and those of its source, both as stored.

    The file's own count first. What its source does not say is `claimed`: anyone can write it into a file.
    """
    file, source = metadata_from_text(own), metadata_from_text(from_source)
    claimed = tuple(
        name for name in ("day", "owner") if getattr(file, name) not in {None, "", getattr(source, name)}
    )
    return replace(file.over(source), claimed=claimed)


def metadata_of(raw: Mapping[Any, Any]) -> Metadata:
    """Return the metadata among the keys of a document's front matter, a mail or another program.

    Keys are compared without case; a list may also be words with commas between. Other keys, and values
    that cannot be understood, such as an impossible date, are left out.
    """
    given = {str(key).casefold(): value for key, value in raw.items()}
    found: dict[str, Any] = {}
    for field, names in _NAMES.items():
        value = next((given[name] for name in names if given.get(name)), None)
        if value is not None:
            found[field] = _READ.get(field, _words)(value)
    return Metadata(**found)


def metadata_of_properties(changed: Any, keywords: str | None) -> Metadata:
    """Return the metadata in a file's properties.

    Their author is ignored: it is the person for whom the program was installed, not the owner. `changed`
    is a moment or a text that begins with one, also in PDF's form: D:20240331101500.
    """
    digits = _PDF_DATE.match(str(changed))
    day = _day(*digits.groups()) if digits else day_of(changed)
    return Metadata(tags=_words((keywords or "").replace(";", ",")), changed=day)


def day_of(value: Any) -> date | None:
    """Return the day of a date, a moment or a text that begins with one: 2024-03-31 or 31.03.2024.

    A date with slashes counts if it has one reading only: 03/31/2024 does, 03/04/2024 does not.
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
