"""Locks by which processes see whether others are alive.

The operating system frees a process's lock when the process ends, even if it is killed.
"""

import socket
import threading
import uuid
from collections.abc import Collection
from pathlib import Path

from filelock import FileLock, Timeout


class SignOfLife:
    """A locked file by which other processes see that this one is alive.

    With it, the leases of a killed process are free at once; those of another machine when they expire.
    """

    def __init__(self, data_dir: Path) -> None:
        self._folder = data_dir / "locks"
        self._id = uuid.uuid4().hex
        self._lock = FileLock(self._path(self._id), thread_local=False)
        self._acquiring = threading.Lock()

    @property
    def name(self) -> str:
        """The name of this process; its first use creates and locks the file."""
        with self._acquiring:  # two threads that acquire one FileLock at once may deadlock
            if not self._lock.is_locked:
                self._folder.mkdir(parents=True, exist_ok=True)
                self._lock.acquire()
        return f"{self._place}/{self._id}"

    def dead(self, names: Collection[str]) -> frozenset[str]:
        """Return the names of processes that have ended, of those on this machine and in this folder."""
        return frozenset(name for name in names if name != self.name and self._is_dead(name))

    def close(self) -> None:
        """Release and remove the file."""
        if self._lock.is_locked:
            self._lock.release()
            self._path(self._id).unlink(missing_ok=True)

    @property
    def _place(self) -> str:
        """The machine and the folder: only within them does a missing file prove that a process ended."""
        status = self._folder.stat()
        return f"{socket.gethostname()}/{status.st_dev:x}-{status.st_ino:x}"

    def _is_dead(self, name: str) -> bool:
        place, _, identity = name.rpartition("/")
        if place != self._place:
            return False
        path = self._path(identity)
        try:
            with FileLock(path, blocking=False):
                path.unlink(missing_ok=True)
        except Timeout:
            return False
        return True

    def _path(self, identity: str) -> Path:
        return self._folder / f"alive-{identity}.lock"
