import os
import time
from pathlib import Path
from urllib.parse import unquote

import pytest

from core.errors import FetchError, SourceError, TooLargeError
from ingest.connectors.folder import FolderSource
from ingest.connectors.source import Listing
from ingest.uris import file_path, file_uri

OWNER = frozenset({"user:ann"})
NEEDS_PERMISSIONS = pytest.mark.skipif(os.geteuid() == 0, reason="root reads whatever it likes")


def write(folder: Path, name: str, text: str = "text") -> Path:
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, "utf-8")
    return path


def source(path: Path, limit: int = 1000) -> FolderSource:
    return FolderSource(path, OWNER, limit)


def listing(folder: FolderSource) -> Listing:
    [only] = folder.listings("")
    return only


def readers(path: Path) -> dict[str, set[str]]:
    return {listed.name: set(listed.principals) for listed in listing(source(path)).listed}


def test_files_are_listed_in_order_of_their_path_with_their_readers(tmp_path: Path) -> None:
    for name in ("b.md", "a.md", "sub/c.md"):
        write(tmp_path, name)
    folder = source(tmp_path)
    assert [listed.uri for listed in listing(folder).listed] == [
        f"{folder.uri}/{name}" for name in ("a.md", "b.md", "sub/c.md")
    ]
    assert readers(tmp_path) == {"a.md": {"user:ann"}, "b.md": {"user:ann"}, "c.md": {"user:ann"}}


def test_the_nearest_permissions_file_wins_and_nothing_is_added_up(tmp_path: Path) -> None:
    write(tmp_path, ".vade.yaml", "read: [public]")
    write(tmp_path, "all.md")
    write(tmp_path, "field/.vade.yaml", "read:\n  - group:field\n  - user:bob\n")
    write(tmp_path, "field/deep/down/secret.md")
    write(tmp_path, "office/note.md")
    assert readers(tmp_path) == {
        "all.md": {"public"},
        "secret.md": {"group:field", "user:bob"},
        "note.md": {"public"},
    }


def test_a_permissions_file_above_the_source_holds_too(tmp_path: Path) -> None:
    write(tmp_path, ".vade.yaml", "read: [group:field]")
    path = write(tmp_path, "sub/a.md")
    assert readers(tmp_path / "sub") == readers(path) == {"a.md": {"group:field"}}


def test_an_empty_list_closes_a_folder_to_everybody(tmp_path: Path) -> None:
    write(tmp_path, ".vade.yaml", "read: []")
    write(tmp_path, "a.md")
    assert readers(tmp_path) == {"a.md": set()}


def test_hidden_files_and_symbolic_links_are_passed_over(tmp_path: Path) -> None:
    outside = write(tmp_path, "outside/secret.md")
    folder = tmp_path / "folder"
    write(folder, "a.md")
    write(folder, ".hidden.md")
    write(folder, ".git/b.md")
    (folder / "link.md").symlink_to(outside)
    (folder / "linked").symlink_to(outside.parent)
    assert set(readers(folder)) == {"a.md"}


def test_a_folder_that_is_not_there_changes_nothing(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match=r"does not exist; nothing was changed"):
        listing(source(tmp_path / "gone"))


@pytest.mark.parametrize("name", ["泵 2.md", "100%.md", "a#b?c.md", "naïve & co.md", "line\nbreak.md"])
def test_a_uri_leads_back_to_its_file(tmp_path: Path, name: str) -> None:
    path = write(tmp_path, name, "found")
    folder = source(tmp_path)
    [listed] = listing(folder).listed
    assert unquote(listed.uri) == f"file://{path}"
    assert file_path(listed.uri) == path
    assert folder.fetch(listed) == b"found"


def test_a_name_that_is_not_unicode_is_no_obstacle(tmp_path: Path) -> None:
    name = os.fsencode(tmp_path) + b"/caf\xe9.md"
    Path(os.fsdecode(name)).write_text("found", "utf-8")
    folder = source(tmp_path)
    [listed] = listing(folder).listed
    assert listed.uri == f"{file_uri(tmp_path)}/caf%E9.md"
    assert folder.fetch(listed) == b"found"


def test_a_file_over_the_limit_says_which_limit(tmp_path: Path) -> None:
    write(tmp_path, "big.md", "x" * 11)
    folder = source(tmp_path, limit=10)
    with pytest.raises(TooLargeError, match=r"11 bytes; the limit is 10 \(VADE_INGEST__MAX_FILE_BYTES\)"):
        folder.fetch(listing(folder).listed[0])


def test_a_file_that_went_between_listing_and_reading_is_one_failure(tmp_path: Path) -> None:
    path = write(tmp_path, "a.md")
    folder = source(tmp_path)
    [listed] = listing(folder).listed
    path.unlink()
    with pytest.raises(FetchError, match="cannot be read"):
        folder.fetch(listed)


def test_a_listing_names_everything_there_is(tmp_path: Path) -> None:
    assert listing(source(tmp_path)) == Listing(listed=[], complete=True)


def test_the_stamp_of_a_file_changes_with_every_write(tmp_path: Path) -> None:
    path = write(tmp_path, "a.md", "one")
    assert listing(source(tmp_path)).listed[0].stamp == "", (
        "a fresh file may change within one tick of its times"
    )
    stamps = []
    for text in ("one", "two"):
        path.write_text(text, "utf-8")
        os.utime(path, (1, 1))
        time.sleep(2.1)  # by the file system's clock, which no test can set: younger files have no stamp
        stamps.append(listing(source(tmp_path)).listed[0].stamp)
    assert len(set(stamps)) == 2
    assert listing(source(tmp_path)).listed[0].stamp == stamps[-1]


@NEEDS_PERMISSIONS
def test_a_folder_that_cannot_be_looked_into_is_reported_and_keeps_its_documents(tmp_path: Path) -> None:
    write(tmp_path, "a.md")
    closed = write(tmp_path, "closed/b.md").parent
    closed.chmod(0)
    try:
        folder = source(tmp_path)
        found = listing(folder)
        [(uri, problem)] = found.unreadable
    finally:
        closed.chmod(0o700)
    assert uri == f"{folder.uri}/closed"
    assert "its documents are kept" in str(problem)
    assert found.limits == ((uri, OWNER),)
    assert [listed.name for listed in found.listed] == ["a.md"]
