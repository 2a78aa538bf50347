"""Sources and the runs over them; everything works inside the caller's transaction."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import delete, select, update
from sqlalchemy.orm import Session

from core.errors import NotFoundError
from core.store.tables import RunTable, SourceTable

# The runs of a source that are kept; older ones are dropped with their reports.
RUNS_KEPT = 100


class RunState(StrEnum):
    """The state of a run over a source."""

    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"
    SUSPICIOUS = "suspicious"
    """Too many documents were missing, so that none was deleted; or golden questions would break, so that the
    new versions are not in force."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceEntry:
    """A source as the database knows it."""

    id: int
    uri: str
    kind: str
    """The kind of its connector."""
    config: Mapping[str, Any]
    """The options with which the connector opens it."""
    cursor: str
    """Where its next listing continues; empty if it was never listed."""
    scheduled: bool
    """Whether `vade sync` includes it without being given its name."""
    readers_until: datetime | None = None
    """The end of its permissions: from then on no one may read its documents. None: they do not expire."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RunEntry:
    """A run over a source."""

    id: int
    source_id: int
    state: RunState
    reason: str
    """Why it failed or is suspicious; otherwise empty."""
    report: Mapping[str, Any]
    """Empty until the run ends."""
    started_at: datetime
    finished_at: datetime | None


def register(
    session: Session, uri: str, kind: str, config: Mapping[str, Any], scheduled: bool | None = None
) -> SourceEntry:
    """Add a source, or change its kind and options; without `scheduled`, that setting stays as it is."""
    row = session.scalar(select(SourceTable).where(SourceTable.uri == uri))
    if row is None:
        row = SourceTable(uri=uri, cursor="", scheduled=False, created_at=datetime.now(UTC))
        session.add(row)
    row.kind, row.config = kind, json.dumps(dict(config), sort_keys=True)
    row.scheduled = row.scheduled if scheduled is None else scheduled
    session.flush()
    return _entry(row)


def find_source(session: Session, uri: str) -> SourceEntry:
    """Return the source at `uri`. Raises: NotFoundError if there is none."""
    row = session.scalar(select(SourceTable).where(SourceTable.uri == uri))
    if row is None:
        raise NotFoundError(f"there is no source {uri}")
    return _entry(row)


def cursor_of(session: Session, uri: str) -> str:
    """Return the cursor at which a source's next listing continues; empty if it was never listed."""
    return session.scalar(select(SourceTable.cursor).where(SourceTable.uri == uri)) or ""


def list_sources(session: Session) -> list[SourceEntry]:
    """Return all sources, in order of their URI."""
    return [_entry(row) for row in session.scalars(select(SourceTable).order_by(SourceTable.uri))]


def schedule(session: Session, uri: str, scheduled: bool) -> None:
    """Include a source in `vade sync`, or exclude it. Raises: NotFoundError if there is none at `uri`."""
    source = find_source(session, uri)
    session.execute(update(SourceTable).where(SourceTable.id == source.id).values(scheduled=scheduled))


def advance(session: Session, source_id: int, cursor: str) -> None:
    """Store the cursor of the next listing, in the same transaction that records the last one."""
    session.execute(update(SourceTable).where(SourceTable.id == source_id).values(cursor=cursor))


def hold_readers(session: Session, source_id: int, until: datetime | None, renew: bool) -> None:
    """Store the time at which a source's permissions expire; None: they do not.

    Without `renew`, a time that was set before stays: only a complete listing brings all permissions anew.
    """
    held = update(SourceTable).where(SourceTable.id == source_id)
    if not renew:
        held = held.where(SourceTable.readers_until.is_(None))
    session.execute(held.values(readers_until=until))


def begin_run(session: Session, source_id: int) -> int:
    """Add a run and return its id. Earlier runs of the source that never ended are closed as failed."""
    now = datetime.now(UTC)
    died = update(RunTable).where(RunTable.source_id == source_id, RunTable.state == RunState.RUNNING)
    reason = "the process ended during the run; the next run does the rest"
    session.execute(died.values(state=RunState.FAILED, reason=reason, finished_at=now))
    run = RunTable(source_id=source_id, state=RunState.RUNNING, reason="", report="{}", started_at=now)
    session.add(run)
    session.flush()
    return run.id


def end_run(session: Session, run_id: int, state: RunState, reason: str, report: Mapping[str, Any]) -> None:
    """Close a run with its report, and drop the oldest runs of its source. Raises: NotFoundError."""
    run = session.get(RunTable, run_id)
    if run is None:
        raise NotFoundError(f"there is no run {run_id}")
    run.state, run.reason, run.report = state, reason, json.dumps(report)
    run.finished_at = datetime.now(UTC)
    of_source = select(RunTable.id).where(RunTable.source_id == run.source_id)
    kept = of_source.order_by(RunTable.id.desc()).limit(RUNS_KEPT).subquery()
    session.execute(
        delete(RunTable).where(RunTable.source_id == run.source_id, RunTable.id.not_in(select(kept.c.id)))
    )


def amend_run(session: Session, run_id: int, state: RunState, reason: str, report: Mapping[str, Any]) -> None:
    """Replace the outcome of a run that has ended, if the run is still kept."""
    amended = update(RunTable).where(RunTable.id == run_id)
    session.execute(amended.values(state=state, reason=reason, report=json.dumps(report)))


def runs_of(session: Session, source_id: int, limit: int = 10) -> Sequence[RunEntry]:
    """Return the last runs over a source, the newest first."""
    rows = select(RunTable).where(RunTable.source_id == source_id).order_by(RunTable.id.desc()).limit(limit)
    return [
        RunEntry(
            id=row.id,
            source_id=row.source_id,
            state=RunState(row.state),
            reason=row.reason,
            report=json.loads(row.report),
            started_at=row.started_at,
            finished_at=row.finished_at,
        )
        for row in session.scalars(rows)
    ]


def _entry(row: SourceTable) -> SourceEntry:
    return SourceEntry(
        id=row.id,
        uri=row.uri,
        kind=row.kind,
        config=json.loads(row.config),
        cursor=row.cursor,
        scheduled=row.scheduled,
        readers_until=row.readers_until,
    )
