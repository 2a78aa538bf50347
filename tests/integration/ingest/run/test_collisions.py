"""The same document by two ways at once, and deletions while somebody is at it."""

import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path

import pytest
from fakes.application import make_app
from fakes.servers.postgresql import PostgresServer
from fakes.source import FakeSource

from api.app import App
from core.errors import AlreadyRunningError
from core.events import ignore
from core.permissions import PUBLIC, scope_of
from core.store.documents.reading import list_documents
from core.store.documents.writing import find_document, tombstone
from ingest.connectors.folder import FolderSource
from ingest.connectors.source import Listed
from ingest.run.report import Outcome
from ingest.run.run import RunOptions


@pytest.fixture
def app(tmp_path: Path, database_url: str) -> Iterator[App]:
    with closing(make_app(tmp_path / "data", database_url=database_url)) as app:
        yield app


def versions(app: App) -> dict[str, int]:
    with app.database.reading() as session:
        entries = list_documents(session, scope_of(None), 0, 100)
    return {Path(entry.uri).name: entry.version for entry in entries}


def test_two_workers_at_once_make_one_version_of_each_document(app: App, tmp_path: Path) -> None:
    source = FakeSource(stamped=True)
    for number in range(8):
        source.put(f"{number}.md", f"Pump {number} runs.")
    other = make_app(tmp_path / "data", database_url=app.settings.database_url)
    patient = RunOptions(wait_seconds=60)
    with closing(other), ThreadPoolExecutor(2) as pool:
        reports = list(pool.map(lambda one: one.ingestion.ingest(source, ignore, patient), (app, other)))
    assert sorted(report.count(Outcome.ADDED) for report in reports) == [0, 8]
    assert versions(app) == {f"{number}.md": 1 for number in range(8)}


def test_what_is_touched_is_unchanged_and_what_is_renamed_is_there_once(app: App, tmp_path: Path) -> None:
    folder = tmp_path / "manuals"
    folder.mkdir()
    (folder / "a.md").write_text("The pump runs.", "utf-8")
    source = FolderSource(folder, frozenset({PUBLIC}), 2**20)
    app.ingestion.ingest(source)
    (folder / "a.md").touch()
    assert app.ingestion.ingest(source).count(Outcome.UNCHANGED) == 1
    (folder / "a.md").rename(folder / "b.md")
    report = app.ingestion.ingest(source)
    assert (report.count(Outcome.ADDED), report.count(Outcome.DELETED)) == (1, 1)
    [passage] = app.searcher.search("pump", scope_of(None), 5).passages
    assert passage.uri.endswith("/b.md")


def test_two_machines_do_not_take_one_another_for_dead(postgresql: PostgresServer, tmp_path: Path) -> None:
    url = postgresql.emptied()
    source = FakeSource()
    source.put("a.md", "The pump runs.")
    entered, leave = threading.Event(), threading.Event()

    class Slow(FakeSource):
        def fetch(self, listed: Listed) -> bytes:
            entered.set()
            assert leave.wait(60)
            return super().fetch(listed)

    slow = Slow()
    slow.files = source.files
    here, there = (make_app(tmp_path / name, database_url=url) for name in ("here", "there"))
    with closing(here), closing(there), ThreadPoolExecutor(1) as pool:
        running = pool.submit(here.ingestion.ingest, slow)
        assert entered.wait(60)
        with pytest.raises(AlreadyRunningError):
            there.ingestion.ingest(source)
        leave.set()
        assert running.result().count(Outcome.ADDED) == 1
        assert there.searcher.search("pump", scope_of(None), 5).passages, "both find it"


class Vanishing(FakeSource):
    """Its documents are deleted by somebody else while they are fetched."""

    def __init__(self, app: App) -> None:
        super().__init__()
        self._app = app

    def fetch(self, listed: Listed) -> bytes:
        with self._app.database.writing() as session:
            document = find_document(session, listed.uri)
            assert document is not None
            tombstone(session, document.id)
        return super().fetch(listed)


def test_a_document_that_is_deleted_while_it_is_read_stays_deleted(app: App) -> None:
    source = Vanishing(app)
    source.put("a.md", "The pump runs.")
    report = app.ingestion.ingest(source)
    assert [one.outcome for one in report.documents] == [Outcome.CANCELLED]
    assert versions(app) == {}
    assert app.searcher.search("pump", scope_of(None), 5).passages == []


def test_a_folder_whose_name_differs_in_case_only_is_another_folder(app: App, tmp_path: Path) -> None:
    for name in ("Manuals", "manuals"):
        (tmp_path / name).mkdir()
        (tmp_path / name / f"{name}.md").write_text(f"The pump of {name} runs.", "utf-8")
        app.ingestion.ingest(FolderSource(tmp_path / name, frozenset({PUBLIC}), 2**20))
    assert set(versions(app)) == {"Manuals.md", "manuals.md"}


def test_an_address_that_is_too_long_to_be_kept_is_told_and_costs_nothing_else(
    app: App, tmp_path: Path
) -> None:
    deep = (tmp_path / "manuals").joinpath(*["泵" * 80] * 12)
    deep.mkdir(parents=True)
    (deep / "far.md").write_text("The pump is far away.", "utf-8")
    (tmp_path / "manuals" / "near.md").write_text("The pump is near.", "utf-8")
    report = app.ingestion.ingest(FolderSource(tmp_path / "manuals", frozenset({PUBLIC}), 2**20))
    [failure] = report.failures
    assert "address is longer than 2600 bytes" in failure.reason
    assert versions(app) == {"near.md": 1}
