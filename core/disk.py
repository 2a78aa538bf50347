"""Files of others on this machine, opened below a folder that a person named, without following links.

A path is never judged and then opened: between the two, somebody could put a link in its place. Each part
of a path is opened by the descriptor of the part before, and a file is judged by its own descriptor.
"""

import errno
import os
import stat
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import BinaryIO

from core.errors import TooLargeError

Identity = tuple[int, int]
"""Device and inode of a folder."""

# A folder that may be passed through but not listed opens by O_PATH only, which not every system has.
_FOLDER = getattr(os, "O_PATH", os.O_RDONLY) | os.O_DIRECTORY | os.O_CLOEXEC
_LISTED = os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC
# Opening a pipe without O_NONBLOCK waits for its other end.
_FILE = os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC | os.O_NOCTTY
_REASONS = {
    errno.ELOOP: "it is a symbolic link, and links are not followed",
    errno.ENOTDIR: "what should be a folder on its path is a file or a symbolic link",
    errno.ENXIO: "it is not a regular file",
}


@contextmanager
def opened_root(path: Path) -> Iterator[int]:
    """Give the descriptor of a folder that a person named; links on the way to it are followed.

    Raises: OSError.
    """
    folder = os.open(path, _FOLDER)
    try:
        yield folder
    finally:
        os.close(folder)


@contextmanager
def opened_folder(root: int, parts: Sequence[str]) -> Iterator[int]:
    """Give the descriptor of the folder at `parts` below `root`, none of which may be a link.

    Raises: OSError, with a reason that says where a link is in the way.
    """
    folder = os.open(".", _FOLDER, dir_fd=root)
    try:
        for part in parts:
            inner = _open(part, _FOLDER, folder)
            os.close(folder)
            folder = inner
        yield folder
    finally:
        os.close(folder)


def identity(folder: int) -> Identity:
    """Return what tells the folder of a descriptor from any other."""
    status = os.fstat(folder)
    return status.st_dev, status.st_ino


def names(folder: int) -> list[str]:
    """Return the names in a folder, in order. Raises: OSError if it cannot be read."""
    listed = os.open(".", _LISTED, dir_fd=folder)
    try:
        return sorted(os.listdir(listed))
    finally:
        os.close(listed)


def entries(folder: int) -> dict[str, os.stat_result]:
    """Return the state of each entry of a folder by its name, in order; of a link, its own state.

    Raises: OSError if the folder cannot be read.
    """
    found: dict[str, os.stat_result] = {}
    for name in names(folder):
        if status := state(folder, name):  # if not, it was removed since
            found[name] = status
    return found


def read_file(folder: int, name: str, max_bytes: int) -> bytes:
    """Return the content of a regular file in a folder; no more than the limit is ever read.

    Raises: OSError, also for a link, a pipe or a device; TooLargeError.
    """
    with _as_file(_open(name, _FILE, folder)) as file:
        size = os.fstat(file.fileno()).st_size
        content = b"" if size > max_bytes else file.read(max_bytes + 1)
        if max(size, len(content)) > max_bytes:
            limit = f"{max_bytes:,} (VADE_INGEST__MAX_FILE_BYTES)"
            raise TooLargeError(f"the file has {max(size, len(content)):,} bytes; the limit is {limit}")
        return content


def read_below(root: int, parts: Sequence[str], max_bytes: int) -> bytes:
    """Return the content of the regular file at `parts` below a folder. Raises: OSError; TooLargeError."""
    if not parts:
        raise OSError(errno.EISDIR, "it is a folder")
    with opened_folder(root, parts[:-1]) as folder:
        return read_file(folder, parts[-1], max_bytes)


def open_named(path: Path) -> BinaryIO:
    """Open a regular file that a person named, to read its bytes; links to it are followed.

    Raises: OSError, also for a pipe or a device.
    """
    return _as_file(os.open(path, _FILE))


def state(folder: int, name: str) -> os.stat_result | None:
    """Return the state of an entry of a folder, of a link its own; None if there is no such entry.

    Raises: OSError.
    """
    with suppress(FileNotFoundError):
        return os.stat(name, dir_fd=folder, follow_symlinks=False)
    return None


def is_link(status: os.stat_result) -> bool:
    """Return whether this is the state of a symbolic link."""
    return stat.S_ISLNK(status.st_mode)


def is_folder(status: os.stat_result) -> bool:
    """Return whether this is the state of a folder."""
    return stat.S_ISDIR(status.st_mode)


def is_file(status: os.stat_result) -> bool:
    """Return whether this is the state of a regular file."""
    return stat.S_ISREG(status.st_mode)


def _open(name: str, flags: int, folder: int) -> int:
    if name in {"", ".", ".."} or "/" in name:
        raise OSError(errno.EINVAL, "its path does not stay below the folder")
    try:
        return os.open(name, flags | os.O_NOFOLLOW, dir_fd=folder)
    except OSError as error:
        reason = _REASONS.get(error.errno or 0, error.strerror)
        raise OSError(error.errno, reason) from error


def _as_file(handle: int) -> BinaryIO:
    if not is_file(os.fstat(handle)):
        os.close(handle)
        raise OSError(errno.EINVAL, "it is not a regular file")
    return os.fdopen(handle, "rb")
