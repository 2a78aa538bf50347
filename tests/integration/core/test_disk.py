"""Files below a folder: what is a file by its descriptor, and what a link in the way comes to."""

import os
import socket
import tracemalloc
from collections.abc import Callable
from pathlib import Path

import pytest

from core import disk
from core.errors import TooLargeError

# Megabytes, of which the file system says that they are none.
LONG = Path("/proc/kallsyms")
Put = Callable[[Path], None]


def read(root: Path, *parts: str, most: int = 100) -> bytes:
    with disk.opened_root(root) as opened:
        return disk.read_below(opened, parts, most)


def a_socket(path: Path) -> None:
    with socket.socket(socket.AF_UNIX) as made:
        made.bind(str(path))


def a_chain(path: Path) -> None:
    path.with_name("second").symlink_to("/etc/hostname")
    path.symlink_to("second")


@pytest.mark.parametrize(
    ("put", "reason"),
    [
        (lambda path: path.symlink_to("/etc/hostname"), "symbolic link"),
        (lambda path: path.symlink_to("beside.md"), "symbolic link"),
        (lambda path: path.symlink_to("/nowhere"), "symbolic link"),
        (lambda path: path.symlink_to("/dev/zero"), "symbolic link"),
        (a_chain, "symbolic link"),
        (os.mkfifo, "not a regular file"),
        (a_socket, "not a regular file"),
        (Path.mkdir, "not a regular file"),
        (lambda path: None, "No such file"),
    ],
)
def test_only_a_regular_file_is_read(put: Put, reason: str, tmp_path: Path) -> None:
    (tmp_path / "beside.md").write_text("beside")
    put(tmp_path / "a.md")
    with pytest.raises(OSError, match=reason) as caught:
        read(tmp_path, "a.md")
    assert reason in (caught.value.strerror or "")


def test_no_folder_on_the_way_is_a_link(tmp_path: Path) -> None:
    real = tmp_path / "real" / "deep"
    real.mkdir(parents=True)
    (real / "a.md").write_text("found")
    (tmp_path / "link").symlink_to("real")
    (tmp_path / "real" / "up").symlink_to("..")
    assert read(tmp_path, "real", "deep", "a.md") == b"found"
    assert read(tmp_path / "link", "deep", "a.md") == b"found", "the folder itself was named by a person"
    for parts in (("link", "deep", "a.md"), ("real", "up", "real", "deep", "a.md")):
        with pytest.raises(NotADirectoryError, match="symbolic link"):
            read(tmp_path, *parts)


@pytest.mark.parametrize(
    "parts",
    [(), ("..", "a.md"), ("sub", "..", "a.md"), (".", "a.md"), ("/etc/hostname",), ("sub/../a.md",), ("",)],
)
def test_a_path_stays_below_its_folder(parts: tuple[str, ...], tmp_path: Path) -> None:
    (tmp_path / "sub" / "sub").mkdir(parents=True)
    (tmp_path / "a.md").write_text("found")
    with pytest.raises(OSError, match=r"does not stay below|it is a folder"):
        read(tmp_path / "sub", *parts)


@pytest.mark.parametrize(("size", "refused"), [(100, False), (101, True), (10**12, True)])
def test_no_more_than_the_limit_is_read(size: int, refused: bool, tmp_path: Path) -> None:
    with (tmp_path / "a.md").open("wb") as file:
        file.truncate(size)
    if not refused:
        assert len(read(tmp_path, "a.md")) == size
        return
    with pytest.raises(TooLargeError, match=rf"{size:,} bytes; the limit is 100"):
        read(tmp_path, "a.md")


def test_a_file_that_says_nothing_of_its_size_is_bounded_too() -> None:
    with pytest.raises(TooLargeError, match="the limit is 10 "):
        read(Path("/proc/self"), "status", most=10)


@pytest.mark.skipif(not LONG.is_file(), reason="needs a long file that says nothing of its size")
def test_no_more_of_it_is_read_than_the_limit() -> None:
    tracemalloc.start()
    try:
        with pytest.raises(TooLargeError):
            read(LONG.parent, LONG.name, most=10)
        assert tracemalloc.get_traced_memory()[1] < 2**18
    finally:
        tracemalloc.stop()


def test_no_descriptor_is_left_open(tmp_path: Path) -> None:
    (tmp_path / "sub").mkdir()
    (tmp_path / "link").symlink_to("sub")
    before = set(os.listdir("/proc/self/fd"))
    for parts in (("sub", "a.md"), ("link", "a.md"), ("sub", "..", "a"), ("sub",)):
        with pytest.raises(OSError, match=r"\w"):
            read(tmp_path, *parts)
    with disk.opened_root(tmp_path) as opened:
        assert disk.names(opened) == ["link", "sub"]
        assert [disk.is_link(one) for one in disk.entries(opened).values()] == [True, False]
        assert disk.state(opened, "gone") is None
    assert set(os.listdir("/proc/self/fd")) == before


def test_a_file_that_a_person_names_is_no_device(tmp_path: Path) -> None:
    (tmp_path / "a.jsonl").write_text("{}")
    (tmp_path / "link").symlink_to("a.jsonl")
    with disk.open_named(tmp_path / "link") as file:
        assert file.read() == b"{}"
    os.mkfifo(tmp_path / "pipe")
    for path in (tmp_path / "pipe", Path("/dev/zero"), tmp_path):
        with pytest.raises(OSError, match="not a regular file"):
            disk.open_named(path)
