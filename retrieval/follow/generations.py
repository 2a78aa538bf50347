"""Generations: saved builds of an index, which never change on the disk.

A generation is a folder with a manifest, which names each file with its size and SHA-256, the model and
form of the build, and the last change applied. It is written beside the one in force, made durable, then
renamed: after a crash there is either the old one or the new one, never half of one.
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
    """Return the unique name of this folder, which is created at its first use.

    Several folders, on several machines, may follow one database; each has its own generations.

    Raises: StorageError if the folder has no name and none can be written.
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
        raise StorageError(f"the folder {root} cannot be used: {error.strerror}") from error


def _name_in(path: Path) -> str:
    """Return the name in a file; empty if the file is missing or incomplete after a crash."""
    name = path.read_text() if path.exists() else ""
    return name if len(name) == _PLACE_CHARS else ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Manifest:
    """The manifest of a generation."""

    name: str
    """The name of the follower."""
    generation: int
    """The number of the generation, from 1."""
    built_with: str
    """The model and the form of the index."""
    applied_seq: int
    """The number of the last change applied."""
    files: tuple[tuple[str, int, str], ...]
    """`(name, bytes, SHA-256)` of each file."""


class Generations:
    """The generations of one follower, `root/gen-000001` and so on."""

    def __init__(self, root: Path, name: str, built_with: str) -> None:
        self._root = root / name
        self._name = name
        self._built_with = built_with

    def newest_first(self) -> list[Path]:
        """Return the folders of all generations, unchecked."""
        return sorted(self._root.glob(f"{_PREFIX}[0-9]*[0-9]"), reverse=True)

    def folder(self, number: int) -> Path:
        """Return the folder of a generation, which need not exist."""
        return self._root / f"{_PREFIX}{number:06d}"

    def verify(self, folder: Path) -> Manifest:
        """Return the manifest of a generation after checking all files against it.

        Raises: IndexUnusableError if a file is missing or changed, or the model or form is another one.
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
        """Write the next generation by `save(folder)`, and remove all but it and the one before.

        Raises: OSError if the disk refuses the write; the generation in force stays.
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
        """Remove all generations but this one."""
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
