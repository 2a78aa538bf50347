"""Versions behind a gate, inside the caller's transaction.

A waiting version is completely written: text, chunks, vectors. Until it is promoted, the version before
it stays in force. Deletions and permissions pass no gate: they belong to the document, not to a version.
A promotion can be rolled back until the next promotion.
"""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import ColumnElement, and_, delete, func, insert, select, update
from sqlalchemy.orm import Session

from core.store.documents.supersession import write_supersession
from core.store.jobs import DOCUMENT
from core.store.tables import (
    LIVE,
    ChangeTable,
    ChunkTable,
    DocumentTable,
    GoldenTable,
    JobTable,
    VersionTable,
)
from core.values.documents import DocumentState, GateState


@dataclass(frozen=True, slots=True, kw_only=True)
class GateCounts:
    """The number of versions in each gate state, those without a gate left out."""

    waiting: int
    withdrawn: int
    promoted: int
    former: int
    newest: int
    """The id of the last waiting version; 0 if no version is waiting."""


def count_gate_states(session: Session) -> GateCounts:
    """Return the number of versions in each gate state."""
    counted = select(VersionTable.gate_state, func.count()).group_by(VersionTable.gate_state)
    found = {name: number for name, number in session.execute(counted)}  # noqa: C416 (mypy)
    newest = select(func.max(VersionTable.id)).where(VersionTable.gate_state == GateState.WAITING)
    waiting, withdrawn, promoted, former = (
        found.get(one, 0)
        for one in (GateState.WAITING, GateState.WITHDRAWN, GateState.PROMOTED, GateState.FORMER)
    )
    return GateCounts(
        waiting=waiting,
        withdrawn=withdrawn,
        promoted=promoted,
        former=former,
        newest=session.scalar(newest) or 0,
    )


def must_wait(session: Session, source_id: int, share: float) -> bool:
    """Return whether the source's new versions have to pass the golden questions.

    They have to if there are golden questions, and either the documents with a job are more than `share` of
    the searchable ones, or a version of the source is waiting already, as after a run that was cut off.
    """
    if not session.scalar(select(func.count(GoldenTable.id))):
        return False
    of_source = DocumentTable.source_id == source_id
    waits = (
        select(VersionTable.id).join(DocumentTable).where(of_source, _in_state(GateState.WAITING)).limit(1)
    )
    if session.scalar(waits) is not None:
        return True
    jobs = select(func.count(JobTable.id)).where(JobTable.kind == DOCUMENT, JobTable.source_id == source_id)
    searchable = session.scalar(select(func.count(VersionTable.id)).where(LIVE)) or 0
    return searchable > 0 and (session.scalar(jobs) or 0) > share * searchable


def promote(session: Session, which: Collection[GateState], newest: int | None = None) -> int:
    """Bring the versions in these states into force, all at once; return the number of documents.

    With `newest`, only versions with an id up to that one. The former versions of the last promotion are
    dropped first, so that it can no longer be rolled back.
    """
    wanted = _in_state(*which)
    if newest is not None:
        wanted = and_(wanted, VersionTable.id <= newest)
    documents = _documents(session, wanted)
    if not documents:
        return 0
    confirm(session)
    coming = select(VersionTable.document_id).where(wanted)
    leaving = update(VersionTable).where(LIVE, VersionTable.document_id.in_(coming))
    _execute(session, leaving.values(tombstoned_at=datetime.now(UTC), gate_state=GateState.FORMER))
    _execute(
        session,
        update(VersionTable).where(wanted).values(tombstoned_at=None, gate_state=GateState.PROMOTED),
    )
    _announce(session, _in_state(GateState.PROMOTED))
    return documents


def roll_back(session: Session) -> int:
    """Undo the last promotion; return the number of documents.

    A document that has changed since or was deleted stays as it is.
    """
    documents = _documents(session, _in_state(GateState.PROMOTED))
    _execute(
        session,
        update(VersionTable)
        .where(_in_state(GateState.PROMOTED))
        .values(tombstoned_at=datetime.now(UTC), gate_state=GateState.WITHDRAWN),
    )
    back = update(VersionTable).where(_in_state(GateState.FORMER))
    _execute(session, back.values(tombstoned_at=None, gate_state=GateState.PLAIN))
    _announce(session, _in_state(GateState.WITHDRAWN))
    return documents


def confirm(session: Session) -> int:
    """Drop the former versions that are kept for a rollback; return their number."""
    former = select(VersionTable.id).where(_in_state(GateState.FORMER))
    _execute(session, delete(ChunkTable).where(ChunkTable.version_id.in_(former)))
    settled = _in_state(GateState.FORMER, GateState.PROMOTED)
    number = session.scalar(select(func.count(VersionTable.id)).where(_in_state(GateState.FORMER))) or 0
    _execute(session, update(VersionTable).where(settled).values(gate_state=GateState.PLAIN))
    return number


def _announce(session: Session, moved: ColumnElement[bool]) -> None:
    """Update the documents of the versions that moved, and write them into the change log."""
    documents = select(VersionTable.document_id).where(moved)
    live = select(VersionTable.id).where(LIVE, VersionTable.document_id == DocumentTable.id)
    of_these = update(DocumentTable).where(DocumentTable.id.in_(documents))
    read = DocumentTable.state.in_((DocumentState.HELD, DocumentState.SEARCHABLE))
    _execute(session, of_these.where(read, live.exists()).values(state=DocumentState.SEARCHABLE))
    _execute(session, of_these.where(read, ~live.exists()).values(state=DocumentState.HELD))
    title = select(VersionTable.title).where(LIVE, VersionTable.document_id == DocumentTable.id)
    _execute(session, of_these.where(live.exists()).values(title=title.scalar_subquery()))
    now = datetime.now(UTC)
    moving = session.scalars(documents).all()
    for document in moving:
        write_supersession(session, document)
    if moving:
        session.execute(insert(ChangeTable), [{"document_id": document, "at": now} for document in moving])


def _documents(session: Session, which: ColumnElement[bool]) -> int:
    return session.scalar(select(func.count(VersionTable.document_id.distinct())).where(which)) or 0


def _in_state(*states: GateState) -> ColumnElement[bool]:
    return VersionTable.gate_state.in_(states)


def _execute(session: Session, statement: Any) -> None:
    session.execute(statement.execution_options(synchronize_session=False))
