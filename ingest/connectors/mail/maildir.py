"""A mailbox in Maildir format: one file a message in `cur` and `new`, folders as `.Name` beside them."""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Self

from pydantic import Field, model_validator

from core import disk
from core.errors import FetchError, SourceError
from core.settings import IngestSettings
from ingest.connectors.listing import in_parts
from ingest.connectors.options import Names, SourceOptions
from ingest.connectors.source import Listed, Listing
from ingest.uris import escaped

_PARTS = ("cur", "new")
_TRASHED = "T"


class MaildirOptions(SourceOptions):
    """The options of a Maildir source."""

    folders: Names = Field((), description="such as Projects or Projects.Pumps")
    """Folders to read besides the inbox, by their names on disk without the first dot."""

    @model_validator(mode="after")
    def _is_a_path(self) -> Self:
        if not self.url.startswith("maildir:///"):
            raise ValueError("write maildir:///FOLDER")
        if any("/" in folder or folder.startswith(".") for folder in self.folders):
            raise ValueError("a folder is named without slashes and without its first dot")
        return self

    @property
    def path(self) -> Path:
        """The folder of the mailbox."""
        return Path(self.url.removeprefix("maildir://").rstrip("/") or "/")


class MaildirSource:
    """The messages that are not marked as trashed; a change of flags does not change a message."""

    kind = "maildir"

    def __init__(self, options: MaildirOptions, settings: IngestSettings, folder: Path) -> None:
        self._options = options
        self._max_bytes = settings.max_file_bytes
        self.uri = escaped(f"maildir://{options.path}")

    @property
    def config(self) -> Mapping[str, Any]:
        """The mailbox, and the readers of its messages."""
        return self._options.config

    def listings(self, cursor: str) -> Iterator[Listing]:
        """Yield the messages. Raises: SourceError if this is not a Maildir or cannot be read."""
        found = {folder: self._keys(folder) for folder in ("", *self._options.folders)}
        yield from in_parts(
            Listed(
                uri=self._uri(folder, key),
                name=f"{key}.eml",
                principals=self._options.readers,
                stamp=_stamp(key),
            )
            for folder, messages in found.items()
            for key in messages
        )

    def fetch(self, listed: Listed) -> bytes:
        """Return a message. Raises: FetchError if it no longer exists; TooLargeError."""
        folder, _, key = listed.uri.removeprefix(f"{self.uri}/").rpartition("/")
        if folder not in {"", *self._options.folders}:
            raise FetchError("the message lies in no folder of this source")
        try:
            with disk.opened_root(self._options.path) as root:
                messages = _messages(root, folder)
                parts = next(parts for name, parts in messages.items() if escaped(name) == key)
                return disk.read_below(root, parts, self._max_bytes)
        except StopIteration as error:
            raise FetchError("the message no longer exists") from error
        except OSError as error:
            raise FetchError(f"the message cannot be read: {error.strerror}") from error

    def close(self) -> None:
        """Do nothing: no connection or file is held open."""

    def _keys(self, folder: str) -> list[str]:
        try:
            with disk.opened_root(self._options.path) as root:
                return list(_messages(root, folder))
        except OSError as error:
            where = self._options.path / f".{folder}" if folder else self._options.path
            raise SourceError(
                f"{where} is not a Maildir or cannot be read: {error.strerror}; nothing was removed"
            ) from error

    def _uri(self, folder: str, key: str) -> str:
        return "/".join((self.uri, *([folder] if folder else []), escaped(key)))


def _messages(root: int, folder: str) -> dict[str, tuple[str, ...]]:
    """Return a folder's messages by the part of their names that does not change with their flags.

    Each is given by its path below the mailbox, of which `root` is the descriptor. Raises: OSError.
    """
    found: dict[str, tuple[str, ...]] = {}
    for part in _PARTS:
        inside = (f".{folder}", part) if folder else (part,)
        with disk.opened_folder(root, inside) as opened:
            for name in disk.names(opened):
                key, _, info = name.partition(":")
                if not key.startswith(".") and _TRASHED not in info.partition(",")[2]:
                    found[key] = (*inside, name)
    return found


def _stamp(key: str) -> str:
    """Return the name: a Maildir never uses one twice, and never changes a message."""
    return key[:255]
