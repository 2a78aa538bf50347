"""The job ledger for people: list, retry and cancel jobs, inside the caller's transaction."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import and_, select, update
from sqlalchemy.orm import Session

from core.errors import NotFoundError
from core.store.database import clock
from core.store.jobs import DOCUMENT, SYNC, JobState, make_free
from core.store.tables import JobTable


@dataclass(frozen=True, slots=True, kw_only=True)
class JobEntry:
    """A job as people see it."""

    id: int
    kind: str
    key: str
    source_id: int
    state: JobState
    stage: str
    """What its worker is doing; empty if it is not running."""
    attempts: int
    priority: int
    """Higher goes first."""
    owner: str
    """The worker that has its lease; empty without one."""
    reason: str
    """Why the last attempt failed; otherwise empty."""
    cancelling: bool
    """Whether its worker has been asked to stop."""
    not_before: datetime
    """When it is due."""
    leased_until: datetime | None
    created_at: datetime
    updated_at: datetime


def retry(session: Session, job_id: int) -> None:
    """Put a job back into the line without its earlier attempts, and fence off its worker, if any.

    Raises: NotFoundError if there is no such job.
    """
    row = _get(session, job_id)
    row.attempts, row.reason = 0, ""
    make_free(row, clock(session))
    session.flush()


def list_jobs(session: Session, states: Collection[JobState] = (), limit: int = 1000) -> list[JobEntry]:
    """Return jobs that are not done, running ones first, then by urgency; or those in one of `states`."""
    wanted = select(JobTable).order_by(
        (JobTable.state != JobState.RUNNING), JobTable.priority.desc(), JobTable.not_before, JobTable.id
    )
    shown = JobTable.state.in_(states) if states else JobTable.state != JobState.DONE
    wanted = wanted.where(shown)
    return [_entry(row) for row in session.scalars(wanted.limit(limit))]


def show_job(session: Session, job_id: int) -> JobEntry:
    """Return one job. Raises: NotFoundError if there is no such job."""
    return _entry(_get(session, job_id))


def cancel(session: Session, job_id: int) -> JobState:
    """Cancel a job, at once if it is waiting, within a heartbeat if it is running; return its state now.

    With the job of a run, the jobs of the run's documents are cancelled too.

    Raises: NotFoundError if there is no such job.
    """
    row = _get(session, job_id)
    now = clock(session)
    waiting = {"state": JobState.CANCELLED, "reason": "cancelled", "updated_at": now}
    if row.kind == SYNC and row.run_id is not None:
        of_run = and_(JobTable.kind == DOCUMENT, JobTable.run_id == row.run_id)
        session.execute(update(JobTable).where(of_run, JobTable.state == JobState.QUEUED).values(**waiting))
        session.execute(
            update(JobTable).where(of_run, JobTable.state == JobState.RUNNING).values(cancel=True)
        )
    if row.state == JobState.RUNNING:
        row.cancel = True
    else:
        row.state, row.reason, row.updated_at = JobState.CANCELLED, "cancelled", now
    session.flush()
    return JobState(row.state)


def _entry(row: JobTable) -> JobEntry:
    return JobEntry(
        id=row.id,
        kind=row.kind,
        key=row.key,
        source_id=row.source_id,
        state=JobState(row.state),
        stage=row.stage,
        attempts=row.attempts,
        priority=row.priority,
        owner=row.owner,
        reason=row.reason,
        cancelling=row.cancel,
        not_before=row.not_before,
        leased_until=row.leased_until,
        created_at=row.created_at,
        updated_at=row.updated_at,
    )


def _get(session: Session, job_id: int) -> JobTable:
    row = session.get(JobTable, job_id)
    if row is None:
        raise NotFoundError(f"there is no job {job_id}; finished jobs are not kept")
    return row
