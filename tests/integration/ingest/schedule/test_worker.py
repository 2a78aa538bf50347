"""Workers share one ledger: what waits is done, by one of them, and a stop ends with the document at hand."""

import threading
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from fakes.application import make_app
from fakes.embedder import FakeEmbedder
from fakes.waiting import wait_until
from sqlalchemy import select, update

from api.app import App, make_worker
from core.errors import FetchError
from core.store.jobs import DOCUMENT, JobState
from core.store.sources import find_source, register, runs_of
from core.store.tables import JobTable
from ingest.connectors.folder import FolderSource
from ingest.run.report import RunReport

READERS = frozenset({"public"})


@pytest.fixture
def app(tmp_path: Path, database_url: str) -> Iterator[App]:
    app = another(tmp_path, database_url)
    yield app
    app.close()


def another(tmp_path: Path, database_url: str) -> App:
    """Return an application that commits each document by itself."""
    return make_app(tmp_path / "data", FakeEmbedder(), database_url=database_url, ingest={"window_chunks": 1})


def enter(app: App, folder: Path, documents: int = 12) -> FolderSource:
    folder.mkdir()
    for number in range(documents):
        (folder / f"{number}.md").write_text(f"The pump {number} runs.", "utf-8")
    source = FolderSource(folder, READERS, 2**20)
    with app.database.writing() as session:
        register(session, source.uri, source.kind, source.config, scheduled=True)
    return source


def jobs(app: App) -> list[tuple[str, str, int]]:
    with app.database.reading() as session:
        wanted = select(JobTable).where(JobTable.kind == DOCUMENT).order_by(JobTable.key)
        return [(row.key[-4:], row.state, row.attempts) for row in session.scalars(wanted)]


def stopped_half_way(app: App, source: FolderSource, after: int) -> RunReport:
    """Ingest, and stop once so many documents are done."""

    def tell(document: object, listed: int) -> None:
        nonlocal after
        after -= 1
        if not after:
            app.runs.stopping.set()

    try:
        return app.ingestion.ingest(source, tell)
    finally:
        app.runs.stopping.clear()


def test_a_stop_ends_with_the_documents_at_hand_and_another_goes_on(app: App, tmp_path: Path) -> None:
    source = enter(app, tmp_path / "one", documents=40)
    report = stopped_half_way(app, source, after=5)
    assert 5 <= len(report.documents) <= 10
    waiting = jobs(app)
    assert len(waiting) == 40 - len(report.documents)
    assert {(state, attempts) for _, state, attempts in waiting} == {(JobState.QUEUED, 0)}
    with app.database.reading() as session:
        [run] = runs_of(session, find_source(session, source.uri).id)
    assert (run.state, "stopped" in run.reason) == ("failed", True)
    assert make_worker(app).do_due() == 1
    assert jobs(app) == []
    assert make_worker(app).do_due() == 0


def test_work_of_many_sources_is_done_each_by_one_worker(app: App, tmp_path: Path) -> None:
    sources = [enter(app, tmp_path / name) for name in ("one", "two")]
    for source in sources:
        stopped_half_way(app, source, after=1)
    assert len(jobs(app)) > 12
    other = another(tmp_path, app.settings.database_url)
    done: list[int] = []
    workers = [make_worker(app), make_worker(other)]
    threads = [threading.Thread(target=lambda one=one: done.append(one.do_due())) for one in workers]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert jobs(app) == []
    assert sum(done) >= len(sources)
    for source in sources:
        again = app.ingestion.ingest(source)
        assert {one.outcome for one in again.documents} == {"unchanged"}
    other.close()


def test_what_was_postponed_is_taken_up_when_it_is_due(app: App, tmp_path: Path) -> None:
    source = enter(app, tmp_path / "one", documents=1)

    class Away(FolderSource):
        """A folder whose files cannot be had now."""

        def fetch(self, listed: object) -> bytes:
            raise FetchError("the share is away")

    with closing(Away(tmp_path / "one", READERS, 2**20)) as away:
        app.ingestion.ingest(away)
    assert jobs(app) == [("0.md", JobState.QUEUED, 1)]
    assert make_worker(app).do_due() == 0, "its time has not come"
    with app.database.writing() as session:
        session.execute(update(JobTable).values(not_before=JobTable.created_at))
    assert make_worker(app).do_due() == 1
    assert jobs(app) == []
    assert [one.outcome for one in app.ingestion.ingest(source).documents] == ["unchanged"]


def test_a_source_that_cannot_be_opened_is_left_alone_for_a_while(app: App, tmp_path: Path) -> None:
    source = enter(app, tmp_path / "one")
    stopped_half_way(app, source, after=1)
    with app.database.writing() as session:
        register(session, source.uri, "nosuch", {})
    worker = make_worker(app)
    before = len(jobs(app))
    assert before
    assert [worker.do_due(), worker.do_due()] == [0, 0]
    assert len(jobs(app)) == before


def test_a_worker_in_its_thread_does_what_comes_and_ends(app: App, tmp_path: Path) -> None:
    source = enter(app, tmp_path / "one")
    stopped_half_way(app, source, after=1)
    assert jobs(app)
    worker = make_worker(app)
    worker.start()
    wait_until(lambda: not jobs(app))
    worker.close()
    assert jobs(app) == []
