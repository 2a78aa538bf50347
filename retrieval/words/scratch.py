"""Scratch folders of hard links, in which an index may change what a saved generation must keep."""

import os
import shutil
import tempfile
from pathlib import Path

from filelock import FileLock, Timeout

from retrieval.follow.generations import MANIFEST


def scratch_folder(root: Path) -> tuple[Path, FileLock]:
    """Make a scratch folder for this index, and remove those of processes that have ended."""
    root.mkdir(parents=True, exist_ok=True)
    for left in root.glob("scratch-*.lock"):
        lock = FileLock(left)
        try:
            lock.acquire(blocking=False)
        except Timeout:
            continue
        shutil.rmtree(left.with_suffix(""), ignore_errors=True)
        left.unlink(missing_ok=True)
        lock.release()
    handle, name = tempfile.mkstemp(prefix="scratch-", suffix=".lock", dir=root)
    os.close(handle)
    lock = FileLock(name)
    lock.acquire()
    folder = Path(name).with_suffix("")
    folder.mkdir()
    return folder, lock


def link_files(source: Path, target: Path) -> None:
    """Link, or else copy, the files of an index from one folder to another."""
    for path in source.iterdir():
        if path.suffix == ".lock" or path.name == MANIFEST:
            continue  # not part of the index
        try:
            os.link(path, target / path.name)
        except OSError:  # a file system without hard links
            shutil.copyfile(path, target / path.name)
