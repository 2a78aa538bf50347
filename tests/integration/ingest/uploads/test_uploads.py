"""An accepted upload is read once, in its turn, whatever happens in between."""

import io
import threading
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from fakes.application import make_app
from fakes.embedder import FakeEmbedder
from fakes.waiting import wait_until
from sqlalchemy import update

from admin.erasure import erase_document
from admin.jobs import cancel_job, find_jobs, retry_jobs
from api.app import App, make_upload_worker
from core.errors import (
    FetchError,
    InputError,
    ModelError,
    NotFoundError,
    StorageError,
    TooLargeError,
    UploadsFullError,
)
from core.permissions import scope_of
from core.store.jobs import JobState
from core.store.tables import JobTable
from core.store.uploads import UploadEntry, find_upload
from ingest.ingestion import Ingestion
from ingest.uploads.spool import Spool

PUMP = b"The pump P-7 runs at 2900 rpm."


@pytest.fixture
def app(tmp_path: Path, database_url: str) -> Iterator[App]:
    made = make_app(tmp_path, database_url=database_url)
    yield made
    made.close()


def accept(app: App, name: str = "pump.md", content: bytes = PUMP, user: str = "user:ann") -> int:
    return app.uploads.accept(user, name, io.BytesIO(content), public=False).id


def entry(app: App, job_id: int) -> UploadEntry:
    with app.database.reading() as session:
        return find_upload(session, job_id)


def states(app: App, *ids: int) -> list[str]:
    return [entry(app, one).state for one in ids]


def files(app: App) -> list[Path]:
    return [path for path in (app.settings.data_dir / "uploads").iterdir() if len(path.name) == 32]


def read(app: App, question: str = "pump", user: str = "user:ann") -> list[str]:
    return [one.text for one in app.searcher.search(question, scope_of(user), 5).passages]


def due_again(app: App) -> None:
    with app.database.writing() as session:
        session.execute(update(JobTable).values(not_before=JobTable.created_at))


def test_an_upload_is_read_and_its_file_removed(app: App) -> None:
    one = accept(app)
    assert (states(app, one), len(files(app)), read(app)) == ([JobState.QUEUED], 1, [])
    assert make_upload_worker(app).do_due() == 1
    assert (states(app, one), files(app), read(app)) == ([JobState.DONE], [], [PUMP.decode()])


def test_uploads_of_one_user_are_one_run_and_those_of_others_wait_their_turn(app: App) -> None:
    ann = [accept(app, f"{number}.md", f"Pump {number}.".encode()) for number in range(3)]
    bob = accept(app, "0.md", b"Bob's pump.", "user:bob")
    late = accept(app, "3.md", b"Pump 3.")
    assert [entry(app, one).ahead for one in (*ann, bob, late)] == [0, 1, 2, 3, 4]
    worker = make_upload_worker(app)
    assert [worker.do_due(), worker.do_due(), worker.do_due()] == [4, 1, 0]
    assert {*states(app, *ann, bob, late)} == {JobState.DONE}
    assert read(app, "pump", "user:bob") == ["Bob's pump."]


def test_two_editions_of_one_file_are_two_versions_in_their_order(app: App) -> None:
    first, second = accept(app), accept(app, content=b"The pump P-7 was scrapped.")
    worker = make_upload_worker(app)
    assert [worker.do_due(), worker.do_due()] == [1, 1]
    ends = [entry(app, one).end for one in (first, second)]
    assert [end.outcome for end in ends if end] == ["added", "changed"]
    assert read(app) == ["The pump P-7 was scrapped."]


def test_a_later_edition_waits_for_an_earlier_one_that_is_tried_again(
    app: App, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = accept(app)

    def fail(*given: Any) -> None:
        raise StorageError("no space")

    worker = make_upload_worker(app)
    with monkeypatch.context() as patched:
        patched.setattr(Ingestion, "uploads", fail)
        assert worker.do_due() == 1
    second, other = accept(app, content=b"The pump P-7 was scrapped."), accept(app, "valve.md", b"Shut.")
    assert worker.do_due() == 1
    assert states(app, first, second, other) == [JobState.QUEUED, JobState.QUEUED, JobState.DONE]
    due_again(app)
    assert [worker.do_due(), worker.do_due()] == [1, 1]
    assert read(app)[0] == "The pump P-7 was scrapped."


def test_an_upload_survives_the_end_of_the_program(tmp_path: Path) -> None:
    app = make_app(tmp_path)
    waiting, begun = accept(app), accept(app, "valve.md", b"The valve V-3 is shut.")
    with app.database.writing() as session:
        session.execute(update(JobTable).where(JobTable.id == waiting).values(priority=0))
    assert [lease.job_id for lease in app.uploads.claim(app.runs.holder())] == [begun, waiting]
    app.close()  # as if it had been killed: its leases are those of a dead process
    app = make_app(tmp_path)
    worker = make_upload_worker(app)
    wait_until(lambda: not worker.do_due())
    assert states(app, waiting, begun) == [JobState.DONE, JobState.DONE]
    assert sorted(read(app, "pump valve")) == [PUMP.decode(), "The valve V-3 is shut."]
    app.close()


def test_an_upload_that_ends_the_program_each_time_is_given_up(app: App) -> None:
    one = accept(app)
    for _ in range(3):
        assert len(app.uploads.claim(app.runs.holder())) == 1
        with app.database.writing() as session:
            session.execute(update(JobTable).values(owner="", leased_until=JobTable.created_at))
    assert make_upload_worker(app).do_due() == 1
    end = entry(app, one).end
    assert end is not None
    assert (states(app, one), end.code) == ([JobState.FAILED], "crashed")
    assert "ended 3 times" in end.reason
    assert files(app) == []


@pytest.mark.parametrize(
    "error", [ModelError("no embedder"), StorageError("no space"), ValueError("a fault of ours")]
)
def test_an_upload_waits_for_what_is_broken_and_is_read_afterwards(
    app: App, monkeypatch: pytest.MonkeyPatch, error: Exception
) -> None:
    one, other = accept(app), accept(app, "valve.md", b"The valve V-3 is shut.")

    def fail(*given: Any) -> None:
        raise error

    worker = make_upload_worker(app)
    with monkeypatch.context() as patched:
        patched.setattr(Ingestion, "uploads", fail)
        assert worker.do_due() == 2
    assert states(app, one, other) == [JobState.QUEUED, JobState.QUEUED]
    assert str(error) in entry(app, one).reason
    assert worker.do_due() == 0, "their time has not come"
    due_again(app)
    assert [worker.do_due(), worker.do_due()] == [1, 1], "each alone, so that none holds the other up again"
    assert states(app, one, other) == [JobState.DONE, JobState.DONE]


def test_a_disk_that_does_not_give_the_file_now_is_asked_again(
    app: App, monkeypatch: pytest.MonkeyPatch
) -> None:
    one = accept(app)

    def fail(spool: Spool, name: str) -> bytes:
        raise FetchError("an input/output error")

    with monkeypatch.context() as patched:
        patched.setattr(Spool, "read", fail)
        assert make_upload_worker(app).do_due() == 1
    assert (states(app, one), len(files(app))) == ([JobState.QUEUED], 1)
    due_again(app)
    assert make_upload_worker(app).do_due() == 1
    assert (states(app, one), read(app)) == ([JobState.DONE], [PUMP.decode()])


def test_a_worker_that_stops_leaves_the_rest_for_the_next(app: App) -> None:
    ids = [accept(app, f"{number}.md", f"Pump {number}.".encode()) for number in range(3)]
    worker = make_upload_worker(app)
    worker.close()
    assert worker.do_due() == 3
    assert {*states(app, *ids)} == {JobState.QUEUED}
    assert make_upload_worker(app).do_due() == 3
    assert {*states(app, *ids)} == {JobState.DONE}


def test_a_thread_reads_what_arrives_and_ends(app: App) -> None:
    worker = make_upload_worker(app)
    worker.start()
    ids = [accept(app, f"{number}.md", f"Pump {number}.".encode()) for number in range(5)]
    wait_until(lambda: {*states(app, *ids)} == {JobState.DONE})
    worker.close()
    assert not [one for one in threading.enumerate() if one.name.startswith("uploads")]


def test_a_cancelled_upload_is_not_read(app: App) -> None:
    one = accept(app)
    assert cancel_job(app.database, one) is JobState.CANCELLED
    assert make_upload_worker(app).do_due() == 0
    assert (states(app, one), read(app)) == ([JobState.CANCELLED], [])
    app.uploads.tidy(orphan_seconds=-1)
    assert files(app) == []


def test_what_waits_keeps_its_file_and_what_a_crash_left_goes(app: App, tmp_path: Path) -> None:
    accept(app)
    (kept,) = files(app)
    for name in ("0" * 32, f"{'1' * 32}.part"):
        (tmp_path / "uploads" / name).write_bytes(b"left")
    app.uploads.tidy()
    assert len(files(app)) == 2, "it may be an upload that is being accepted"
    app.uploads.tidy(orphan_seconds=-1)
    assert files(app) == [kept]
    assert not list((tmp_path / "uploads").glob("*.part"))


def test_a_file_is_its_owners_alone(app: App) -> None:
    accept(app)
    (kept,) = files(app)
    assert [path.stat().st_mode & 0o077 for path in (kept, kept.parent)] == [0, 0]


@pytest.mark.parametrize(
    ("limits", "code"),
    [({"max_waiting_uploads": 2}, UploadsFullError), ({"max_waiting_upload_bytes": 70}, UploadsFullError)],
)
def test_a_full_queue_takes_no_more_and_keeps_nothing(
    tmp_path: Path, limits: dict[str, int], code: type[UploadsFullError]
) -> None:
    app = make_app(tmp_path, api=limits)
    accept(app), accept(app, "b.md")
    with pytest.raises(code) as refused:
        accept(app, "c.md")
    assert (refused.value.status, refused.value.retry_after_seconds) == (429, 10)
    assert len(files(app)) == 2
    assert make_upload_worker(app).do_due() == 2
    assert accept(app, "c.md")
    app.close()


def test_what_is_refused_leaves_no_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    app = make_app(tmp_path, ingest={"max_file_bytes": 10})
    with pytest.raises(TooLargeError, match="10 bytes"):
        accept(app)
    with pytest.raises(InputError):
        accept(app, "..", b"small")

    def full(*given: Any, **options: Any) -> None:
        raise StorageError("no space")

    monkeypatch.setattr("ingest.uploads.queue.enter_upload", full)
    with pytest.raises(StorageError):
        accept(app, "a.md", b"small")
    assert not [path for path in (tmp_path / "uploads").iterdir() if len(path.name) >= 32]
    app.close()


def test_a_job_is_shown_to_its_own_user_alone(app: App) -> None:
    one = accept(app)
    assert app.uploads.find(one, scope_of("ann")).id == one
    for other in (scope_of("bob"), scope_of(None), scope_of("bob", ("ann",))):
        with pytest.raises(NotFoundError):
            app.uploads.find(one, other)


def test_jobs_of_other_kinds_are_no_uploads(app: App) -> None:
    accept(app, "torn.pdf", b"%PDF-1.7 broken")
    make_upload_worker(app).do_due()
    others = [job.id for job in find_jobs(app.database) if job.kind != "upload"]
    assert others
    for one in others:
        with pytest.raises(NotFoundError):
            app.uploads.find(one, scope_of("ann"))


def test_uploads_of_another_folder_are_left_to_its_own_processes(tmp_path: Path, app: App) -> None:
    one = accept(app)
    beside = make_app(tmp_path / "beside", database_url=app.settings.sql_url)
    assert make_upload_worker(beside).do_due() == 0
    assert states(app, one) == [JobState.QUEUED]
    beside.close()


def test_an_ended_upload_is_forgotten_after_a_day(app: App, monkeypatch: pytest.MonkeyPatch) -> None:
    one = accept(app)
    make_upload_worker(app).do_due()
    app.uploads.tidy()
    assert states(app, one) == [JobState.DONE]
    monkeypatch.setattr("core.store.uploads._KEPT", timedelta(seconds=-1))
    app.uploads.tidy()
    with pytest.raises(NotFoundError):
        entry(app, one)


def test_jobs_that_are_done_are_listed_on_demand_and_not_tried_again(app: App) -> None:
    one = accept(app)
    make_upload_worker(app).do_due()
    assert find_jobs(app.database) == []
    assert [job.id for job in find_jobs(app.database, [JobState.DONE])] == [one]
    with pytest.raises(InputError, match="upload the file again"):
        retry_jobs(app.database, app.ingestion, app.settings, [one])


class HeldEmbedder(FakeEmbedder):
    """Waits with each text of a document until it is let go."""

    def __init__(self, hold: Callable[[], object]) -> None:
        super().__init__()
        self.hold = hold

    def embed(self, texts: Any) -> Any:
        if any("pump" in text.lower() for text in texts):
            self.hold()
        return super().embed(texts)


def test_leases_are_renewed_while_files_are_read(tmp_path: Path) -> None:
    begun, go = threading.Event(), threading.Event()

    def hold() -> None:
        begun.set()
        assert go.wait(60)

    app = make_app(tmp_path, HeldEmbedder(hold), ingest={"lease_seconds": 1})
    one = accept(app)
    reading = threading.Thread(target=make_upload_worker(app).do_due)
    reading.start()
    assert begun.wait(60)
    first = leased_until(app, one)
    wait_until(lambda: leased_until(app, one) > first)
    go.set()
    reading.join()
    assert states(app, one) == [JobState.DONE]
    app.close()


def leased_until(app: App, job_id: int) -> Any:
    with app.database.reading() as session:
        row = session.get(JobTable, job_id)
        return row.leased_until if row else None


def test_erasing_a_document_removes_the_jobs_of_its_ended_uploads(app: App) -> None:
    one, other = accept(app), accept(app, "valve.md", b"The valve V-3 is shut.")
    make_upload_worker(app).do_due()
    later = accept(app)
    erase_document(app.database, app.indexes, "upload:ann/pump.md")
    with pytest.raises(NotFoundError):
        entry(app, one)
    assert states(app, other, later) == [JobState.DONE, JobState.QUEUED]
