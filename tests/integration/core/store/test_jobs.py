from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TypeVar

import pytest
from sqlalchemy import update
from sqlalchemy.orm import Session

from core.errors import AlreadyRunningError, LeaseLostError, NotFoundError
from core.store.database import Database
from core.store.job_control import cancel, list_jobs, retry, show_job
from core.store.jobs import (
    DOCUMENT,
    SYNC,
    Holder,
    JobState,
    Lease,
    NewJob,
    claim,
    claim_one,
    end_cancelled,
    enqueue,
    finish,
    forget,
    give_up,
    is_running,
    owners,
    postpone,
    release,
    renew,
    sources_with_work,
)
from core.store.sources import list_sources, register
from core.store.tables import JobTable

Result = TypeVar("Result")
ANN, BOB = Holder("host/ann"), Holder("host/bob")


class Ledger:
    """A ledger with one source, each call a transaction of its own."""

    def __init__(self, folder: Path, database_url: str) -> None:
        self.database = Database(database_url or f"sqlite:///{folder / 'truth.db'}")
        self.database.migrate()
        with self.database.writing() as session:
            self.source = register(session, "fake:shelf", "fake", {}).id

    def put(
        self, *keys: str, kind: str = DOCUMENT, priority: int = 0, fresh: bool = False, **payload: str
    ) -> None:
        jobs = [
            NewJob(
                kind=kind,
                key=key,
                source_id=self.source,
                run_id=7,
                priority=priority,
                payload=payload,
                fresh=fresh,
            )
            for key in keys
        ]
        with self.database.writing() as session:
            enqueue(session, jobs)

    def take(self, holder: Holder = ANN, limit: int = 10) -> list[Lease]:
        with self.database.writing() as session:
            return claim(session, holder, DOCUMENT, limit)

    def do(self, function: Callable[..., Result], *arguments: object) -> Result:
        with self.database.writing() as session:
            return function(session, *arguments)

    def states(self) -> dict[str, JobState]:
        with self.database.reading() as session:
            return {job.key: job.state for job in list_jobs(session)}

    def silence(self, lease: Lease) -> None:
        """Make a lease expire."""
        past = datetime.now(UTC) - timedelta(seconds=1)
        with self.database.writing() as session:
            session.execute(update(JobTable).where(JobTable.id == lease.job_id).values(leased_until=past))


@pytest.fixture
def ledger(tmp_path: Path, database_url: str) -> Iterator[Ledger]:
    ledger = Ledger(tmp_path, database_url)
    yield ledger
    ledger.database.close()


def test_a_job_is_leased_to_one_worker_and_removed_when_done(ledger: Ledger) -> None:
    ledger.put("a", "b", name="a.md")
    first, second = ledger.take(ANN)
    assert (first.key, first.attempts, first.payload) == ("a", 1, {"name": "a.md"})
    assert ledger.take(BOB) == []
    ledger.do(finish, first)
    ledger.do(finish, second)
    assert ledger.states() == {}


def test_jobs_are_leased_by_priority_then_age(ledger: Ledger) -> None:
    ledger.put("night-1", "night-2")
    ledger.put("now", priority=10)
    assert [lease.key for lease in ledger.take()] == ["now", "night-1", "night-2"]


def test_a_job_put_in_twice_is_one_job(ledger: Ledger) -> None:
    ledger.put("a")
    ledger.put("a")
    assert len(ledger.take()) == 1


def test_a_silent_worker_loses_its_lease_and_can_write_nothing(ledger: Ledger) -> None:
    ledger.put("a")
    [old] = ledger.take(ANN)
    ledger.silence(old)
    [new] = ledger.take(BOB)
    assert (new.attempts, new.token > old.token) == (2, True)
    with pytest.raises(LeaseLostError):
        ledger.do(finish, old)
    with pytest.raises(LeaseLostError):
        ledger.do(give_up, old, JobState.FAILED, "too late")
    assert ledger.do(renew, ANN, {old: ""}) == {old}
    ledger.do(finish, new)


def test_a_write_with_a_lost_lease_is_undone(ledger: Ledger) -> None:
    ledger.put("a")
    [old] = ledger.take(ANN)
    ledger.silence(old)
    ledger.take(BOB)

    def write(session: Session) -> None:
        register(session, "fake:other", "fake", {})
        finish(session, old)

    with pytest.raises(LeaseLostError):
        ledger.do(write)
    with pytest.raises(LeaseLostError):
        ledger.do(finish, old)
    assert ledger.states() == {"a": JobState.RUNNING}
    assert [one.uri for one in ledger.do(list_sources)] == ["fake:shelf"]


def test_the_leases_of_a_dead_worker_are_free_at_once(ledger: Ledger) -> None:
    ledger.put("a")
    ledger.take(ANN)
    assert ledger.take(Holder("host/bob", dead=frozenset({"host/cy"}))) == []
    [lease] = ledger.take(Holder("host/bob", dead=frozenset({ANN.name})))
    assert lease.attempts == 2


def test_a_renewed_lease_shows_its_stage(ledger: Ledger) -> None:
    ledger.put("a")
    [lease] = ledger.take()
    ledger.silence(lease)
    assert ledger.do(renew, ANN, {lease: "parse"}) == set()
    assert ledger.take(BOB) == []
    job = ledger.do(show_job, lease.job_id)
    assert (job.stage, job.owner) == ("parse", "host/ann")


def test_a_postponed_job_waits_and_keeps_its_attempts_and_its_reason(ledger: Ledger) -> None:
    ledger.put("a", stamp="1")
    [lease] = ledger.take()
    ledger.do(postpone, lease, "the shelf is locked", 3600)
    assert ledger.take() == []
    ledger.put("a", stamp="1")
    [lease] = ledger.take()
    assert (lease.attempts, lease.reason) == (2, "the shelf is locked")


def test_a_changed_job_starts_again_and_so_does_a_fresh_one(ledger: Ledger) -> None:
    for last in ({"stamp": "2"}, {"stamp": "1", "fresh": True}):
        ledger.put("a", stamp="1", fresh=True)
        [lease] = ledger.take()
        ledger.do(give_up, lease, JobState.QUARANTINED, "three times")
        ledger.put("a", **last)
        [lease] = ledger.take()
        assert (lease.attempts, lease.reason) == (1, "")


def test_a_running_job_put_in_again_is_taken_from_its_worker(ledger: Ledger) -> None:
    ledger.put("a", stamp="1")
    [old] = ledger.take(ANN)
    ledger.put("a", stamp="2")
    with pytest.raises(LeaseLostError):
        ledger.do(finish, old)
    [new] = ledger.take(BOB)
    assert new.payload == {"stamp": "2"}
    assert new.token > old.token + 1, "also a worker that reads the token of the job in the line has none"
    with pytest.raises(LeaseLostError):
        ledger.do(finish, old)


def test_attempts_count_on_whatever_the_order_of_the_payload(ledger: Ledger) -> None:
    ledger.put("a", name="a.md", stamp="1")
    [lease] = ledger.take()
    ledger.do(postpone, lease, "the disk slept", 0.0)
    ledger.put("a", stamp="1", name="a.md")
    [lease] = ledger.take()
    assert (lease.attempts, lease.reason) == (2, "the disk slept")


def test_jobs_are_leased_of_one_source_and_among_those_that_are_wanted(ledger: Ledger) -> None:
    ledger.put("a", "b")
    with ledger.database.writing() as session:
        other = register(session, "fake:other", "fake", {}).id
        enqueue(session, [NewJob(kind=DOCUMENT, key="c", source_id=other)])
        [named] = claim(session, ANN, DOCUMENT, 10, ledger.source, JobTable.key == "b")
        of_source = claim(session, ANN, DOCUMENT, 10, ledger.source)
        rest = claim(session, ANN, DOCUMENT, 10)
    found = [[lease.key for lease in leases] for leases in ([named], of_source, rest)]
    assert found == [["b"], ["a"], ["c"]]


def test_what_runs_is_known_by_its_kind_its_key_and_a_living_owner(ledger: Ledger) -> None:
    ledger.put("a", "b")
    with ledger.database.writing() as session:
        claim_one(session, ANN, DOCUMENT, "a")
    with ledger.database.reading() as session:
        found = [is_running(session, BOB, kind, key) for kind, key in ((DOCUMENT, "a"), (SYNC, "a"))]
        found += [is_running(session, BOB, DOCUMENT, "b")]
        found += [is_running(session, Holder("host/eve", frozenset({ANN.name})), DOCUMENT, "a")]
        assert owners(session) == [ANN.name]
    assert found == [True, False, False, False]


def test_sources_have_work_if_a_document_is_due_or_left_behind(ledger: Ledger) -> None:
    def sources(holder: Holder) -> list[int]:
        with ledger.database.reading() as session:
            return sources_with_work(session, holder)

    assert sources(ANN) == []
    ledger.put("run", kind=SYNC)
    assert sources(ANN) == [], "a run is no document"
    ledger.put("a")
    assert sources(ANN) == [ledger.source]
    [lease] = ledger.take(ANN)
    assert sources(BOB) == [], "another one is at it"
    assert sources(Holder("host/eve", frozenset({ANN.name}))) == [ledger.source]
    ledger.do(postpone, lease, "later", 600.0)
    assert sources(BOB) == [], "it waits"


def test_a_release_gives_back_only_what_was_leased(ledger: Ledger) -> None:
    ledger.put("a", "b")
    first, second = ledger.take(ANN)
    ledger.do(release, [first])
    assert ledger.states() == {"a": JobState.QUEUED, "b": JobState.RUNNING}
    ledger.do(finish, second)


def test_a_released_job_goes_back_and_counts_as_no_attempt(ledger: Ledger) -> None:
    ledger.put("a")
    [lease] = ledger.take()
    ledger.do(release, [lease])
    [lease] = ledger.take()
    assert lease.attempts == 1


def test_a_waiting_job_is_cancelled_at_once(ledger: Ledger) -> None:
    ledger.put("a")
    with ledger.database.reading() as session:
        [job] = list_jobs(session)
    assert ledger.do(cancel, job.id) == JobState.CANCELLED
    assert ledger.take() == []


def test_a_cancelled_job_cannot_finish_and_its_worker_is_notified(ledger: Ledger) -> None:
    ledger.put("a")
    [lease] = ledger.take()
    assert ledger.do(cancel, lease.job_id) == JobState.RUNNING
    with pytest.raises(LeaseLostError):
        ledger.do(finish, lease)
    taken = ledger.do(renew, ANN, {lease: ""})
    assert taken == {lease}
    ledger.do(end_cancelled, taken)
    assert ledger.states() == {"a": JobState.CANCELLED}


def test_a_cancelled_run_cancels_its_documents(ledger: Ledger) -> None:
    ledger.put("fake:shelf", kind=SYNC)
    ledger.put("a", "b")
    run = ledger.do(claim_one, ANN, SYNC, "fake:shelf")
    [at_work] = ledger.take(ANN, limit=1)
    ledger.do(cancel, run.job_id)
    assert ledger.states()["b"] == JobState.CANCELLED
    assert ledger.do(renew, ANN, {run: "", at_work: ""}) == {run, at_work}


def test_a_run_over_a_source_is_leased_to_one_worker(ledger: Ledger) -> None:
    ledger.put("fake:shelf", kind=SYNC)
    ledger.do(claim_one, ANN, SYNC, "fake:shelf")
    with pytest.raises(AlreadyRunningError, match="host/ann"):
        ledger.do(claim_one, BOB, SYNC, "fake:shelf")
    with pytest.raises(NotFoundError):
        ledger.do(claim_one, BOB, SYNC, "fake:other")


def test_a_job_is_tried_again_on_request(ledger: Ledger) -> None:
    ledger.put("a")
    [lease] = ledger.take()
    ledger.do(give_up, lease, JobState.QUARANTINED, "three times")
    ledger.do(retry, lease.job_id)
    [lease] = ledger.take()
    assert lease.attempts == 1


def test_a_job_of_a_deleted_object_cannot_finish(ledger: Ledger) -> None:
    ledger.put("a")
    [lease] = ledger.take()
    ledger.do(forget, DOCUMENT, ["a"])
    with pytest.raises(LeaseLostError):
        ledger.do(finish, lease)
    with pytest.raises(NotFoundError, match="finished jobs are not kept"):
        ledger.do(show_job, lease.job_id)
