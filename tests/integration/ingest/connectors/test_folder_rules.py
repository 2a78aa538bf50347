"""Folders: what their rules open, and what a rule closes that cannot be read."""

import os
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing, contextmanager
from pathlib import Path
from types import MappingProxyType

import pytest
from integration.ingest.connectors.partners import write
from integration.ingest.connectors.trees.tree_contract import TreeContract

from ingest.connectors.folder import FolderSource
from ingest.connectors.source import Listing

OWNER = frozenset({"user:ann"})


class FolderPartner:
    options: Mapping[str, str] = MappingProxyType({})
    grants = True

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.place = str(folder)

    def put(self, name: str, text: str) -> None:
        self.put_beside(name, name, text.encode())

    def put_beside(self, name: str, file: str, content: bytes) -> None:
        write(self.folder, f"{name.removesuffix('.md')}/{file}", "").write_bytes(content)

    def remove(self, name: str) -> None:
        (self.folder / name.removesuffix(".md") / name).unlink()

    def grant(self, name: str, *groups: str) -> frozenset[str]:
        readers = [f"group:{group}" for group in groups]
        self.put_beside(name, ".vade.yaml", f"read: [{', '.join(readers)}]".encode())
        return frozenset(readers)

    @contextmanager
    def away(self, name: str) -> Iterator[None]:
        path = self.folder / name.removesuffix(".md") / name
        kept = path.read_bytes()
        os.truncate(path, 10**10)
        yield
        path.write_bytes(kept)

    @contextmanager
    def down(self) -> Iterator[None]:
        self.folder.rename(self.folder.with_suffix(".away"))
        yield
        self.folder.with_suffix(".away").rename(self.folder)


class TestContract(TreeContract):
    @pytest.fixture
    def partner(self, tmp_path: Path) -> FolderPartner:
        (tmp_path / "manuals").mkdir()
        return FolderPartner(tmp_path / "manuals")


def listing(folder: Path, default: frozenset[str] = OWNER) -> Listing:
    with closing(FolderSource(folder, default, 1000)) as source:
        [only] = source.listings("")
        return only


def readers(found: Listing) -> dict[str, set[str]]:
    return {listed.name: set(listed.principals) for listed in found.listed}


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    """A public folder with a folder in it, `pay`, that waits for a rule."""
    write(tmp_path, ".vade.yaml", "read: [public]")
    for name in ("open.md", "pay/secret.md", "pay/deep/secret2.md", "pay/shown/shown.md"):
        write(tmp_path, name, "text")
    write(tmp_path, "pay/shown/.vade.yaml", "read: [group:field]")
    return tmp_path


def put_text(text: str) -> Callable[[Path], None]:
    return lambda path: path.write_text(text, "utf-8") and None  # type: ignore[return-value]


@pytest.mark.parametrize(
    ("put", "reason"),
    [
        (lambda path: path.symlink_to("/nowhere"), "symbolic link"),
        (lambda path: path.symlink_to("../.vade.yaml"), "symbolic link"),
        (Path.mkdir, "not a regular file"),
        (os.mkfifo, "not a regular file"),
        (lambda path: path.symlink_to("/dev/zero"), "symbolic link"),
        (lambda path: path.write_bytes(b"read: [public]" + b" " * 2**17), "larger than 65,536 bytes"),
        (lambda path: path.write_bytes(b"\xff\xfe\x00"), "not UTF-8"),
        *(
            (put_text(text), reason)
            for text, reason in [
                ("", "write `read:`"),
                ("read", "write `read:`"),
                ("read: public", "write `read:`"),
                ("read: [everyone]", "'everyone' is not a principal"),
                ("read: [user:]", "is not a principal"),
                ("reed: [public]", "write `read:`"),
                ("read: [", "not YAML in line"),
                ("- public", "write `read:`"),
                ("read: [public]\nwrite: [public]", "no others"),
                ("read: null", "write `read:`"),
                ("read: [[public]]", "is not a principal"),
                ("read: [public]\nread: [public]", "stands in it twice"),
                ("read: [public]\ndate: 2026-13-45", "not YAML"),
                ("read: &all [public]\ntags: *all", "an alias"),
            ]
        ),
    ],
)
def test_a_rule_that_cannot_be_read_leaves_the_owner_and_is_named(
    put: Callable[[Path], None], reason: str, tree: Path
) -> None:
    put(tree / "pay" / ".vade.yaml")
    found = listing(tree)
    assert readers(found) == {
        "open.md": {"public"},
        "secret.md": {"user:ann"},
        "secret2.md": {"user:ann"},
        "shown.md": {"group:field"},
    }
    [(uri, problem)] = found.unreadable
    assert uri == f"file://{tree}/pay/.vade.yaml"
    assert str(problem).startswith("this rule cannot be read: ")
    assert reason in str(problem)
    assert str(problem).endswith("Until it is mended, user:ann may read below it")
    assert found.complete, "what was removed elsewhere is removed"


@pytest.mark.parametrize("default", [frozenset({"public"}), frozenset({"group:field"})])
def test_without_a_user_among_the_default_readers_no_one_is_left(default: frozenset[str], tree: Path) -> None:
    (tree / "pay" / ".vade.yaml").symlink_to("/nowhere")
    found = listing(tree, default)
    assert readers(found)["secret.md"] == set()
    assert "no one may read below it" in str(found.unreadable[0][1])


def test_a_broken_rule_above_the_source_closes_all_of_it(tree: Path) -> None:
    (tree / ".vade.yaml").write_text("reed: [public]")
    for place in (tree / "pay", tree / "pay" / "secret.md"):
        found = listing(place)
        assert readers(found)["secret.md"] == {"user:ann"}
        assert [uri for uri, _ in found.unreadable] == [f"file://{tree}/.vade.yaml"]


@pytest.mark.parametrize(
    "name", [".vade.yml", "vade.yaml", "vade.yml", ".VADE.YAML", ".vade.yaml.txt", "_vade.yaml"]
)
def test_a_near_miss_is_told_and_is_no_document(name: str, tree: Path) -> None:
    write(tree, f"pay/{name}", "read: [user:ann]")
    found = listing(tree)
    assert set(readers(found)) == {"open.md", "secret.md", "secret2.md", "shown.md"}
    [(uri, problem)] = found.unreadable
    assert uri == f"file://{tree}/pay/{name}"
    assert "rename it to .vade.yaml" in str(problem)
    assert found.gone == (uri,), "what was a document before is one no more"


def test_a_near_miss_above_the_source_is_told_too(tree: Path) -> None:
    write(tree, ".vade.yml", "read: [user:ann]")
    for place in (tree / "pay", tree / "pay" / "secret.md"):
        assert [uri for uri, _ in listing(place).unreadable] == [f"file://{tree}/.vade.yml"]


def test_a_good_rule_beside_a_near_miss_is_in_force(tree: Path) -> None:
    write(tree, "pay/.vade.yaml", "read: [group:hr]")
    write(tree, "pay/.vade.yaml.bak", "read: [public]")
    found = listing(tree)
    assert readers(found)["secret.md"] == {"group:hr"}
    assert len(found.unreadable) == 1
