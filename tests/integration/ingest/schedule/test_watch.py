"""A watched folder is brought up to date by itself; another program writes into it."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from fakes.application import make_app
from fakes.embedder import FakeEmbedder
from fakes.waiting import wait_until

from api.app import App
from core.errors import AlreadyRunningError
from core.permissions import scope_of
from core.settings import Watching
from core.store.sources import SourceEntry, register, schedule
from ingest.connectors.folder import FolderSource
from ingest.connectors.trees.rules import PERMISSIONS_FILE
from ingest.run.report import RunReport
from ingest.schedule.watch import Pace, Sync, Watch

PACE = Pace(look_seconds=0.5, quiet_ms=200, patience_ms=2_000, rest=0.1)


@pytest.fixture
def app(tmp_path: Path) -> Iterator[App]:
    app = make_app(tmp_path / "data", FakeEmbedder())
    yield app
    app.close()


def enter(app: App, folder: Path) -> FolderSource:
    folder.mkdir(exist_ok=True)
    source = FolderSource(folder, frozenset({"public"}), 2**20)
    with app.database.writing() as session:
        register(session, source.uri, source.kind, source.config, scheduled=True)
    return source


@contextmanager
def watching(app: App, how: Watching = "events", sync: Sync | None = None) -> Iterator[None]:
    watch = Watch(app.database, how, sync or app.ingestion.sync, app.settings.data_dir, PACE)
    watch.start()
    yield
    watch.close()


def found(app: App, word: str) -> list[str]:
    return [
        passage.uri.rsplit("/", 1)[-1] for passage in app.searcher.search(word, scope_of(None), 10).passages
    ]


@pytest.mark.parametrize("how", ["events", "poll"])
def test_what_changes_in_a_folder_is_found_and_what_goes_is_not(
    app: App, tmp_path: Path, how: Watching
) -> None:
    folder = tmp_path / "manuals"
    enter(app, folder)
    (folder / "old.md").write_text("The pump runs.", "utf-8")
    with watching(app, how):
        wait_until(lambda: found(app, "pump") == ["old.md"])  # what was there before the watch began
        (folder / "deep").mkdir()
        (folder / "deep" / "new.md").write_text("The pump stands.", "utf-8")
        wait_until(lambda: sorted(found(app, "pump")) == ["new.md", "old.md"])
        (folder / "old.md").unlink()
        wait_until(lambda: found(app, "pump") == ["new.md"])
        (folder / PERMISSIONS_FILE).write_text("read: ['user:ann']", "utf-8")
        wait_until(lambda: found(app, "pump") == [])


def test_hidden_files_and_the_data_folder_wake_nobody(tmp_path: Path) -> None:
    folder = tmp_path / "home"
    app = make_app(folder / ".vade", FakeEmbedder())
    enter(app, folder)
    synced: list[str] = []

    def sync(entry: SourceEntry) -> RunReport:
        synced.append(entry.uri)
        return app.ingestion.sync(entry)

    with watching(app, sync=sync):
        wait_until(lambda: len(synced) == 1)
        (folder / ".cache").mkdir()
        (folder / ".cache" / "x.md").write_text("no", "utf-8")
        (folder / "real.md").write_text("The pump runs.", "utf-8")
        wait_until(lambda: found(app, "pump") == ["real.md"])
        time.sleep(1.0)  # five times the quiet after which a watch syncs: what is still to come of that
        before = len(synced)
        (folder / ".cache" / "y.md").write_text("no", "utf-8")
        (folder / ".vade" / "z.md").write_text("no", "utf-8")
        time.sleep(1.0)  # in which nothing may happen
        assert len(synced) == before
    app.close()


def test_a_folder_that_another_run_is_at_is_looked_at_later(app: App, tmp_path: Path) -> None:
    enter(app, tmp_path / "manuals")
    (tmp_path / "manuals" / "a.md").write_text("The pump runs.", "utf-8")
    refusals = iter([AlreadyRunningError()])

    def sync(entry: SourceEntry) -> RunReport:
        for error in refusals:
            raise error
        return app.ingestion.sync(entry)

    with watching(app, sync=sync):
        wait_until(lambda: found(app, "pump") == ["a.md"])


def test_a_folder_entered_later_and_one_taken_out(app: App, tmp_path: Path) -> None:
    with watching(app):
        source = enter(app, tmp_path / "late")
        (tmp_path / "late" / "a.md").write_text("The pump runs.", "utf-8")
        wait_until(lambda: found(app, "pump") == ["a.md"])
        with app.database.writing() as session:
            schedule(session, source.uri, False)
        watch = Watch(app.database, "events", app.ingestion.sync, app.settings.data_dir)
        assert watch.folders() == {}
