"""Runs under faults: what is listed is never lost, what is gone suspiciously is kept."""

import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from fakes.application import make_app
from fakes.embedder import FakeEmbedder, in_force
from fakes.source import FakeSource

from api.app import App
from core.errors import AlreadyRunningError, FetchError, LeaseLostError, ModelError, SourceError
from core.events import ignore
from core.locks import SignOfLife
from core.permissions import PUBLIC, scope_of
from core.store.documents.reading import list_documents
from core.store.embedders import EmbedderEntry
from core.store.job_control import cancel, list_jobs
from core.store.jobs import DOCUMENT, SYNC, Holder, JobState, claim_one, is_running
from core.store.sources import RunState, cursor_of, list_sources, runs_of
from ingest.connectors.source import Listed, Listing
from ingest.run import listing_recorder
from ingest.run.listing_recorder import ListingRecorder
from ingest.run.report import DocumentReport, Outcome
from ingest.run.run import RunOptions, Runs
from llm.embedding.embedder import Embedder

READERS = frozenset({PUBLIC})


@pytest.fixture
def app(tmp_path: Path, database_url: str) -> Iterator[App]:
    ingest = {"window_chunks": 1, "retry_seconds": 3600}
    app = make_app(tmp_path, FakeEmbedder(), ingest=ingest, database_url=database_url)
    yield app
    app.close()


@pytest.fixture
def shelf() -> FakeSource:
    source = FakeSource(stamped=True)
    for number in range(10):
        source.put(f"{number}.md", f"Pump {number} runs.")
    return source


def jobs(app: App) -> dict[str, JobState]:
    with app.database.reading() as session:
        return {job.key.rsplit("/", 1)[-1]: job.state for job in list_jobs(session)}


def states(app: App) -> dict[str, str]:
    with app.database.reading() as session:
        entries = list_documents(session, scope_of(None), 0, 500)
    return {entry.uri.rsplit("/", 1)[-1]: entry.state for entry in entries}


def last_run(app: App) -> tuple[RunState, str]:
    with app.database.reading() as session:
        [source] = list_sources(session)
        run = runs_of(session, source.id)[0]
    return run.state, run.reason


def test_what_the_source_says_did_not_change_is_not_even_fetched(app: App, shelf: FakeSource) -> None:
    app.ingestion.ingest(shelf)
    shelf.fetched.clear()
    report = app.ingestion.ingest(shelf)
    assert (report.count(Outcome.UNCHANGED), shelf.fetched, jobs(app)) == (10, [], {})


def test_who_may_read_it_changes_without_a_fetch(app: App, shelf: FakeSource) -> None:
    app.ingestion.ingest(shelf)
    shelf.fetched.clear()
    shelf.put("3.md", "Pump 3 runs.", "group:field")
    assert app.ingestion.ingest(shelf).count(Outcome.PERMISSIONS) == 1
    assert (shelf.fetched, "3.md" in states(app)) == ([], False)


def test_what_is_away_is_tried_again_with_every_run_and_quarantined_in_the_end(
    app: App, shelf: FakeSource
) -> None:
    shelf.away.add("3.md")
    for _ in range(2):
        [failure] = app.ingestion.ingest(shelf).failures
        assert (failure.reason, failure.code) == ("the shelf is locked", FetchError.code)
        assert (jobs(app), states(app)["3.md"]) == ({"3.md": JobState.QUEUED}, "seen")
    app.ingestion.ingest(shelf)
    assert (jobs(app), states(app)["3.md"]) == ({"3.md": JobState.QUARANTINED}, "quarantined")
    shelf.fetched.clear()
    [failure] = app.ingestion.ingest(shelf).failures
    assert (failure.reason, shelf.fetched) == ("the shelf is locked", [])


def test_a_quarantined_document_is_tried_again_on_request_or_when_it_changes(
    app: App, shelf: FakeSource
) -> None:
    for again in (RunOptions(retry=True), RunOptions()):
        shelf.away.add("3.md")
        shelf.put("3.md", f"Pump 3 stands: {again}.")
        for _ in range(3):
            app.ingestion.ingest(shelf)
        assert states(app)["3.md"] == "quarantined"
        shelf.away.clear()
        if not again.retry:
            shelf.put("3.md", "Pump 3 runs again.")
        app.ingestion.ingest(shelf, options=again)
        assert (states(app)["3.md"], jobs(app)) == ("searchable", {})


def test_a_document_that_ends_its_worker_again_and_again_is_quarantined(
    app: App, shelf: FakeSource, tmp_path: Path
) -> None:
    shelf.away.add("3.md")
    app.ingestion.ingest(shelf)
    shelf.away.clear()
    before: frozenset[str] = frozenset()
    for _ in range(2):  # killed: nobody gives the lease back
        life = SignOfLife(tmp_path)
        with app.database.writing() as session:
            claim_one(session, Holder(life.name, before), DOCUMENT, "fake:shelf/3.md")
        before = frozenset({life.name})
        life.close()
    [failure] = app.ingestion.ingest(shelf).failures
    assert (states(app)["3.md"], failure.code) == ("quarantined", "quarantined")
    assert shelf.fetched.count("3.md") == 1


def test_a_run_that_stops_in_the_middle_is_gone_on_with(app: App, shelf: FakeSource, tmp_path: Path) -> None:
    embedder = app.indexes.embedder
    assert isinstance(embedder, FakeEmbedder)
    embedder.break_after(4)
    with pytest.raises(ModelError):
        app.ingestion.ingest(shelf)
    assert last_run(app)[0] == RunState.FAILED
    assert set(jobs(app).values()) == {JobState.QUEUED}
    done = list(states(app).values()).count("searchable")
    assert 0 < done < 10
    embedder.broken = False
    report = app.ingestion.ingest(shelf)
    assert (report.count(Outcome.ADDED), report.count(Outcome.UNCHANGED)) == (10 - done, done)
    assert (jobs(app), last_run(app)) == ({}, (RunState.DONE, ""))


def test_a_run_whose_embedder_cannot_be_opened_is_recorded_as_failed(app: App, shelf: FakeSource) -> None:
    def none_in_force() -> list[tuple[EmbedderEntry, Embedder]]:
        raise ModelError("its folder is missing")

    runs = Runs(app.database, app.life, none_in_force, 60)
    with pytest.raises(ModelError), runs.open(shelf, RunOptions(), ignore):
        raise AssertionError("the run has no embedder")
    assert last_run(app) == (RunState.FAILED, "its folder is missing")
    assert app.ingestion.ingest(shelf).count(Outcome.ADDED) == 10


def test_only_one_run_over_a_source_at_a_time(app: App, shelf: FakeSource, tmp_path: Path) -> None:
    other = Runs(app.database, SignOfLife(tmp_path), in_force, 60)
    with other.open(shelf, RunOptions(), ignore):
        with pytest.raises(AlreadyRunningError, match="this one did nothing"):
            app.ingestion.ingest(shelf)
        assert states(app) == {}
    assert app.ingestion.ingest(shelf).count(Outcome.ADDED) == 10


def test_the_run_of_a_dead_process_is_taken_over_at_once(app: App, shelf: FakeSource, tmp_path: Path) -> None:
    life = SignOfLife(tmp_path)
    dead = Runs(app.database, life, in_force, 600).open(shelf, RunOptions(), ignore)
    dead.__enter__()
    life.close()
    assert app.ingestion.ingest(shelf).count(Outcome.ADDED) == 10
    with pytest.raises(LeaseLostError):
        dead.__exit__(None, None, None)


def test_a_cancelled_run_stops_and_its_documents_with_it(app: App, shelf: FakeSource) -> None:
    told: list[DocumentReport] = []

    def stop(document: DocumentReport, listed: int) -> None:
        told.append(document)
        if len(told) == 1:
            with app.database.writing() as session:
                cancel(session, next(job.id for job in list_jobs(session) if job.kind == "sync"))

    with pytest.raises(LeaseLostError, match="was cancelled"):
        app.ingestion.ingest(shelf, stop)
    assert [one.outcome for one in told].count(Outcome.CANCELLED) == 9
    assert (len(jobs(app)), set(jobs(app).values())) == (10, {JobState.CANCELLED})
    assert last_run(app)[0] == RunState.FAILED
    assert app.ingestion.ingest(shelf).count(Outcome.ADDED) == 9


class LongShelf(FakeSource):
    """Lists its documents one by one, and tells before each."""

    def __init__(self, before: Callable[[int], None]) -> None:
        super().__init__()
        self._before = before
        for number in range(10):
            self.put(f"{number}.md", f"Pump {number} runs.")

    def listings(self, cursor: str) -> Iterator[Listing]:
        for whole in super().listings(cursor):
            for number, listed in enumerate(whole.listed):
                self._before(number)
                yield Listing(listed=[listed], complete=number == len(whole.listed) - 1)


def test_a_long_listing_can_be_cancelled(app: App) -> None:
    def stop(number: int) -> None:
        if number == 3:
            with app.database.writing() as session:
                cancel(session, next(job.id for job in list_jobs(session) if job.kind == "sync"))

    with pytest.raises(LeaseLostError, match="was cancelled"):
        app.ingestion.ingest(LongShelf(stop))
    assert (len(states(app)), last_run(app)[0]) == (4, RunState.FAILED)
    assert app.ingestion.ingest(LongShelf(lambda number: None)).count(Outcome.ADDED) == 10


def test_a_listing_holds_its_run_though_no_heartbeat_comes_in_between(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    app = make_app(tmp_path, FakeEmbedder(), ingest={"lease_seconds": 2})
    monkeypatch.setattr(Runs, "_beat", lambda runs, run, ended: None)
    others: list[bool] = []

    def wait(number: int) -> None:
        time.sleep(0.25)  # ten of these outlast a lease, which the database's clock measures
        with app.database.reading() as session:
            others.append(is_running(session, Holder("another"), SYNC, "fake:shelf"))

    assert app.ingestion.ingest(LongShelf(wait)).count(Outcome.ADDED) == 10
    assert others == [True] * 10
    app.close()


def test_a_long_listing_lets_others_write_in_between(app: App, monkeypatch: pytest.MonkeyPatch) -> None:
    parts: list[float] = []
    writes = threading.Event()
    others: list[int] = []
    enter = ListingRecorder._enter

    def enter_slowly(recorder: ListingRecorder, *what: Any) -> None:
        enter(recorder, *what)
        writes.set()
        time.sleep(0.06)  # longer than a listing may hold up other writers
        parts.append(time.monotonic())

    def write() -> None:
        writes.wait(10)
        with app.database.writing() as session:
            session.connection()
            others.append(len(parts))

    monkeypatch.setattr(ListingRecorder, "_enter", enter_slowly)
    monkeypatch.setattr(listing_recorder, "_LONG_SECONDS", 0.05)
    other = threading.Thread(target=write)
    other.start()
    assert app.ingestion.ingest(LongShelf(lambda number: None)).count(Outcome.ADDED) == 10
    other.join()
    assert others[0] <= 2


def test_a_fifth_may_vanish_but_not_more_unless_it_is_said(app: App, shelf: FakeSource) -> None:
    for number in range(10, 40):
        shelf.put(f"{number}.md", f"Pump {number} runs.")
    app.ingestion.ingest(shelf)
    for number in range(9):
        del shelf.files[f"{number}.md"]
    shelf.put("new.md", "A new pump.")
    report = app.ingestion.ingest(shelf)
    assert (report.count(Outcome.DELETED), report.count(Outcome.ADDED), report.is_clean) == (0, 1, False)
    state, reason = last_run(app)
    assert (state, reason.split(";")[0]) == (RunState.SUSPICIOUS, "9 of 40 documents would be removed")
    assert len(states(app)) == 41
    shelf.put("0.md", "Pump 0 runs.")
    assert app.ingestion.ingest(shelf).count(Outcome.DELETED) == 8
    for number in range(9, 30):
        del shelf.files[f"{number}.md"]
    assert app.ingestion.ingest(shelf, options=RunOptions(allow_deletions=True)).count(Outcome.DELETED) == 21


def test_a_plan_tells_what_a_run_would_do_and_does_nothing(app: App, shelf: FakeSource) -> None:
    app.ingestion.ingest(shelf)
    shelf.put("0.md", "Pump 0 stands.")
    del shelf.files["1.md"]
    before = states(app)
    plan = app.pipeline.plan(shelf)
    assert [listed.name for listed in plan.work] == ["0.md"]
    assert (len(plan.kept), plan.gone) == (8, ("fake:shelf/1.md",))
    assert (states(app), jobs(app)) == (before, {})


class Feed(FakeSource):
    """Tells only what changed, page by page; `fails_at` makes one page fail."""

    def __init__(self) -> None:
        super().__init__("fake:feed", stamped=True)
        self.pages: list[Listing] = []
        self.fails_at: int | None = None
        self.asked: list[str] = []

    def page(self, *names: str, gone: tuple[str, ...] = ()) -> None:
        for name in names:
            self.put(name, f"Text of {name}.")
        listed = [
            Listed(uri=f"{self.uri}/{name}", name=name, principals=READERS, stamp="1") for name in names
        ]
        removed = [f"{self.uri}/{name}" for name in gone]
        self.pages.append(Listing(listed=listed, gone=removed, cursor=str(len(self.pages) + 1)))

    def listings(self, cursor: str) -> Iterator[Listing]:
        self.asked.append(cursor)
        for number in range(int(cursor or 0), len(self.pages)):
            if number == self.fails_at:
                raise SourceError("page cannot be had")
            yield self.pages[number]


def test_the_cursor_moves_with_what_is_entered_and_never_past_it(app: App) -> None:
    feed = Feed()
    feed.page("a.md", "b.md")
    feed.page("c.md")
    feed.page("d.md", gone=("a.md",))
    feed.fails_at = 1
    with pytest.raises(SourceError):
        app.ingestion.ingest(feed)
    assert jobs(app) == {"a.md": JobState.QUEUED, "b.md": JobState.QUEUED}
    feed.fails_at = None
    report = app.ingestion.ingest(feed)
    assert feed.asked == ["", "1"]
    assert (report.count(Outcome.ADDED), report.count(Outcome.DELETED)) == (3, 1)
    assert set(states(app)) == {"b.md", "c.md", "d.md"}
    with app.database.reading() as session:
        assert cursor_of(session, feed.uri) == "3"
    assert app.ingestion.ingest(feed).documents == []
