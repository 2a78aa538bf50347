"""What an office program leaves in its folder is read as a file of a stranger."""

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from core.errors import OverLimitError, ParseError
from ingest.sandbox.office import converted


def test_a_file_is_read_up_to_the_limit(tmp_path: Path) -> None:
    (tmp_path / "made").mkdir()
    (tmp_path / "made" / "given.docx").write_bytes(b"text")
    assert converted(tmp_path, "given.docx", 4) == b"text"
    with pytest.raises(OverLimitError, match="once LibreOffice has converted it"):
        converted(tmp_path, "given.docx", 3)


def linked_file(folder: Path, outside: Path) -> None:
    (folder / "made").mkdir()
    (folder / "made" / "given.docx").symlink_to(outside / "given.docx")


def linked_folder(folder: Path, outside: Path) -> None:
    (folder / "made").symlink_to(outside)


def endless(folder: Path, outside: Path) -> None:
    (folder / "made").mkdir()
    os.mkfifo(folder / "made" / "given.docx")


def nothing(folder: Path, outside: Path) -> None:
    """Leave the folder empty."""


@pytest.mark.parametrize("put", [linked_file, linked_folder, endless, nothing])
def test_a_link_or_a_device_in_its_place_is_not_read(
    put: Callable[[Path, Path], None], tmp_path: Path
) -> None:
    folder, outside = tmp_path / "folder", tmp_path / "outside"
    folder.mkdir()
    outside.mkdir()
    (outside / "given.docx").write_bytes(b"SECRET")
    put(folder, outside)
    with pytest.raises(ParseError, match="LibreOffice cannot read this file"):
        converted(folder, "given.docx", 100)
