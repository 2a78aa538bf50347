"""Temporary folders of parsing processes, and the removal of those that a killed service left."""

import fcntl
import os
import shutil
import tempfile
import time
import weakref
from pathlib import Path

_PREFIX = "vade-parser-"
# A younger folder may not be locked yet.
_YOUNG_SECONDS = 60.0


class ParserFolder:
    """A folder for one process, locked as long as the service lives and removed by `close`."""

    def __init__(self) -> None:
        self._made = tempfile.TemporaryDirectory(prefix=_PREFIX, ignore_cleanup_errors=True)
        lock = os.open(self._made.name, os.O_RDONLY)
        self._unlock = weakref.finalize(self, os.close, lock)
        fcntl.flock(lock, fcntl.LOCK_EX)

    @property
    def name(self) -> str:
        """The path."""
        return self._made.name

    def close(self) -> None:
        """Remove the folder and its content; a second call has no effect."""
        self._made.cleanup()
        self._unlock()


def remove_abandoned() -> int:
    """Remove the folders of killed services, which may hold parts of documents; return how many."""
    found = Path(tempfile.gettempdir()).glob(f"{_PREFIX}*")
    return sum(_is_abandoned(folder) and _is_removed(folder) for folder in found)


def _is_abandoned(folder: Path) -> bool:
    """Return whether a folder belongs to this user and no living service has locked it."""
    try:
        status = folder.lstat()
        if status.st_uid != os.geteuid() or status.st_mtime > time.time() - _YOUNG_SECONDS:
            return False
        opened = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW)
    except OSError:  # removed meanwhile, or a link by another user
        return False
    try:
        fcntl.flock(opened, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return False
    finally:
        os.close(opened)
    return True


def _is_removed(folder: Path) -> bool:
    shutil.rmtree(folder, ignore_errors=True)
    return not folder.exists()
