"""The rules of a tree: a file's readers and metadata come from the nearest `.vade.yaml` above it."""

import re
import unicodedata
from collections.abc import Callable, Collection
from dataclasses import dataclass
from functools import partial
from pathlib import PurePosixPath
from typing import Any

from core.errors import FetchError, InputError, ParseError, TooLargeError
from core.permissions import principal
from core.values.metadata import NONE, Metadata, metadata_of
from ingest.connectors.source import Listed
from ingest.plain_yaml import read_yaml

PERMISSIONS_FILE = ".vade.yaml"
MOST_RULE_BYTES = 65_536
_KEYS = frozenset({"read", "owner", "tags", "devices", "date"})
# The name as people and their programs mistake it, without case, dots and other marks.
_NEAR = frozenset(
    f"vade{ending}{more}" for ending in ("yaml", "yml") for more in ("", "txt", "yaml", "yml", "bak", "orig")
)
_MARKS = re.compile(r"[\W_]+")

Read = Callable[[], bytes]
"""Returns the content of a rule file. Raises: FetchError; ParseError."""


@dataclass(frozen=True, slots=True)
class Rule:
    """The rule of a `.vade.yaml` for the files beside it and below: their readers and metadata."""

    readers: frozenset[str]
    metadata: Metadata = NONE


class RuleReader:
    """Reads the rules of one listing.

    A rule that cannot be read closes what it rules, for a guess at its readers would open a door: only the
    users among the `default` readers remain. All else goes on.
    """

    def __init__(self, default: frozenset[str]) -> None:
        self.default = Rule(default)
        self.problems: list[tuple[str, ParseError]] = []
        """The URI of each rule that is not in force, and why."""
        self._closed = Rule(owners(default))

    def read(self, uri: str, read: Read) -> Rule:
        """Return the rule in the file at `uri`."""
        try:
            return rule_of(read())
        except TooLargeError:
            reason = f"it is larger than {MOST_RULE_BYTES:,} bytes"
        except (FetchError, ParseError) as error:
            reason = str(error)
        who = ", ".join(sorted(self._closed.readers)) or "no one"
        problem = ParseError(
            f"this rule cannot be read: {reason}. Until it is mended, {who} may read below it"
        )
        self.problems.append((uri, problem))
        return self._closed

    def note_near_miss(self, uri: str) -> None:
        """Note a file that looks like a rule and is none."""
        words = (
            f"this file is not in force as a rule, nor read as a document: rename it to {PERMISSIONS_FILE}"
        )
        self.problems.append((uri, ParseError(words)))


class TreeRules:
    """Rules by path, for a tree whose paths are all known: those of `paths` that are rules are read.

    `uri` gives the URI of a path, `default` the readers where no rule is. No error of `read` is passed on.
    """

    def __init__(
        self,
        paths: Collection[str],
        read: Callable[[str], bytes],
        uri: Callable[[str], str],
        default: frozenset[str],
    ) -> None:
        self.not_documents = tuple(uri(path) for path in paths if is_near_miss(path))
        """The URIs of files that look like rules."""
        reader = RuleReader(default)
        self._default = reader.default
        self._by_folder: dict[PurePosixPath, Rule] = {}
        for path in sorted(paths):
            if is_rule(path):
                self._by_folder[PurePosixPath(path).parent] = reader.read(uri(path), partial(read, path))
            elif is_near_miss(path):
                reader.note_near_miss(uri(path))
        self.problems = tuple(reader.problems)

    def of(self, path: str) -> Rule:
        """Return the rule for the file at a path."""
        for folder in PurePosixPath(path).parents:
            if folder in self._by_folder:
                return self._by_folder[folder]
        return self._default


def rule_of(content: bytes) -> Rule:
    """Return the rule of a `.vade.yaml`: `read`, and optionally `owner`, `tags`, `devices` and `date`.

    Raises: ParseError if it is malformed.
    """
    if len(content) > MOST_RULE_BYTES:
        raise TooLargeError
    try:
        raw: Any = read_yaml(content.decode("utf-8-sig"), MOST_RULE_BYTES)
    except UnicodeDecodeError as error:
        raise ParseError("it is not UTF-8") from error
    if not isinstance(raw, dict) or not isinstance(raw.get("read"), list) or set(raw) - _KEYS:
        optional = ", ".join(sorted(_KEYS - {"read"}))
        raise ParseError(
            f"write `read:` and below it a list of principals; optional keys are {optional}, no others"
        )
    try:
        return Rule(frozenset(principal(str(entry)) for entry in raw["read"]), metadata_of(raw))
    except InputError as error:
        raise ParseError(str(error)) from error


def owners(readers: frozenset[str]) -> frozenset[str]:
    """Return the users among readers: those who are left where a rule cannot be read."""
    return frozenset(name for name in readers if name.startswith("user:"))


def listed(uri: str, path: str, stamp: str, rule: Rule) -> Listed:
    """Return the file at a path as a source lists it."""
    return Listed(
        uri=uri, name=PurePosixPath(path).name, principals=rule.readers, stamp=stamp, metadata=rule.metadata
    )


def is_rule(path: str) -> bool:
    """Return whether the file at a path is a `.vade.yaml`."""
    return PurePosixPath(path).name == PERMISSIONS_FILE


def is_near_miss(path: str) -> bool:
    """Return whether who wrote this name seems to have meant `.vade.yaml`: `.vade.yml`, `Vade.yaml`."""
    name = PurePosixPath(path).name
    return name != PERMISSIONS_FILE and _bare(name) in _NEAR


def is_document(path: str) -> bool:
    """Return whether the file at a path is a document: hidden files and what looks like a rule are none."""
    return not is_hidden(path) and not is_near_miss(path)


def is_hidden(path: str) -> bool:
    """Return whether a part of the path begins with a dot: such files are left out, as in a folder."""
    return any(part.startswith(".") for part in PurePosixPath(path).parts)


def _bare(name: str) -> str:
    return _MARKS.sub("", unicodedata.normalize("NFKC", name).casefold())
