import os
import shutil
import subprocess
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from types import MappingProxyType

import pytest
from integration.ingest.connectors.partners import READERS, write
from integration.ingest.connectors.trees.tree_contract import TreeContract

from core.errors import InputError, ParseError, SourceError
from core.settings import IngestSettings, load_settings
from ingest.connectors.source import Listed
from ingest.connectors.sources import source_at
from ingest.connectors.trees.git import GitOptions, GitSource

pytestmark = pytest.mark.skipif(shutil.which("git") is None, reason="needs git")
WHO = ("-c", "user.name=Ann", "-c", "user.email=ann@example.com")


def git(folder: Path, *arguments: str) -> None:
    clean = {"PATH": os.environ["PATH"], "GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_NOSYSTEM": "1"}
    subprocess.run(["git", "-C", folder, *WHO, *arguments], check=True, capture_output=True, env=clean)


class GitPartner:
    """A bare repository and the clone that somebody works in."""

    options: Mapping[str, str] = MappingProxyType({})
    grants = True

    def __init__(self, folder: Path) -> None:
        self.bare, self.work = folder / "manuals.git", folder / "work"
        self.bare.mkdir()
        git(self.bare, "init", "--quiet", "--bare", "--initial-branch=main")
        git(folder, "clone", "--quiet", str(self.bare), str(self.work))
        git(self.work, "checkout", "--quiet", "-b", "main")
        self.place = f"git+file://{self.bare}"

    def put(self, name: str, text: str) -> None:
        write(self.work, f"{name.removesuffix('.md')}/{name}", text)
        self.push()

    def put_beside(self, name: str, file: str, content: bytes) -> None:
        write(self.work, f"{name.removesuffix('.md')}/{file}", "").write_bytes(content)
        self.push()

    def remove(self, name: str) -> None:
        (self.work / name.removesuffix(".md") / name).unlink()
        self.push()

    def grant(self, name: str, *groups: str) -> frozenset[str]:
        readers = [f"group:{group}" for group in groups]
        write(self.work, f"{name.removesuffix('.md')}/.vade.yaml", f"read: [{', '.join(readers)}]")
        self.push()
        return frozenset(readers)

    @contextmanager
    def away(self, name: str) -> Iterator[None]:
        file = self.work / name.removesuffix(".md") / name
        kept = file.read_text("utf-8")
        file.write_text("version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 9\n", "utf-8")
        self.push()
        yield
        file.write_text(kept, "utf-8")
        self.push()

    @contextmanager
    def down(self) -> Iterator[None]:
        self.bare.rename(self.bare.with_suffix(".away"))
        yield
        self.bare.with_suffix(".away").rename(self.bare)

    def push(self) -> None:
        git(self.work, "add", "--all")
        git(self.work, "commit", "--quiet", "--message=x")
        git(self.work, "push", "--quiet", "--force", "origin", "main")


class TestContract(TreeContract):
    @pytest.fixture
    def partner(self, tmp_path: Path) -> GitPartner:
        return GitPartner(tmp_path)


@pytest.fixture
def partner(tmp_path: Path) -> GitPartner:
    return GitPartner(tmp_path)


def source(partner: GitPartner, tmp_path: Path, **options: str) -> GitSource:
    told = GitOptions.model_validate({"url": partner.place, "read": ["group:field"], **options})
    return GitSource(told, IngestSettings(max_file_bytes=1000), tmp_path / "kept")


def listed(git_source: GitSource) -> dict[str, Listed]:
    found = [one for part in git_source.listings("") for one in part.listed]
    return {one.uri.removeprefix(f"{git_source.uri}/"): one for one in found}


def test_names_of_any_kind_are_only_names(partner: GitPartner, tmp_path: Path) -> None:
    names = [
        "--upload-pack=x.md",
        "-c.md",
        "a b%20#?.md",
        "$(touch pwned).md",
        "泵.md",
        "new\nline.md",
        ".hidden.md",
    ]
    for name in names:
        write(partner.work, name, name)
    (partner.work / "link.md").symlink_to("/etc/passwd")
    partner.push()
    opened = source(partner, tmp_path)
    found = listed(opened)
    shown = {name.replace("\n", " ") for name in names}
    assert {one.name for one in found.values()} == shown - {".hidden.md"}
    assert {opened.fetch(one).decode() for one in found.values()} == {*names} - {".hidden.md"}
    assert not list(tmp_path.rglob("pwned"))


def test_a_renamed_file_is_gone_and_new(partner: GitPartner, tmp_path: Path) -> None:
    partner.put("a.md", "Pump.")
    before = listed(source(partner, tmp_path))
    git(partner.work, "mv", "a/a.md", "b.md")
    partner.push()
    after = listed(source(partner, tmp_path))
    assert (set(before), set(after)) == ({"a/a.md"}, {"b.md"})
    assert before["a/a.md"].stamp == after["b.md"].stamp


def test_what_was_listed_is_what_is_fetched_wherever_the_branch_goes(
    partner: GitPartner, tmp_path: Path
) -> None:
    partner.put("a.md", "old")
    opened = source(partner, tmp_path)
    found = listed(opened)["a/a.md"]
    partner.put("a.md", "new")
    assert opened.fetch(found) == b"old"
    assert source(partner, tmp_path).fetch(found) == b"old", "another process has the same copy"


def test_a_copy_that_was_deleted_is_made_anew(partner: GitPartner, tmp_path: Path) -> None:
    partner.put("a.md", "text")
    found = listed(source(partner, tmp_path))["a/a.md"]
    shutil.rmtree(tmp_path / "kept")
    assert source(partner, tmp_path).fetch(found) == b"text"


def test_a_branch_and_a_folder_are_sources_of_their_own(partner: GitPartner, tmp_path: Path) -> None:
    write(partner.work, "docs/.vade.yaml", "read: [user:ann]")
    write(partner.work, "docs/deep/a.md", "a")
    write(partner.work, "docs2/b.md", "b")
    partner.push()
    git(partner.work, "push", "--quiet", "origin", "main:refs/heads/release/2")
    opened = source(partner, tmp_path, path="/docs/", branch="release/2")
    assert opened.uri == f"{partner.place}@release/2/docs"
    assert {name: set(one.principals) for name, one in listed(opened).items()} == {"deep/a.md": {"user:ann"}}
    assert listed(source(partner, tmp_path))["docs2/b.md"].principals == READERS


def test_a_rule_that_is_a_link_closes_what_it_rules(partner: GitPartner, tmp_path: Path) -> None:
    write(partner.work, ".vade.yaml", "read: [public]")
    write(partner.work, "pay/a.md", "a")
    (partner.work / "pay" / ".vade.yaml").symlink_to("../.vade.yaml")
    write(partner.work, "b.md", "b")
    partner.push()
    found = {name: set(one.principals) for name, one in listed(source(partner, tmp_path)).items()}
    assert found == {"pay/a.md": set(), "b.md": {"public"}}


def test_rules_beside_the_folder_that_is_read_are_not_its_own(partner: GitPartner, tmp_path: Path) -> None:
    for path, rule in (
        (".vade.yaml", "read: [user:ann]"),
        ("other/.vade.yaml", "reed"),
        ("docs2/vade.yml", ""),
    ):
        write(partner.work, path, rule)
    write(partner.work, "docs/deep/a.md", "a")
    partner.push()
    parts = list(source(partner, tmp_path, path="docs").listings(""))
    assert [set(one.principals) for part in parts for one in part.listed] == [{"user:ann"}]
    assert not [problem for part in parts for problem in part.unreadable]


def test_hooks_and_settings_of_others_are_not_run(
    partner: GitPartner, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    partner.put("a.md", "text")
    opened = source(partner, tmp_path)
    listed(opened)
    [copy] = (tmp_path / "kept").iterdir()
    hook = write(copy, "hooks/reference-transaction", f"#!/bin/sh\ntouch {tmp_path}/pwned\n")
    hook.chmod(0o755)
    settings = write(
        tmp_path, "gitconfig", f"[core]\n\thooksPath = {hook.parent}\n[alias]\n\tfetch = !false\n"
    )
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", str(settings))
    monkeypatch.setenv("GIT_DIR", str(tmp_path / "nowhere"))
    partner.put("b.md", "text")
    assert len(listed(opened)) == 2
    assert not (tmp_path / "pwned").exists()


def test_a_large_file_is_refused_and_a_job_without_a_stamp_waits(partner: GitPartner, tmp_path: Path) -> None:
    partner.put("a.md", "x" * 1001)
    opened = source(partner, tmp_path)
    with pytest.raises(ParseError, match="limit"):
        opened.fetch(listed(opened)["a/a.md"])


@pytest.mark.parametrize(
    ("place", "options"),
    [
        ("git+file://host/x", {}),
        ("git+https://ann:hunter2@example.com/x", {}),
        ("git+https://ann@example.com/x", {}),
        ("git+ssh://-oProxyCommand=x/x", {}),
        ("git+ssh://-x@example.com/x", {}),
        ("git+https://2130706433/x", {}),
        ("git+https://example.com/x", {"branch": "--upload-pack=x"}),
        ("git+https://example.com/x", {"password": "hunter2"}),
        ("git+https://example.com/x", {"colour": "red"}),
        ("git+ext::sh", {}),
    ],
)
def test_addresses_and_options_that_are_not_used(place: str, options: dict[str, str], tmp_path: Path) -> None:
    with pytest.raises(InputError) as caught:
        source_at(place, options, READERS, load_settings(tmp_path))
    assert "hunter2" not in str(caught.value)


def test_a_server_inside_is_not_asked_unless_it_is_allowed(tmp_path: Path) -> None:
    told = GitOptions(url="git+http://127.0.0.1:9/x.git")
    with pytest.raises(SourceError, match="not a public address"):
        list(GitSource(told, IngestSettings(), tmp_path).listings(""))
