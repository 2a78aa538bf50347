"""The job ledger: work that outlives its worker, leased to one worker at a time.

Every function works inside the caller's transaction. A lease is valid for some seconds and has to be
renewed. Its token is larger than that of any earlier lease on the job: a worker with an older token
cannot finish the job, and its whole transaction is undone. Times come from the database where it has a
clock, so that no machine's clock decides about the lease of another.
"""

import json
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from sqlalchemy import ColumnElement, and_, delete, func, or_, select, update
from sqlalchemy.orm import Session

from core.errors import AlreadyRunningError, LeaseLostError, NotFoundError
from core.store.database import clock
from core.store.tables import JobTable

SYNC = "sync"
DOCUMENT = "document"
UPLOAD = "upload"
# Work that a person is waiting for goes first.
INTERACTIVE, BACKGROUND = 10, 0


class JobState(StrEnum):
    """The state of a job. A finished job has none: it is removed. Of uploads alone, it is kept as done."""

    QUEUED = "queued"
    RUNNING = "running"
    FAILED = "failed"
    QUARANTINED = "quarantined"
    CANCELLED = "cancelled"
    DONE = "done"


@dataclass(frozen=True, slots=True, kw_only=True)
class NewJob:
    """A job to put into the line."""

    kind: str
    """`SYNC`, `DOCUMENT` or `UPLOAD`."""
    key: str
    """The URI of the source or the document; of an upload, its document's and its file."""
    source_id: int
    run_id: int | None = None
    """The run that asks for it."""
    priority: int = BACKGROUND
    """Higher goes first."""
    payload: Mapping[str, Any] | None = None
    """The data that a worker needs, as JSON values."""
    fresh: bool = False
    """Whether earlier attempts at it no longer count."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Lease:
    """The right of one worker to do a job, for a limited time."""

    job_id: int
    token: int
    """Larger than the token of any earlier lease on the job."""
    kind: str
    key: str
    attempts: int
    """How often the job was begun, this time included."""
    payload: Mapping[str, Any] = field(hash=False)
    reason: str = ""
    """Why the last attempt failed; otherwise empty."""


@dataclass(frozen=True, slots=True)
class Holder:
    """A worker that takes leases."""

    name: str
    dead: frozenset[str] = frozenset()
    """The names of workers that are known to be dead: their leases are free."""
    lease_seconds: float = 60.0
    """How long a lease is valid."""


def enqueue(session: Session, jobs: Sequence[NewJob]) -> None:
    """Put jobs into the line. A job with the same kind and key is replaced, and its worker fenced off.

    Attempts continue to count while the payload stays the same, so that a job that fails every night ends
    too. After a final failure they start again at zero, because the object's content is new.
    """
    now = clock(session)
    there = _by_key(session, jobs)
    for new in jobs:
        payload = json.dumps(new.payload or {}, sort_keys=True)
        row = there.get((new.kind, new.key))
        if row is None:
            row = JobTable(kind=new.kind, key=new.key, token=0, attempts=0, reason="", created_at=now)
            session.add(row)
        elif new.fresh or row.payload != payload or row.state == JobState.FAILED:
            row.attempts, row.reason = 0, ""
        row.source_id, row.run_id, row.priority, row.payload = (
            new.source_id, new.run_id, new.priority, payload,
        )  # fmt: skip
        make_free(row, now)
    session.flush()


def claim(
    session: Session,
    holder: Holder,
    kind: str,
    limit: int,
    source_id: int | None = None,
    among: ColumnElement[bool] | None = None,
) -> list[Lease]:
    """Lease at most `limit` jobs that are due, the most urgent first; `among` is one more condition."""
    now = clock(session)
    due = and_(JobTable.state == JobState.QUEUED, JobTable.not_before <= now)
    wanted = select(JobTable).where(JobTable.kind == kind, or_(due, _abandoned(holder, now)))
    if source_id is not None:
        wanted = wanted.where(JobTable.source_id == source_id)
    if among is not None:
        wanted = wanted.where(among)
    line = wanted.order_by(JobTable.priority.desc(), JobTable.not_before, JobTable.id).limit(limit)
    return [_lease(row, holder, now) for row in session.scalars(line.with_for_update(skip_locked=True))]


def claim_one(session: Session, holder: Holder, kind: str, key: str) -> Lease:
    """Lease the job with this kind and key, due or not.

    Raises: NotFoundError if there is no such job; AlreadyRunningError if a living worker has its lease.
    """
    now = clock(session)
    named = and_(JobTable.kind == kind, JobTable.key == key)
    row = session.scalar(select(JobTable).where(named).with_for_update())
    if row is None:
        raise NotFoundError(f"there is no job for {key}")
    free = or_(JobTable.state != JobState.RUNNING, _abandoned(holder, now))
    if session.scalar(select(JobTable.id).where(named, free)) is None:
        raise AlreadyRunningError(f"{row.owner} is already at work on {key}; this run changed nothing")
    return _lease(row, holder, now)


def is_running(session: Session, holder: Holder, kind: str, key: str) -> bool:
    """Return whether a living worker has the lease of this job."""
    running = select(JobTable.id).where(
        JobTable.kind == kind,
        JobTable.key == key,
        JobTable.state == JobState.RUNNING,
        ~_abandoned(holder, clock(session)),
    )
    return session.scalar(running) is not None


def sources_with_work(session: Session, holder: Holder) -> list[int]:
    """Return the ids of the sources with documents that are due, those with the most urgent first."""
    now = clock(session)
    due = or_(and_(JobTable.state == JobState.QUEUED, JobTable.not_before <= now), _abandoned(holder, now))
    of_documents = select(JobTable.source_id).where(JobTable.kind == DOCUMENT, due)
    line = of_documents.group_by(JobTable.source_id).order_by(func.max(JobTable.priority).desc())
    return list(session.scalars(line))


def owners(session: Session) -> list[str]:
    """Return the names of the workers that have leases, dead ones included."""
    return list(session.scalars(select(JobTable.owner).where(JobTable.state == JobState.RUNNING).distinct()))


def renew(session: Session, holder: Holder, leases: Mapping[Lease, str]) -> set[Lease]:
    """Renew leases and store the stage of each; return the leases that are lost or cancelled."""
    until = clock(session) + timedelta(seconds=holder.lease_seconds)
    gone = set()
    for lease, stage in leases.items():
        mine = update(JobTable).where(_held(lease), ~JobTable.cancel)
        if not _count(session, mine.values(leased_until=until, stage=stage)):
            gone.add(lease)
    return gone


def finish(session: Session, lease: Lease) -> None:
    """Remove a finished job, in the same transaction that writes its result.

    Raises: LeaseLostError if the lease is no longer valid, or the job was cancelled.
    """
    if not _count(session, delete(JobTable).where(_held(lease), ~JobTable.cancel)):
        raise _lost(lease)


def postpone(session: Session, lease: Lease, reason: str, seconds: float) -> None:
    """Put a job back into the line for another attempt after `seconds`. Raises: as `finish`."""
    later = clock(session) + timedelta(seconds=seconds)
    _end(session, lease, JobState.QUEUED, reason, later)


def give_up(session: Session, lease: Lease, state: JobState, reason: str) -> None:
    """End a job that is kept: without a result, or an upload. Raises: as `finish`."""
    _end(session, lease, state, reason, clock(session))


def release(session: Session, leases: Iterable[Lease]) -> None:
    """Put leased jobs that were not begun back into the line; this counts as no attempt."""
    for lease in leases:
        back = {
            "state": JobState.QUEUED,
            "owner": "",
            "leased_until": None,
            "attempts": JobTable.attempts - 1,
        }
        session.execute(update(JobTable).where(_held(lease)).values(**back))


def end_cancelled(session: Session, leases: Iterable[Lease]) -> None:
    """Mark these jobs as cancelled, once their worker has stopped."""
    now = clock(session)
    ended = {"state": JobState.CANCELLED, "reason": "cancelled", "cancel": False, "updated_at": now}
    for lease in leases:
        session.execute(update(JobTable).where(_held(lease), JobTable.cancel).values(**ended))


def forget(session: Session, kind: str, keys: Collection[str]) -> None:
    """Remove the jobs of deleted objects, so that their workers can write nothing more."""
    session.execute(delete(JobTable).where(JobTable.kind == kind, JobTable.key.in_(keys)))


def _by_key(session: Session, jobs: Sequence[NewJob]) -> dict[tuple[str, str], JobTable]:
    keys = {new.key for new in jobs}
    rows = session.scalars(select(JobTable).where(JobTable.key.in_(keys)))
    return {(row.kind, row.key): row for row in rows}


def make_free(row: JobTable, now: datetime) -> None:
    """Put a row back into the line, and fence off the worker that has its lease."""
    row.state, row.owner, row.leased_until, row.stage = JobState.QUEUED, "", None, ""
    row.cancel, row.not_before, row.updated_at = False, now, now
    row.token = (row.token or 0) + 1


def _lease(row: JobTable, holder: Holder, now: datetime) -> Lease:
    row.state, row.owner, row.stage, row.cancel = JobState.RUNNING, holder.name, "", False
    row.leased_until = now + timedelta(seconds=holder.lease_seconds)
    row.token, row.attempts, row.updated_at = row.token + 1, row.attempts + 1, now
    return Lease(
        job_id=row.id,
        token=row.token,
        kind=row.kind,
        key=row.key,
        attempts=row.attempts,
        payload=json.loads(row.payload),
        reason=row.reason,
    )


def _abandoned(holder: Holder, now: datetime) -> ColumnElement[bool]:
    silent = or_(JobTable.leased_until < now, JobTable.owner.in_(holder.dead))
    return and_(JobTable.state == JobState.RUNNING, silent)


def _held(lease: Lease) -> ColumnElement[bool]:
    return and_(
        JobTable.id == lease.job_id, JobTable.token == lease.token, JobTable.state == JobState.RUNNING
    )


def _end(session: Session, lease: Lease, state: JobState, reason: str, not_before: datetime) -> None:
    ended = {
        "state": state, "reason": reason, "owner": "", "leased_until": None, "stage": "",
        "not_before": not_before, "updated_at": clock(session),
    }  # fmt: skip
    if not _count(session, update(JobTable).where(_held(lease), ~JobTable.cancel).values(**ended)):
        raise _lost(lease)


def _lost(lease: Lease) -> LeaseLostError:
    return LeaseLostError(f"the job for {lease.key} was given to another worker, cancelled or deleted")


def _count(session: Session, statement: Any) -> int:
    result: Any = session.execute(statement.execution_options(synchronize_session=False))
    return int(result.rowcount)
