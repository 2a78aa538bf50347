from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from integration.ingest.connectors.loopback import Answer, Asked, serving
from integration.ingest.connectors.partners import LOOPBACK, READERS, write
from integration.ingest.connectors.trees.rclone import PASSWORD, USER, TreePartner, behind, rclone
from integration.ingest.connectors.trees.tree_contract import TreeContract

from core.errors import InputError, SourceError
from core.settings import ConnectorSettings, IngestSettings, load_settings
from ingest.connectors.sources import source_at
from ingest.connectors.trees.webdav import WebDavOptions, WebDavSource

SETTINGS = IngestSettings(connectors=ConnectorSettings.model_validate(LOOPBACK), max_file_bytes=2000)


class CloudPartner(TreePartner):
    """A folder of `rclone serve webdav`, which asks for a password."""

    options = {"user": USER, "password_env": "DAV_PASSWORD"}  # noqa: RUF012

    @property
    def place(self) -> str:  # type: ignore[override]
        return f"webdav+{self.web.url}/dav/{self.folder.name}"


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Path, int]]:
    folder = tmp_path_factory.mktemp("dav")
    with rclone("webdav", folder, "--user", USER, "--pass", PASSWORD, "--baseurl", "dav") as port:
        yield folder, port


@pytest.fixture
def partner(
    served: tuple[Path, int], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[CloudPartner]:
    monkeypatch.setenv("DAV_PASSWORD", PASSWORD)
    folder = served[0] / tmp_path.name
    folder.mkdir()
    with behind(CloudPartner(folder, served[1])) as made:
        yield made  # type: ignore[misc]


class TestContract(TreeContract):
    pass


def open_cloud(url: str, **options: str) -> WebDavSource:
    told = WebDavOptions.model_validate({"url": url, "read": list(READERS), **options})
    return WebDavSource(told, SETTINGS, Path())


def test_a_wrong_password_is_a_plain_reason(partner: CloudPartner, monkeypatch: pytest.MonkeyPatch) -> None:
    partner.put("a.md", "Pump.")
    monkeypatch.setenv("DAV_PASSWORD", "wrong")
    with (
        closing(open_cloud(partner.place, **partner.options)) as source,
        pytest.raises(SourceError, match="401"),
    ):
        list(source.listings(""))


def test_folders_are_paths_and_the_nearest_rule_counts(partner: CloudPartner) -> None:
    write(partner.folder, ".vade.yaml", "read: [public]")
    write(partner.folder, "a/b/c/deep.md", "deep")
    write(partner.folder, "a/b/.vade.yaml", "read: [user:ann]")
    write(partner.folder, ".hidden/x.md", "x")
    with closing(open_cloud(partner.place, **partner.options)) as source:
        [one] = [one for part in source.listings("") for one in part.listed]
        assert (one.uri, set(one.principals)) == (f"{source.uri}/a/b/c/deep.md", {"user:ann"})
        assert source.fetch(one) == b"deep"


def response(href: str, folder: bool = False) -> str:
    kind = "<d:resourcetype><d:collection/></d:resourcetype>" if folder else "<d:resourcetype/>"
    status = "<d:status>HTTP/1.1 200 OK</d:status>"
    prop = f"<d:prop>{kind}<d:getetag>&quot;1&quot;</d:getetag></d:prop>"
    return f"<d:response><d:href>{href}</d:href><d:propstat>{prop}{status}</d:propstat></d:response>"


def listing(answers: dict[str, Answer | str]) -> tuple[list[str], list[str]]:
    """Return the paths that are listed, and those that could not be looked into."""

    def answering(asked: Asked) -> Answer:
        answer = answers[asked.path]
        return (
            Answer(status=207, content=f'<d:multistatus xmlns:d="DAV:">{answer}</d:multistatus>')
            if isinstance(answer, str)
            else answer
        )

    with serving(answering) as web, closing(open_cloud(f"webdav+{web.url}/dav")) as source:
        parts = list(source.listings(""))
        below = f"{source.uri}/"
        return (
            [one.uri.removeprefix(below) for part in parts for one in part.listed],
            [uri.removeprefix(below) for part in parts for uri, _ in part.unreadable],
        )


def test_what_a_server_lists_outside_of_the_folder_is_passed_over() -> None:
    hostile = [
        "/dav/", "/dav/a.md", "http://169.254.169.254/dav/b.md", "/elsewhere/c.md", "/dav/../etc/passwd",
        "/dav/x/%2e%2e/%2e%2e/d.md", "/dav/sub/deep/e.md", "/dav2/f.md", "//169.254.169.254/dav/g.md",
        "/dav/%2f/h.md",
    ]  # fmt: skip
    found, _ = listing({"/dav/": "".join(map(response, hostile))})
    assert "a.md" in found
    assert not {"c.md", "d.md", "f.md", "etc/passwd"} & set(found)
    assert all(".." not in path for path in found)


def test_a_folder_that_is_not_shown_keeps_what_was_known_of_it() -> None:
    top = (
        response("/dav/", True)
        + response("/dav/a.md")
        + response("/dav/shut/", True)
        + response("/dav/open/", True)
    )
    found, shut = listing(
        {
            "/dav/": top,
            "/dav/shut/": Answer(status=403),
            "/dav/open/": response("/dav/open/b.md") + response("/dav/", True),
        }
    )
    assert (found, shut) == (["a.md", "open/b.md"], ["shut"])


def test_what_is_not_shown_is_read_by_no_one_beyond_the_rule_above_it() -> None:
    answers = {
        "/dav/": Answer(
            status=207,
            content='<d:multistatus xmlns:d="DAV:">'
            + "".join(response(f"/dav/{at}", at.endswith("/")) for at in ("", ".vade.yaml", "shut/"))
            + "</d:multistatus>",
        ),
        "/dav/shut/": Answer(status=403),
        "/dav/.vade.yaml": Answer(status=200, content="read: [group:hr]"),
    }
    with serving(lambda asked: answers[asked.path]) as web:
        with closing(open_cloud(f"webdav+{web.url}/dav")) as source:
            limits = [limit for part in source.listings("") for limit in part.limits]
        assert limits == [(f"{source.uri}/shut", frozenset({"group:hr"}))]


def test_a_server_that_is_none_is_a_plain_reason() -> None:
    entity = '<!DOCTYPE x [<!ENTITY a SYSTEM "file:///etc/passwd">]><x>&a;</x>'
    for answer in (
        Answer(status=200, content="<html>"),
        Answer(status=404),
        Answer(status=207, content="{}"),
        Answer(status=207, content=entity),
    ):
        with pytest.raises(SourceError, match="nothing was removed"):
            listing({"/dav/": answer})


def test_addresses_that_are_no_server(tmp_path: Path) -> None:
    for place in ("webdav+http://ann:hunter2@example.com/", "webdav+http://127.1/x"):
        with pytest.raises(InputError) as caught:
            source_at(place, {}, READERS, load_settings(tmp_path))
        assert "hunter2" not in str(caught.value)
