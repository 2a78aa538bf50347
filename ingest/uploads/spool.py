"""The files of uploads that wait, in a folder of the data folder."""

import os
import time
import uuid
from collections.abc import Collection
from contextlib import suppress
from pathlib import Path
from typing import IO

from core.errors import FetchError, StorageError, TooLargeError
from retrieval.follow.generations import place_of

_PART_BYTES = 2**20
_UNFINISHED = ".part"


class Spool:
    """Keeps each file under a random name; what a user calls it is never a path."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    @property
    def place(self) -> str:
        """The unique name of this folder: the processes on another one cannot read its files."""
        self._make_folder()
        return place_of(self._folder)

    def keep(self, content: IO[bytes], max_bytes: int) -> tuple[str, int]:
        """Store a file durably and return its name in the spool and its size.

        Raises: TooLargeError if it is over the limit; StorageError if the disk refuses it. Nothing is kept.
        """
        name = uuid.uuid4().hex
        part = self._folder / f"{name}{_UNFINISHED}"
        try:
            self._make_folder()
            size = _write(part, content, max_bytes)
            part.rename(self._folder / name)
            _make_durable(self._folder)
        except OSError as error:
            raise StorageError(
                f"the upload could not be stored: {error.strerror}; nothing was kept. Free some disk "
                "space and upload the file again"
            ) from error
        finally:
            with suppress(OSError):
                part.unlink(missing_ok=True)
        return name, size

    def read(self, name: str) -> bytes:
        """Return a file's content. Raises: FetchError if the disk does not give it."""
        try:
            return (self._folder / name).read_bytes()
        except OSError as error:
            raise FetchError(f"the upload cannot be read from the disk: {error.strerror}") from error

    def drop(self, name: str) -> None:
        """Remove a file, if it is there."""
        with suppress(OSError):
            (self._folder / name).unlink(missing_ok=True)

    def drop_others(self, kept: Collection[str], seconds: float) -> None:
        """Remove the files that are not `kept` and older than `seconds`: a crash left them."""
        before = time.time() - seconds
        for path in self._folder.glob("*"):
            own = len(path.name.removesuffix(_UNFINISHED)) == len(uuid.uuid4().hex)
            with suppress(OSError):
                if own and path.name not in kept and path.stat().st_mtime < before:
                    path.unlink()

    def _make_folder(self) -> None:
        self._folder.mkdir(parents=True, exist_ok=True, mode=0o700)


def _write(path: Path, content: IO[bytes], max_bytes: int) -> int:
    size = 0
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        while part := content.read(_PART_BYTES):
            size += len(part)
            if size > max_bytes:
                raise TooLargeError(f"the file is over the limit of {max_bytes:,} bytes; nothing was kept")
            file.write(part)
        file.flush()
        os.fsync(file.fileno())
    return size


def _make_durable(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
