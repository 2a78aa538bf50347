"""Locks between processes; the system frees one when its holder dies, however it dies."""

import hashlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from filelock import FileLock, Timeout

from core.errors import AlreadyRunningError


@contextmanager
def run_lock(data_dir: Path, source_uri: str, wait_seconds: float = 0) -> Iterator[None]:
    """Hold the only run over a source.

    Raises: AlreadyRunningError if another run holds it after `wait_seconds`.
    """
    folder = data_dir / "locks"
    folder.mkdir(parents=True, exist_ok=True)
    name = hashlib.sha256(source_uri.encode("utf-8", "surrogateescape")).hexdigest()[:16]
    try:
        with FileLock(folder / f"{name}.lock", timeout=wait_seconds):
            yield
    except Timeout as error:
        raise AlreadyRunningError(
            f"another run over {source_uri} is at work; this one did nothing"
        ) from error
