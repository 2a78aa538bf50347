"""What a person sees of the job ledger, and may do to it; all inside the caller's transaction."""

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
    """A job as a person sees it. `stage` is what its worker is doing, `reason` why it failed last."""

    id: int
    kind: str
    key: str
    source_id: int
    state: JobState
    stage: str
    attempts: int
    priority: int
    owner: str
    reason: str
    cancelling: bool
    not_before: datetime
    leased_until: datetime | None
    created_at: datetime
    updated_at: datetime


def retry(session: Session, job_id: int) -> None:
    """Put a job back into the line as if it had never been tried; its worker, if any, is fenced off.

    Raises: NotFoundError.
    """
    row = _get(session, job_id)
    row.attempts, row.reason = 0, ""
    make_free(row, clock(session))
    session.flush()


def list_jobs(session: Session, states: Collection[JobState] = (), limit: int = 1000) -> list[JobEntry]:
    """Return jobs, those at work first, then by urgency; `states` leaves the others out."""
    wanted = select(JobTable).order_by(
        (JobTable.state != JobState.RUNNING), JobTable.priority.desc(), JobTable.not_before, JobTable.id
    )
    if states:
        wanted = wanted.where(JobTable.state.in_(states))
    return [_entry(row) for row in session.scalars(wanted.limit(limit))]


def show_job(session: Session, job_id: int) -> JobEntry:
    """Return one job. Raises: NotFoundError."""
    return _entry(_get(session, job_id))


def cancel(session: Session, job_id: int) -> JobState:
    """Cancel a job: at once if it waits, within a heartbeat if it runs. A run takes its documents along.

    Returns the state it has now. Raises: NotFoundError.
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
        raise NotFoundError(f"there is no job {job_id}; done work leaves none behind")
    return row
