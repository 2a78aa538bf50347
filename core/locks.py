"""Signs of life; the system frees a process's lock when it dies, however it dies."""

import socket
import threading
import uuid
from collections.abc import Collection
from pathlib import Path

from filelock import FileLock, Timeout


class SignOfLife:
    """A locked file that says that this process lives, and a look at those of others.

    With it the leases of a killed process are free at once; those of another machine when they end.
    """

    def __init__(self, data_dir: Path) -> None:
        self._folder = data_dir / "locks"
        self._id = uuid.uuid4().hex
        self._lock = FileLock(self._path(self._id), thread_local=False)
        self._giving = threading.Lock()

    @property
    def name(self) -> str:
        """This process's name; the sign is given with the first use of it."""
        with self._giving:  # two threads that take one FileLock at once may wait for each other for ever
            if not self._lock.is_locked:
                self._folder.mkdir(parents=True, exist_ok=True)
                self._lock.acquire()
        return f"{self._place}/{self._id}"

    def dead(self, names: Collection[str]) -> frozenset[str]:
        """Return those of this machine and folder whose process has ended."""
        return frozenset(name for name in names if name != self.name and self._is_dead(name))

    def close(self) -> None:
        """Take the sign back."""
        if self._lock.is_locked:
            self._lock.release()
            self._path(self._id).unlink(missing_ok=True)

    @property
    def _place(self) -> str:
        """The machine and the folder: only there a missing file proves a death."""
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
