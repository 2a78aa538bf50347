"""A folder as a source; `.vade.yaml` files say who may read what."""

import os
import re
from collections.abc import Collection, Iterator, Sequence
from pathlib import Path
from typing import Any

import yaml

from core.errors import InputError, ParseError, SourceError, TooLargeError
from core.permissions import principal
from ingest.source import Listed

PERMISSIONS_FILE = ".vade.yaml"
# What a path and an IRI read differently, and bytes that are not UTF-8; all else stays readable.
_ESCAPED = re.compile("[%#?\x00-\x1f\x7f\udc80-\udcff]")


def file_uri(path: Path) -> str:
    """Return the IRI of an absolute path: `file:///manuals/泵 2.pdf`."""
    return "file://" + _ESCAPED.sub(lambda match: f"%{ord(match.group()) & 0xFF:02X}", path.as_posix())


class FolderSource:
    """The files below a folder, or one file; hidden files and symbolic links are passed over.

    The nearest `.vade.yaml` in a file's folder or above it says who may read it; where there is
    none, `default` may.
    """

    def __init__(
        self, path: Path, default: frozenset[str], max_file_bytes: int, may_be_empty: bool = False
    ) -> None:
        self._path = Path(os.path.abspath(path.expanduser()))
        self._default = default
        self._max_file_bytes = max_file_bytes
        self._may_be_empty = may_be_empty
        self._problems: list[tuple[str, ParseError]] = []
        self._paths: dict[str, Path] = {}
        self.uri = file_uri(self._path)

    def list(self) -> Sequence[Listed]:
        """Return the files in order of their path.

        Raises: SourceError if the folder is not there or not readable, or a `.vade.yaml` is malformed.
        """
        self._problems.clear()
        self._paths.clear()
        if not self._path.exists():
            raise SourceError(f"{self._path} is not there; nothing was changed")
        readers: dict[Path, frozenset[str]] = {}
        found: list[Listed] = []
        for path in self._files():
            uri = file_uri(path)
            self._paths[uri] = path
            found.append(Listed(uri, path.name, self._readers(path.parent, readers)))
        return found

    def gone(self, known: Collection[str]) -> Sequence[str]:
        """Return which known URIs the last listing no longer held; folders it could not read keep theirs.

        Raises: SourceError if it held nothing at all: more likely a missing mount than an empty folder.
        """
        if known and not self._paths and not self._may_be_empty:
            raise SourceError(
                f"{self._path} lists no file, though {len(known)} were known; they are kept. "
                "If it is empty on purpose, say --allow-empty"
            )
        blind = tuple(f"{uri}/" for uri, _ in self._problems)
        return [uri for uri in known if uri not in self._paths and not uri.startswith(blind)]

    def problems(self) -> Sequence[tuple[str, ParseError]]:
        """Return the URIs of folders that the last listing could not look into, and why."""
        return tuple(self._problems)

    def fetch(self, listed: Listed) -> bytes:
        """Return a file's content.

        Raises: ParseError if it cannot be read, TooLargeError if it is over the limit.
        """
        path = self._paths[listed.uri]
        try:
            size = path.stat().st_size
            if size > self._max_file_bytes:
                limit = f"{self._max_file_bytes:,} (VADE_INGEST__MAX_FILE_BYTES)"
                raise TooLargeError(f"the file has {size:,} bytes; the limit is {limit}")
            return path.read_bytes()
        except OSError as error:
            raise ParseError(f"the file cannot be read: {error.strerror}") from error

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

    def _note_problem(self, error: OSError) -> None:
        folder = Path(error.filename)
        if folder == self._path:
            raise SourceError(f"{folder} cannot be read: {error.strerror}; nothing was changed") from error
        reason = ParseError(f"the folder cannot be read: {error.strerror}; what was known of it is kept")
        self._problems.append((file_uri(folder), reason))

    def _readers(self, folder: Path, found: dict[Path, frozenset[str]]) -> frozenset[str]:
        if folder not in found:
            readers = _readers_in(folder)
            if readers is None:
                at_top = folder == folder.parent
                readers = self._default if at_top else self._readers(folder.parent, found)
            found[folder] = readers
        return found[folder]


def _readers_in(folder: Path) -> frozenset[str] | None:
    """Return the principals that a folder's `.vade.yaml` names; None if it has no such file.

    Raises: SourceError if the file is malformed: guessing who may read would open a door.
    """
    path = folder / PERMISSIONS_FILE
    try:
        raw: Any = yaml.safe_load(path.read_text("utf-8"))
        if not isinstance(raw, dict) or set(raw) != {"read"} or not isinstance(raw["read"], list):
            raise SourceError(f"{path}: write `read:` and below it a list of principals; nothing was changed")
        return frozenset(principal(str(entry)) for entry in raw["read"])
    except (FileNotFoundError, NotADirectoryError):
        return None
    except (OSError, ValueError, yaml.YAMLError, InputError) as error:
        raise SourceError(f"{path}: {error}; nothing was changed") from error
