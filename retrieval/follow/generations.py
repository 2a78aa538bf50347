"""Generations: builds of an index on disk that never change once they are there.

A generation is a folder with a manifest that names every file, its size and its SHA-256, what
built it and the last change applied. It is written beside the one in force, made durable, then renamed: a
crash leaves either the old one or the new one, never half of one.
"""

import hashlib
import json
import os
import shutil
import uuid
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path

from filelock import FileLock

from core.errors import IndexUnusableError, StorageError

MANIFEST = "manifest.json"
_PREFIX = "gen-"
_PLACE, _PLACE_CHARS = "place", 32


def place_of(root: Path) -> str:
    """Return the name of this folder of indexes, which it is given when it is first used, and keeps.

    Several folders, on several machines, may follow one database; each has generations of its own.

    Raises: StorageError if it has no name and cannot be given one.
    """
    path = root / _PLACE
    try:
        root.mkdir(parents=True, exist_ok=True)
        if name := _name_in(path):
            return name
        with FileLock(f"{path}.lock"):
            if not (name := _name_in(path)):
                path.write_text(name := uuid.uuid4().hex)
        return name
    except OSError as error:
        raise StorageError(f"the folder of the indexes, {root}, cannot be used: {error.strerror}") from error


def _name_in(path: Path) -> str:
    """Return what a file says, empty if it is not there or its writer died in the middle."""
    name = path.read_text() if path.exists() else ""
    return name if len(name) == _PLACE_CHARS else ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Manifest:
    """What a generation holds; `built_with` names model and form, `files` are `(name, bytes, SHA-256)`."""

    name: str
    generation: int
    built_with: str
    applied_seq: int
    files: tuple[tuple[str, int, str], ...]


class Generations:
    """The generations of one follower, `root/gen-000001` and so on."""

    def __init__(self, root: Path, name: str, built_with: str) -> None:
        self._root = root / name
        self._name = name
        self._built_with = built_with

    def newest_first(self) -> list[Path]:
        """Return the folders that are there, none of them checked."""
        return sorted(self._root.glob(f"{_PREFIX}[0-9]*[0-9]"), reverse=True)

    def folder(self, number: int) -> Path:
        """Return the folder of a generation, whether it is there or not."""
        return self._root / f"{_PREFIX}{number:06d}"

    def verify(self, folder: Path) -> Manifest:
        """Return the manifest of a generation whose every byte is as it was written.

        Raises: IndexUnusableError if a file is missing or changed, or it was built with something else.
        """
        try:
            raw = json.loads((folder / MANIFEST).read_text("utf-8"))
            manifest = Manifest(**{**raw, "files": tuple(tuple(entry) for entry in raw["files"])})
            for name, size, digest in manifest.files:
                if (folder / name).stat().st_size != size or _sha256(folder / name) != digest:
                    raise IndexUnusableError(f"{folder / name} is not as it was written")
        except (OSError, ValueError, TypeError, KeyError) as error:
            raise IndexUnusableError(f"{folder} has no usable manifest: {error}") from error
        if (manifest.name, manifest.built_with) != (self._name, self._built_with):
            raise IndexUnusableError(f"{folder} was built for {manifest.name} with {manifest.built_with}")
        return manifest

    def write(self, applied_seq: int, save: Callable[[Path], None]) -> Manifest:
        """Write the next generation by `save(folder)` and drop all but the one before it.

        Raises: OSError if the disk does not take it; what was there stays in force.
        """
        there = self.newest_first()
        number = int(there[0].name.removeprefix(_PREFIX)) + 1 if there else 1
        final = self._root / f"{_PREFIX}{number:06d}"
        unfinished = final.with_suffix(".tmp")
        shutil.rmtree(unfinished, ignore_errors=True)
        unfinished.mkdir(parents=True)
        save(unfinished)
        files = tuple(
            (path.name, path.stat().st_size, _sha256(path)) for path in sorted(unfinished.iterdir())
        )
        manifest = Manifest(
            name=self._name,
            generation=number,
            built_with=self._built_with,
            applied_seq=applied_seq,
            files=files,
        )
        (unfinished / MANIFEST).write_text(json.dumps(asdict(manifest), indent=1), "utf-8")
        for path in (*unfinished.iterdir(), unfinished):
            _make_durable(path)
        unfinished.rename(final)
        _make_durable(self._root)
        for old in there[1:]:
            shutil.rmtree(old, ignore_errors=True)
        return manifest

    def drop_all_but(self, number: int) -> None:
        """Remove every generation but this one."""
        for folder in self.newest_first():
            if folder.name != f"{_PREFIX}{number:06d}":
                shutil.rmtree(folder)


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _make_durable(path: Path) -> None:
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
