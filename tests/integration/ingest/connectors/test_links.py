"""Links that take a file's place between listing and reading, in each connector that has a file system."""

import io
import json
import os
import shutil
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest
from integration.ingest.connectors.partners import READERS, write

from core.errors import FetchError, SourceError, TooLargeError
from core.settings import IngestSettings
from ingest.connectors.folder import FolderSource
from ingest.connectors.jsonl import JsonlSource, StreamSource, holds_lines
from ingest.connectors.mail.maildir import MaildirOptions, MaildirSource
from ingest.connectors.options import SourceOptions
from ingest.connectors.source import Listed, Source

SETTINGS = IngestSettings(max_file_bytes=1000)
LISTED = "sub/deep/a.md"
Swap = Callable[[Path, Path], None]


def folder(root: Path) -> Source:
    return FolderSource(root, READERS, SETTINGS.max_file_bytes)


def one_file(root: Path) -> Source:
    return FolderSource(root / LISTED, READERS, SETTINGS.max_file_bytes)


def lines(root: Path) -> Source:
    feed = write(root, "feed.jsonl", json.dumps({"uri": "a", "path": LISTED}))
    return JsonlSource(SourceOptions(url=f"jsonl://{feed}"), SETTINGS, root)


def stream(root: Path) -> Source:
    line = json.dumps({"uri": "a", "path": str(root / LISTED)}).encode()
    return StreamSource(io.BytesIO(line), "ann", SourceOptions(url="-"), SETTINGS)


def maildir(root: Path) -> Source:
    for part in ("cur", "new", ".Pumps/cur", ".Pumps/new"):
        (root / part).mkdir(parents=True, exist_ok=True)
    shutil.move(root / LISTED, root / ".Pumps/new/a.md")
    (root / "sub").rmdir() if not any((root / "sub").iterdir()) else shutil.rmtree(root / "sub")
    return MaildirSource(MaildirOptions(url=f"maildir://{root}", folders=("Pumps",)), SETTINGS, root)


CONNECTORS = [folder, one_file, lines, stream, maildir]


def swap_file(file: Path, outside: Path) -> None:
    file.unlink()
    file.symlink_to(outside / file.name)


def swap_for_an_endless_device(file: Path, outside: Path) -> None:
    file.unlink()
    file.symlink_to("/dev/zero")


def swap_for_a_pipe(file: Path, outside: Path) -> None:
    file.unlink()
    os.mkfifo(file)


def swap_inside(file: Path, outside: Path) -> None:
    """Put a link to another file of the same folder, whose readers may be others, in the file's place."""
    file.rename(file.with_name(".hidden"))
    file.symlink_to(".hidden")


def swap_folder(file: Path, outside: Path) -> None:
    shutil.rmtree(file.parent)
    file.parent.symlink_to(outside)


def only(source: Source) -> Listed:
    [one] = [one for part in source.listings("") for one in part.listed]
    return one


@pytest.fixture
def outside(tmp_path: Path) -> Path:
    """A folder beside the source, with files of the names that the sources list."""
    return write(tmp_path / "outside", "a.md", "SECRET").parent


@pytest.fixture
def root(tmp_path: Path) -> Path:
    write(tmp_path / "root", LISTED, "Pump.")
    return tmp_path / "root"


def place_of(root: Path) -> Path:
    return next(path for path in (root / LISTED, root / ".Pumps/new/a.md") if path.exists())


@pytest.mark.parametrize("open_source", CONNECTORS)
@pytest.mark.parametrize(
    "swap", [swap_file, swap_for_an_endless_device, swap_for_a_pipe, swap_inside, swap_folder]
)
def test_what_takes_a_listed_files_place_is_not_read(
    open_source: Callable[[Path], Source], swap: Swap, root: Path, outside: Path
) -> None:
    with closing(open_source(root)) as source:
        listed = only(source)
        file = place_of(root)
        assert source.fetch(listed) == b"Pump."
        swap(file, outside)
        if open_source is one_file and swap is swap_folder:
            swapped = "the folder was replaced"
        else:
            swapped = "link|not a regular file"
        with pytest.raises(FetchError, match=swapped):
            source.fetch(listed)


@pytest.mark.parametrize("open_source", [folder, lines, stream, maildir])
def test_a_folder_higher_up_is_no_link_either(
    open_source: Callable[[Path], Source], root: Path, outside: Path
) -> None:
    with closing(open_source(root)) as source:
        listed = only(source)
        above = place_of(root).parent.parent
        copied = outside / "copied"
        shutil.copytree(above, copied)
        shutil.rmtree(above)
        above.symlink_to(copied)
        with pytest.raises(FetchError, match="link"):
            source.fetch(listed)


@pytest.mark.parametrize("open_source", CONNECTORS)
def test_a_file_that_grows_is_read_up_to_the_limit(
    open_source: Callable[[Path], Source], root: Path, outside: Path
) -> None:
    with closing(open_source(root)) as source:
        listed = only(source)
        os.truncate(place_of(root), 1001)
        with pytest.raises(TooLargeError, match="1,001 bytes; the limit is 1,000"):
            source.fetch(listed)


def test_a_folder_that_is_another_one_since_it_was_listed_is_not_read(root: Path, outside: Path) -> None:
    source = folder(root)
    listed = only(source)
    root.rename(root.with_name("moved"))
    write(outside, LISTED, "SECRET")
    root.symlink_to(outside)
    with pytest.raises(FetchError, match="was replaced after it was listed"):
        source.fetch(listed)


def test_links_and_devices_below_a_folder_are_not_listed(root: Path, outside: Path) -> None:
    (root / "link.md").symlink_to(outside / "a.md")
    (root / "linked").symlink_to(outside)
    (root / "zero.md").symlink_to("/dev/zero")
    os.mkfifo(root / "pipe.md")
    assert only(folder(root)).name == "a.md"


def test_a_folder_may_be_reached_by_a_link_that_a_person_named(root: Path) -> None:
    link = root.with_name("current")
    link.symlink_to(root)
    source = folder(link)
    assert source.fetch(only(source)) == b"Pump."


def test_a_file_that_is_a_link_is_told_which_file_to_name(root: Path) -> None:
    link = root / "link.md"
    link.symlink_to(root / LISTED)
    with pytest.raises(SourceError, match=rf"symbolic link; name the file itself, {root / LISTED}"):
        only(FolderSource(link, READERS, 1000))


@pytest.mark.parametrize("name", ["pipe.md", "pipe.jsonl"])
def test_a_named_pipe_or_device_is_no_source(name: str, tmp_path: Path) -> None:
    os.mkfifo(tmp_path / name)
    for path in (tmp_path / name, Path("/dev/zero")):
        with pytest.raises(SourceError, match=r"regular file; nothing was changed"):
            only(FolderSource(path, READERS, 1000))
        assert not holds_lines(path)
        with pytest.raises(SourceError, match="not a regular file"):
            only(JsonlSource(SourceOptions(url=f"jsonl://{path}"), SETTINGS, tmp_path))


@pytest.mark.parametrize("path", ["../secret.md", "sub/../../secret.md", "up/secret.md"])
def test_a_line_names_no_file_behind_a_link(path: str, root: Path) -> None:
    write(root.parent, "secret.md", "named on purpose")
    (root / "up").symlink_to("..")
    feed = write(root, "feed.jsonl", json.dumps({"uri": "a", "path": path}))
    source = JsonlSource(SourceOptions(url=f"jsonl://{feed}"), SETTINGS, root)
    if path.startswith("up"):
        with pytest.raises(FetchError, match="symbolic link"):
            source.fetch(only(source))
    else:
        assert source.fetch(only(source)) == b"named on purpose"


@pytest.mark.parametrize("uri", ["../outside/a.md", "sub/../../outside/a.md", "%2e%2e/outside/a.md", ""])
def test_a_job_with_a_strange_address_stays_below_the_folder(uri: str, root: Path, outside: Path) -> None:
    source = folder(root)
    with pytest.raises(FetchError):
        source.fetch(Listed(uri=f"{source.uri}/{uri}", name="a.md", principals=READERS))
    with pytest.raises(FetchError, match="outside the folder"):
        source.fetch(Listed(uri=f"file://{outside}/a.md", name="a.md", principals=READERS))
