"""A folder as a source; `.vade.yaml` files name the readers of its files and their metadata."""

import os
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import yaml

from core.errors import FetchError, InputError, ParseError, SourceError, TooLargeError
from core.permissions import principal
from core.values.metadata import NONE, Metadata, metadata_of
from ingest.connectors.source import Listed, Listing
from ingest.uris import file_path, file_uri, is_short, too_long_to_keep

PERMISSIONS_FILE = ".vade.yaml"
_KEYS = frozenset({"read", "owner", "tags", "devices", "date"})
# A file that changed less than this ago may change again without a change of its times.
_FRESH_SECONDS = 2.0


@dataclass(frozen=True, slots=True)
class Rule:
    """The rule of a `.vade.yaml` for the files beside it and below: their readers and metadata."""

    readers: frozenset[str]
    metadata: Metadata = NONE


class FolderSource:
    """The files below a folder, or one file; hidden files and symbolic links are left out.

    The nearest `.vade.yaml` in a file's folder or above it names the file's readers; if there is
    none, the readers are `default`.
    """

    kind = "folder"

    def __init__(self, path: Path, default: frozenset[str], max_file_bytes: int) -> None:
        self._path = Path(os.path.abspath(path.expanduser()))
        self._default = default
        self._max_file_bytes = max_file_bytes
        self._problems: list[tuple[str, ParseError]] = []
        self.uri = file_uri(self._path)

    @property
    def config(self) -> Mapping[str, Any]:
        """The folder and its default readers."""
        return {"path": str(self._path), "read": sorted(self._default)}

    def listings(self, cursor: str) -> Iterator[Listing]:
        """Yield the files in order of their path, whatever the cursor.

        Raises: SourceError if the folder does not exist or cannot be read, or a `.vade.yaml` is malformed.
        """
        self._problems.clear()
        if not self._path.exists():
            raise SourceError(f"{self._path} does not exist; nothing was changed")
        rules: dict[Path, Rule] = {}
        files = [
            self._listed(path, self._rule(path.parent, rules))
            for path in self._files()
            if self._is_short(path)
        ]
        yield Listing(listed=files, unreadable=tuple(self._problems), complete=True)

    def fetch(self, listed: Listed) -> bytes:
        """Return a file's content.

        Raises: FetchError if it cannot be read, TooLargeError if it is over the limit.
        """
        path = file_path(listed.uri)
        try:
            size = path.stat().st_size
            if size > self._max_file_bytes:
                limit = f"{self._max_file_bytes:,} (VADE_INGEST__MAX_FILE_BYTES)"
                raise TooLargeError(f"the file has {size:,} bytes; the limit is {limit}")
            return path.read_bytes()
        except OSError as error:
            raise FetchError(f"the file cannot be read: {error.strerror}") from error

    def close(self) -> None:
        """Do nothing: no connection or file is held open."""

    def _files(self) -> Iterator[Path]:
        if self._path.is_file():
            yield self._path
            return
        for folder, folders, names in os.walk(self._path, onerror=self._note_problem):
            folders[:] = sorted(name for name in folders if not name.startswith("."))
            for name in sorted(names):
                path = Path(folder, name)
                if not name.startswith(".") and path.is_file() and not path.is_symlink():
                    yield path

    def _is_short(self, path: Path) -> bool:
        short = is_short(file_uri(path))
        if not short:
            self._problems.append(too_long_to_keep(file_uri(path)))
        return short

    def _note_problem(self, error: OSError) -> None:
        folder = Path(error.filename)
        if folder == self._path:
            raise SourceError(f"{folder} cannot be read: {error.strerror}; nothing was changed") from error
        reason = ParseError(f"the folder cannot be read: {error.strerror}; its documents are kept")
        self._problems.append((file_uri(folder), reason))

    def _listed(self, path: Path, rule: Rule) -> Listed:
        status = path.stat()
        changed = Metadata(changed=datetime.fromtimestamp(status.st_mtime, UTC).date())
        return Listed(
            uri=file_uri(path),
            name=path.name,
            principals=rule.readers,
            stamp=_stamp(status),
            metadata=rule.metadata.over(changed),
        )

    def _rule(self, folder: Path, found: dict[Path, Rule]) -> Rule:
        if folder not in found:
            rule = _rule_in(folder)
            if rule is None:
                at_top = folder == folder.parent
                rule = Rule(self._default) if at_top else self._rule(folder.parent, found)
            found[folder] = rule
        return found[folder]


def _stamp(status: os.stat_result) -> str:
    """Return a stamp that changes with every write, even by a copy that keeps the times."""
    if time.time() - status.st_ctime < _FRESH_SECONDS:
        return ""
    return f"{status.st_size}-{status.st_mtime_ns}-{status.st_ctime_ns}-{status.st_ino}"


def _rule_in(folder: Path) -> Rule | None:
    """Return the rule of a folder's `.vade.yaml`; None if it has no such file.

    Raises: SourceError if it cannot be read or is malformed.
    """
    path = folder / PERMISSIONS_FILE
    try:
        return rule_of(str(path), path.read_bytes())
    except (FileNotFoundError, NotADirectoryError):
        return None
    except OSError as error:
        raise SourceError(f"{path}: {error}; nothing was changed") from error


def rule_of(path: str, content: bytes) -> Rule:
    """Return the rule of a `.vade.yaml`: `read`, and optionally `owner`, `tags`, `devices` and `date`.

    Raises: SourceError if the file is malformed: a guess at its readers would open a door.
    """
    try:
        raw: Any = yaml.safe_load(content.decode("utf-8"))
        if not isinstance(raw, dict) or not isinstance(raw.get("read"), list) or set(raw) - _KEYS:
            raise SourceError(
                f"{path}: write `read:` and below it a list of principals; optional keys are "
                f"{', '.join(sorted(_KEYS - {'read'}))}; nothing was changed"
            )
        return Rule(frozenset(principal(str(entry)) for entry in raw["read"]), metadata_of(raw))
    except (ValueError, RecursionError, yaml.YAMLError, InputError) as error:
        raise SourceError(f"{path}: {error}; nothing was changed") from error
