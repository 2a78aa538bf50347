"""The uploads of one user as a source."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import PurePosixPath
from types import MappingProxyType
from typing import Any

from core.errors import FetchError, InputError
from ingest.connectors.source import Listed, Listing

KIND = "upload"


@dataclass(frozen=True, slots=True)
class HandedIn:
    """A file that a user uploaded."""

    name: str
    """A name of `usable_name`."""
    readers: frozenset[str]
    """The principals that may read the document."""
    read: Callable[[], bytes]
    """Returns the content. Raises: FetchError."""


class UploadSource:
    """Files that a user uploaded; the same name by the same user is the same document."""

    kind = KIND
    config: Mapping[str, Any] = MappingProxyType({})

    def __init__(self, user: str, files: Sequence[HandedIn]) -> None:
        self.uri = source_uri(user)
        self._files = {f"{self.uri}/{file.name}": file for file in files}

    def listings(self, cursor: str) -> Iterator[Listing]:
        """Yield the files; earlier uploads stay."""
        yield Listing(
            listed=[
                Listed(uri=uri, name=file.name, principals=file.readers) for uri, file in self._files.items()
            ]
        )

    def fetch(self, listed: Listed) -> bytes:
        """Return a file's content. Raises: FetchError for an earlier upload that was cut off."""
        if listed.uri not in self._files:
            raise FetchError("the upload was cut off; upload the file again")
        return self._files[listed.uri].read()

    def close(self) -> None:
        """Do nothing: no connection or file is held open."""


def source_uri(user: str) -> str:
    """Return the URI of a user's uploads."""
    return f"{KIND}:{user}"


def usable_name(file_name: str) -> str:
    """Return the last part of the path that a browser sent. Raises: InputError if it names no file."""
    name = PurePosixPath(file_name.replace("\\", "/")).name.strip()
    if not name or name in {".", ".."} or not name.isprintable() or len(name) > 255:
        raise InputError("the file needs a name of at most 255 printable characters")
    return name
