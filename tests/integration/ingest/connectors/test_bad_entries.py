"""One bad entry of a listing is one failed document; what is listed beside it is read."""

import io
import json
import mailbox
import os
import shutil
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from fakes.application import make_app
from fakes.source import FakeSource
from integration.ingest.connectors.loopback import Answer, Asked, serving
from integration.ingest.connectors.partners import LOOPBACK, READERS, SHELF_LOADER, write
from integration.ingest.connectors.trees.test_git import GitPartner

from api.app import App
from core.errors import ParseError
from core.permissions import scope_of
from core.store.documents.snapshot import document_snapshots
from core.values.metadata import Metadata
from ingest.connectors.folder import FolderSource
from ingest.connectors.jsonl import StreamSource
from ingest.connectors.listing import sifted
from ingest.connectors.options import SourceOptions
from ingest.connectors.source import Listed, Source
from ingest.connectors.sources import source_at
from ingest.run.report import Outcome, RunReport

# As file systems hold it, and as Python writes a byte that is not UTF-8.
LATIN = b"caf\xe9.md"
READ = os.fsdecode(LATIN)


@pytest.fixture
def app(tmp_path: Path) -> Iterator[App]:
    connectors = {**LOOPBACK, "loaders": [SHELF_LOADER]}
    app = make_app(tmp_path / "data", ingest={"connectors": connectors, "retry_seconds": 3600})
    yield app
    app.close()


def ingest(app: App, source: Source) -> RunReport:
    with closing(source):
        return app.ingestion.ingest(source)


def check_one_failed(app: App, report: RunReport, reason: str, added: int = 1) -> None:
    """Check that one document failed for the reason, and that the good ones are found."""
    counts = {one: report.count(one) for one in Outcome if report.count(one)}
    assert counts == {Outcome.ADDED: added, Outcome.FAILED: 1}, report.failures
    [failed] = report.failures
    assert reason in failed.reason
    assert failed.uri.encode("utf-8").isascii(), "it can be shown on any terminal"
    found = app.searcher.search("pump", scope_of(None, ("field",)), 10).passages
    assert len(found) == added
    assert json.loads(json.dumps(report.as_json()))["documents"]


def test_a_folder_with_a_name_that_is_not_utf8(app: App, tmp_path: Path) -> None:
    write(tmp_path, "docs/good.md", "The pump runs.")
    Path(os.fsdecode(os.fsencode(tmp_path / "docs") + b"/" + LATIN)).write_text("The pump stands.")
    report = ingest(app, FolderSource(tmp_path / "docs", READERS, 1000))
    check_one_failed(app, report, r"its name is not UTF-8 (caf\xe9.md); rename it")
    assert report.failures[0].uri == f"file://{tmp_path}/docs/caf%E9.md"


def test_a_folder_whose_own_name_is_not_utf8_is_read(app: App, tmp_path: Path) -> None:
    inner = Path(os.fsdecode(os.fsencode(tmp_path) + b"/docs/caf\xe9"))
    inner.mkdir(parents=True)
    (inner / "good.md").write_text("The pump runs.")
    report = ingest(app, FolderSource(tmp_path / "docs", READERS, 1000))
    assert report.is_clean
    assert [one.uri for one in report.documents] == [f"file://{tmp_path}/docs/caf%E9/good.md"]


@pytest.mark.skipif(shutil.which("git") is None, reason="needs git")
def test_a_repository_with_a_name_that_is_not_utf8(app: App, tmp_path: Path) -> None:
    partner = GitPartner(tmp_path)
    write(partner.work, "good.md", "The pump runs.")
    Path(os.fsdecode(os.fsencode(partner.work) + b"/" + LATIN)).write_text("The pump stands.")
    partner.push()
    report = ingest(app, source_at(partner.place, {}, READERS, app.settings))
    check_one_failed(app, report, "its name is not UTF-8")


def test_a_mailbox_with_a_name_that_is_not_utf8(app: App, tmp_path: Path) -> None:
    box = mailbox.Maildir(tmp_path / "ann")
    for subject in ("good", "bad"):
        box.add(f"Subject: {subject}\n\nThe pump runs.\n".encode())
    first = min((tmp_path / "ann" / "new").iterdir())
    os.rename(first, os.fsencode(first.parent) + b"/" + LATIN)
    report = ingest(app, source_at(f"maildir://{tmp_path}/ann", {}, READERS, app.settings))
    check_one_failed(app, report, "its name is not UTF-8")


def test_a_bucket_with_a_key_that_is_not_utf8(app: App) -> None:
    keys = "".join(
        f'<Contents><Key>{key}</Key><ETag>"1"</ETag></Contents>' for key in ("caf%E9.md", "good.md")
    )
    head = "<EncodingType>url</EncodingType><IsTruncated>false</IsTruncated>"
    listed = f"<ListBucketResult>{head}{keys}</ListBucketResult>"

    def answering(asked: Asked) -> Answer:
        return Answer(status=200, content=listed if "list-type" in asked.query else "The pump runs.")

    with serving(answering) as web:
        report = ingest(app, source_at(f"s3+{web.url}/bucket", {}, READERS, app.settings))
    check_one_failed(app, report, "its name is not UTF-8")


def test_a_cloud_folder_with_bad_entries(app: App) -> None:
    state = "<d:prop><d:getetag>1</d:getetag></d:prop><d:status>HTTP/1.1 200 OK</d:status>"
    good = f"<d:propstat>{state}</d:propstat>"
    refused = good.replace("200 OK", "403 Forbidden")
    entries = {"/dav/caf%E9.md": good, "/dav/good.md": good}

    def answering(asked: Asked) -> Answer:
        if asked.method != "PROPFIND":
            return Answer(status=200, content="The pump runs.")
        told = "".join(
            f"<d:response><d:href>{at}</d:href>{state}</d:response>" for at, state in entries.items()
        )
        return Answer(status=207, content=f'<d:multistatus xmlns:d="DAV:">{told}</d:multistatus>')

    with serving(answering) as web:
        place = f"webdav+{web.url}/dav"
        check_one_failed(
            app, ingest(app, source_at(place, {}, READERS, app.settings)), "its name is not UTF-8"
        )
        entries = {"/dav/good.md": refused, "/dav/new.md": good}
        report = ingest(app, source_at(place, {}, READERS, app.settings))
    assert {one.outcome for one in report.documents} == {Outcome.ADDED, Outcome.FAILED}
    assert "without its state; what is known of it is kept" in report.failures[0].reason
    assert len(app.searcher.search("pump", scope_of(None, ("field",)), 10).passages) == 2


@pytest.mark.parametrize(
    "bad",
    [
        {"uri": "\ud800", "text": "t"},
        {"uri": "a", "text": "\ud800"},
        {"uri": "a", "text": "t", "title": "caf\udce9"},
        {"uri": "a", "text": "t", "acl": ["user:\ud800"]},
        {"uri": "a", "text": "t", "meta": {"\ud800": "x"}},
        {"uri": "a", "text": "t", "meta": {"tags": "\ud800"}},
        {"uri": "a", "path": "a\0b"},
        {"uri": "a", "path": "\ud800"},
        {"uri": "a", "text": "t", "acl": ["everybody"]},
    ],
)
def test_lines_that_no_database_takes(bad: dict[str, object], app: App) -> None:
    raw = "\n".join(json.dumps(line) for line in (bad, {"uri": "good", "text": "The pump runs."}))
    options = SourceOptions(url="-", read=tuple(READERS))
    report = ingest(app, StreamSource(io.BytesIO(raw.encode()), "ann", options, app.settings.ingest))
    check_one_failed(app, report, "line 1: ")


def test_a_loader_with_a_document_that_is_none(app: App, tmp_path: Path) -> None:
    write(tmp_path, "shelf/good", "The pump runs.")
    write(tmp_path, "shelf/broken", "The pump stands.")
    options = {"loader": SHELF_LOADER, "args": json.dumps({"folder": str(tmp_path / "shelf")})}
    report = ingest(app, source_at("langchain:shelf", options, READERS, app.settings))
    check_one_failed(app, report, "document 1 of the loader cannot be used")


def test_a_sitemap_with_an_address_that_is_none(app: App) -> None:
    def answering(asked: Asked) -> Answer:
        here = f"http://{asked.headers['host']}"
        if asked.path == "/sitemap.xml":
            places = (f"{here}/good", "file:///good", f"{here}/{'x' * 2100}")
            entries = "".join(f"<url><loc>{place}</loc></url>" for place in places)
            return Answer(status=200, content=f"<urlset>{entries}</urlset>")
        page = Answer(status=200, content="The pump runs.", headers={"Content-Type": "text/plain"})
        return page if asked.path == "/good" else Answer(status=404)

    with serving(answering) as web:
        source = source_at(f"{web.url}/sitemap.xml", {"delay_seconds": "0"}, READERS, app.settings)
        report = ingest(app, source)
    assert [one.outcome for one in report.documents].count(Outcome.FAILED) == 2
    assert all("its address in the sitemap" in one.reason for one in report.failures)
    assert report.count(Outcome.ADDED) == 1


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("caf\udce9.md", "its name is not UTF-8"),
        ("nul\0.md", "characters that are no text"),
        ("\ud800.md", "characters that are no text"),
    ],
)
def test_any_connector_that_lists_a_name_that_is_no_text(name: str, reason: str, app: App) -> None:
    source = FakeSource()
    source.put("good.md", "The pump runs.")
    source.put(name, "The pump stands.")
    check_one_failed(app, ingest(app, source), reason)
    plan = app.pipeline.plan(source)
    assert ([one.name for one in plan.kept + plan.work], plan.gone) == (["good.md"], ())


def test_a_document_whose_entry_turns_bad_is_kept(app: App) -> None:
    source = FakeSource()
    for name in ("a.md", "b.md"):
        source.put(name, "The pump runs.")
    assert ingest(app, source).is_clean
    source.put("a.md", "The pump stands.", "user:\ud800")
    report = ingest(app, source)
    assert {one.uri: one.outcome for one in report.documents} == {
        "fake:shelf/a.md": Outcome.FAILED,
        "fake:shelf/b.md": Outcome.UNCHANGED,
    }
    assert app.pipeline.plan(source).gone == ()
    assert readers(app, source) == {"a.md": set(), "b.md": {"public"}}, "its readers are not known"


def readers(app: App, source: Source) -> dict[str, frozenset[str]]:
    with app.database.reading() as session:
        known = document_snapshots(session, source.uri)
    return {uri.rpartition("/")[2]: one.principals for uri, one in known.items()}


def test_what_cannot_be_looked_into_loses_the_readers_that_the_rule_above_it_lost(app: App) -> None:
    source = FakeSource()
    for name in ("pay/a.md", "pay/deep/b.md", "payroll.md"):
        source.put(name, "The pump runs.")
    source.put("pay/c.md", "The pump runs.", "group:hr", "user:ann")
    assert ingest(app, source).is_clean
    hidden = {name: source.files.pop(name) for name in list(source.files) if name.startswith("pay/")}
    source.blind = {"fake:shelf/pay": ParseError("it cannot be read; its documents are kept")}
    source.limits = {"fake:shelf/pay": frozenset({"group:hr"})}
    report = ingest(app, source)
    assert readers(app, source) == {
        "a.md": {"group:hr"},
        "b.md": {"group:hr"},
        "c.md": {"group:hr"},
        "payroll.md": {"public"},
    }
    assert report.count(Outcome.PERMISSIONS) == 3
    assert len(app.searcher.search("pump", scope_of("eve"), 10).passages) == 1
    assert len(app.searcher.search("pump", scope_of("bob", ("hr",)), 10).passages) == 4
    assert ingest(app, source).count(Outcome.PERMISSIONS) == 0, "it is said once"
    source.files |= hidden
    source.blind, source.limits = {}, {}
    assert ingest(app, source).count(Outcome.PERMISSIONS) == 3
    assert readers(app, source)["a.md"] == {"public"}


@pytest.mark.parametrize(
    "bad", [{"acl": ["hr"]}, {"acl": "group:hr"}, {"alc": ["group:hr"]}, {"text": None}, {"meta": {"x": [1]}}]
)
def test_a_line_whose_readers_cannot_be_told_closes_its_document(bad: dict[str, object], app: App) -> None:
    good: list[dict[str, object]] = [
        {"uri": name, "text": "The pump runs.", "acl": ["public"]} for name in ("a", "b")
    ]
    options = SourceOptions(url="-", read=("group:field", "user:ann"))

    def sent(*lines: dict[str, object]) -> StreamSource:
        raw = "\n".join(map(json.dumps, lines)).encode()
        return StreamSource(io.BytesIO(raw), "ann", options, app.settings.ingest)

    assert ingest(app, sent(*good)).is_clean
    ingest(app, source := sent({**good[0], **bad}, *good))
    assert readers(app, source) == {"a": {"public"}, "b": {"public"}}, "the last line counts"
    report = ingest(app, source := sent(*good, {**good[0], **bad}))
    assert report.count(Outcome.FAILED) == 1
    assert readers(app, source) == {"a": {"user:ann"}, "b": {"public"}}
    ingest(app, source := sent({**good[0], **bad}, *good))
    assert readers(app, source) == {"a": {"public"}, "b": {"public"}}


@pytest.mark.parametrize(
    "change",
    [
        {"principals": frozenset({"user:\udce9"})},
        {"stamp": "\ud800"},
        {"metadata": Metadata(owner="\udce9")},
        {"metadata": Metadata(tags=("a\0",))},
    ],
)
def test_what_a_source_says_about_a_document_is_text(change: dict[str, object]) -> None:
    good = {"uri": "x:/a.md", "name": "a\nb.md", "principals": READERS}
    problems: list[tuple[str, Exception]] = []
    listed = [Listed(**{**good, **change}), Listed(**good)]  # type: ignore[arg-type]
    assert [one.name for one in sifted(listed, problems)] == ["a b.md"]  # type: ignore[arg-type]
    [(uri, problem)] = problems
    assert uri == "x:/a.md"
    assert "no text" in str(problem)
