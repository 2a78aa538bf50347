"""Sources as the database knows them, and the runs over them; all inside the caller's transaction."""

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

# Reports of older runs are dropped.
RUNS_KEPT = 100


class RunState(StrEnum):
    """How a run over a source ended.

    A suspicious one removed nothing because too much was gone, or what it brought does not come into
    force because golden questions would break.
    """

    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"
    SUSPICIOUS = "suspicious"


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceEntry:
    """A source: `kind` and `config` open it again, `cursor` is where its next listing goes on.

    From `readers_until` on, nobody reads its documents.
    """

    id: int
    uri: str
    kind: str
    config: Mapping[str, Any]
    cursor: str
    scheduled: bool
    readers_until: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class RunEntry:
    """A run over a source; `report` is empty until it ends."""

    id: int
    source_id: int
    state: RunState
    reason: str
    report: Mapping[str, Any]
    started_at: datetime
    finished_at: datetime | None


def register(
    session: Session, uri: str, kind: str, config: Mapping[str, Any], scheduled: bool | None = None
) -> SourceEntry:
    """Enter a source, or renew how it is opened; `scheduled` stays as it is unless it is said."""
    row = session.scalar(select(SourceTable).where(SourceTable.uri == uri))
    if row is None:
        row = SourceTable(uri=uri, cursor="", scheduled=False, created_at=datetime.now(UTC))
        session.add(row)
    row.kind, row.config = kind, json.dumps(dict(config), sort_keys=True)
    row.scheduled = row.scheduled if scheduled is None else scheduled
    session.flush()
    return _entry(row)


def find_source(session: Session, uri: str) -> SourceEntry:
    """Return a source. Raises: NotFoundError."""
    row = session.scalar(select(SourceTable).where(SourceTable.uri == uri))
    if row is None:
        raise NotFoundError(f"there is no source {uri}")
    return _entry(row)


def cursor_of(session: Session, uri: str) -> str:
    """Return where a source's next listing goes on; empty for one that was never listed."""
    return session.scalar(select(SourceTable.cursor).where(SourceTable.uri == uri)) or ""


def list_sources(session: Session) -> list[SourceEntry]:
    """Return all sources, in order of their URI."""
    return [_entry(row) for row in session.scalars(select(SourceTable).order_by(SourceTable.uri))]


def schedule(session: Session, uri: str, scheduled: bool) -> None:
    """Let a source take part in `vade sync`, or no more."""
    source = find_source(session, uri)
    session.execute(update(SourceTable).where(SourceTable.id == source.id).values(scheduled=scheduled))


def advance(session: Session, source_id: int, cursor: str) -> None:
    """Remember where the next listing goes on; belongs into the transaction that records the last one."""
    session.execute(update(SourceTable).where(SourceTable.id == source_id).values(cursor=cursor))


def hold_readers(session: Session, source_id: int, until: datetime | None, renew: bool) -> None:
    """Let what a source said about who may read count until then, without a time for ever.

    Unless `renew`, a time that is set stays: only who has heard all of a source again knows better.
    """
    held = update(SourceTable).where(SourceTable.id == source_id)
    if not renew:
        held = held.where(SourceTable.readers_until.is_(None))
    session.execute(held.values(readers_until=until))


def begin_run(session: Session, source_id: int) -> int:
    """Enter a run and return its id. Runs that never ended are closed: their process died."""
    now = datetime.now(UTC)
    died = update(RunTable).where(RunTable.source_id == source_id, RunTable.state == RunState.RUNNING)
    reason = "its process ended in the middle; this run's successor does what was left"
    session.execute(died.values(state=RunState.FAILED, reason=reason, finished_at=now))
    run = RunTable(source_id=source_id, state=RunState.RUNNING, reason="", report="{}", started_at=now)
    session.add(run)
    session.flush()
    return run.id


def end_run(session: Session, run_id: int, state: RunState, reason: str, report: Mapping[str, Any]) -> None:
    """Close a run with its report, and drop the oldest reports of its source."""
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
    """Write anew how a run ended, if its report is still kept."""
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
