"""A folder as a source; `.vade.yaml` files name the readers of its files and their metadata."""

import errno
import os
import time
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from core import disk
from core.errors import FetchError, ParseError, SourceError
from core.values.metadata import Metadata
from ingest.connectors.source import Listed, Listing
from ingest.connectors.trees.rules import (
    MOST_RULE_BYTES,
    PERMISSIONS_FILE,
    Rule,
    RuleReader,
    is_near_miss,
)
from ingest.uris import file_path, file_uri

# A file that changed less than this ago may change again without a change of its times.
_FRESH_SECONDS = 2.0
# Names by which rules are missed above the source, where folders are not listed.
_NEAR_ABOVE = (".vade.yml", "vade.yaml", "vade.yml", ".vade.yaml.txt")


@dataclass(frozen=True, slots=True)
class _Folder:
    """A folder below the source, and the rule that its own may replace."""

    parts: tuple[str, ...]
    rule: Rule


class FolderSource:
    """The files below a folder, or one file; hidden files and symbolic links are left out.

    The nearest `.vade.yaml` in a file's folder or above it names the file's readers; if there is
    none, the readers are `default`. Links are followed on the way to the folder, and nowhere below it.
    """

    kind = "folder"

    def __init__(self, path: Path, default: frozenset[str], max_file_bytes: int) -> None:
        self._path = Path(os.path.abspath(path.expanduser()))
        self._default = default
        self._max_file_bytes = max_file_bytes
        self._root: tuple[Path, disk.Identity] | None = None
        self._problems: list[tuple[str, ParseError]] = []
        self._gone: list[str] = []
        self._limits: list[tuple[str, frozenset[str]]] = []
        self.uri = file_uri(self._path)

    @property
    def config(self) -> Mapping[str, Any]:
        """The folder and its default readers."""
        return {"path": str(self._path), "read": sorted(self._default)}

    def listings(self, cursor: str) -> Iterator[Listing]:
        """Yield the files in order of their path, whatever the cursor.

        Raises: SourceError if the folder does not exist or cannot be read.
        """
        self._problems, self._gone, self._limits = [], [], []
        rules = RuleReader(self._default)
        try:
            found = self._files(rules) if disk.is_folder(self._path.stat()) else [self._one(rules)]
        except FileNotFoundError as error:
            raise SourceError(f"{self._path} does not exist; nothing was changed") from error
        except OSError as error:
            raise SourceError(
                f"{self._path} cannot be read: {error.strerror}; nothing was changed"
            ) from error
        problems = (*rules.problems, *self._problems)
        yield Listing(
            listed=found,
            gone=tuple(self._gone),
            unreadable=problems,
            limits=tuple(self._limits),
            complete=True,
        )

    def fetch(self, listed: Listed) -> bytes:
        """Return a file's content.

        Raises: FetchError if it cannot be read, is a link by now or lies behind one, or if the folder was
        replaced since it was listed; TooLargeError.
        """
        path = file_path(listed.uri)
        root = self._path.parent if path == self._path else self._path
        try:
            with disk.opened_root(root) as top:
                if self._root and self._root != (root, disk.identity(top)):
                    raise FetchError("the folder was replaced after it was listed; the next run reads it")
                return disk.read_below(top, path.relative_to(root).parts, self._max_file_bytes)
        except (OSError, ValueError) as error:
            reason = error.strerror if isinstance(error, OSError) else "it lies outside the folder"
            raise FetchError(f"the file cannot be read: {reason}") from error

    def close(self) -> None:
        """Do nothing: no connection or file is held open."""

    def _one(self, rules: RuleReader) -> Listed:
        """Return the one file that is the source; its own name may not be a link. Raises: OSError."""
        folder = self._path.parent
        rule = self._rule_above(self._path, rules)
        with disk.opened_root(folder) as opened:
            self._root = folder, disk.identity(opened)
            status = os.stat(self._path.name, dir_fd=opened, follow_symlinks=False)
        if disk.is_link(status):
            raise OSError(errno.ELOOP, f"it is a symbolic link; name the file itself, {self._path.resolve()}")
        if not disk.is_file(status):
            raise OSError(errno.EINVAL, "it is neither a folder nor a regular file")
        return _listed(self._path, status, rule)

    def _files(self, rules: RuleReader) -> list[Listed]:
        """Return all files below the folder. Raises: OSError if the folder itself cannot be read."""
        found: list[Listed] = []
        waiting = [_Folder((), self._rule_above(self._path, rules))]
        with disk.opened_root(self._path) as top:
            self._root = self._path, disk.identity(top)
            while waiting:
                folder = waiting.pop()
                try:
                    inner = self._look_into(top, folder, rules, found)
                except OSError as error:
                    if not folder.parts:
                        raise
                    self._note_problem(folder, error)
                    continue
                waiting.extend(reversed(inner))
        return found

    def _look_into(self, top: int, folder: _Folder, rules: RuleReader, found: list[Listed]) -> list[_Folder]:
        """Add the files of a folder; return the folders in it. Raises: OSError if it cannot be read."""
        path = self._path.joinpath(*folder.parts)
        inner: list[_Folder] = []
        with disk.opened_folder(top, folder.parts) as opened:
            names = disk.entries(opened)
            rule = _rule_in(opened, path, folder.rule, rules)
            for name, status in names.items():
                if disk.is_folder(status):
                    inner += [] if name.startswith(".") else [_Folder((*folder.parts, name), rule)]
                elif is_near_miss(name):
                    self._note_near_miss(path / name, rules)
                elif disk.is_file(status) and not name.startswith("."):
                    found.append(_listed(path / name, status, rule))
        return inner

    def _note_near_miss(self, path: Path, rules: RuleReader) -> None:
        rules.note_near_miss(file_uri(path))
        self._gone.append(file_uri(path))

    def _note_problem(self, folder: _Folder, error: OSError) -> None:
        reason = ParseError(f"the folder cannot be read: {error.strerror}; its documents are kept")
        uri = file_uri(self._path.joinpath(*folder.parts))
        self._problems.append((uri, reason))
        self._limits.append((uri, folder.rule.readers))

    def _rule_above(self, folder: Path, rules: RuleReader) -> Rule:
        """Return the rule that comes down to `folder` from those above it. Raises: OSError."""
        rule = rules.default
        for above in reversed(folder.parents):
            with disk.opened_root(above) as opened:
                rule = _rule_in(opened, above, rule, rules)
                for name in _NEAR_ABOVE:
                    if disk.state(opened, name):
                        rules.note_near_miss(file_uri(above / name))
        return rule


def _rule_in(opened: int, folder: Path, above: Rule, rules: RuleReader) -> Rule:
    """Return the rule of a folder, of which `opened` is the descriptor: its own, or else the one above."""
    with suppress(OSError):  # it may be there: reading it tells why it cannot be read
        if disk.state(opened, PERMISSIONS_FILE) is None:
            return above
    return rules.read(file_uri(folder / PERMISSIONS_FILE), lambda: _rule_file(opened))


def _rule_file(folder: int) -> bytes:
    try:
        return disk.read_file(folder, PERMISSIONS_FILE, MOST_RULE_BYTES)
    except OSError as error:
        raise FetchError(error.strerror) from error


def _listed(path: Path, status: os.stat_result, rule: Rule) -> Listed:
    changed = Metadata(changed=datetime.fromtimestamp(status.st_mtime, UTC).date())
    return Listed(
        uri=file_uri(path),
        name=path.name,
        principals=rule.readers,
        stamp=_stamp(status),
        metadata=rule.metadata.over(changed),
    )


def _stamp(status: os.stat_result) -> str:
    """Return a stamp that changes with every write, even by a copy that keeps the times."""
    if time.time() - status.st_ctime < _FRESH_SECONDS:
        return ""
    return f"{status.st_size}-{status.st_mtime_ns}-{status.st_ctime_ns}-{status.st_ino}"
