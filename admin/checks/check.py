"""`vade check`: proves that database and indexes agree, or names each disagreement."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from sqlalchemy import ColumnElement, exists, func, or_, select, text
from sqlalchemy.orm import Session, aliased

from admin.checks.finding import Finding
from admin.checks.indexes import deep_dense, deep_lexical
from admin.checks.truth import Expected, deep_truth
from admin.erasure import finish_erasures
from core.store.changes import live_chunk_ids
from core.store.database import Database
from core.store.embedders import IN_FORCE, count_unembedded, embedders_at
from core.store.erasures import receipts
from core.store.tables import LIVE, ChunkTable, DocumentTable, GrantTable, VersionTable, cut
from core.values.documents import DocumentState, GateState
from retrieval.follow.follower import Follower
from retrieval.follow.indexes import Indexes

# Versions that are not live and hold chunks all the same.
_BESIDE = (GateState.WAITING, GateState.WITHDRAWN, GateState.FORMER)


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckReport:
    """The counts of a check and its findings; without findings, database and indexes agree."""

    documents: int
    versions: int
    chunks: int
    findings: tuple[Finding, ...]


def check(
    database: Database, indexes: Indexes, repair: bool = False, deep: Expected | None = None
) -> CheckReport:
    """Compare the database with all indexes in force.

    With `repair`, rebuild an index that differs, finish erasures that were cut off, and remove the indexes
    of other embedders. With `deep`, look at every vector, word, reader, page, version and job.
    """
    with database.reading() as session:
        findings = [*_integrity(session), *_truth(session), *_unembedded(session)]
        documents, versions, chunks = (
            _count(session, column) for column in (DocumentTable.id, VersionTable.id, ChunkTable.id)
        )
    if repair:
        indexes.drop_beside()
        finish_erasures(database, indexes)
    with database.reading() as session:
        unfinished = [receipt.uri for receipt in receipts(session) if not receipt.completed_at]
    if unfinished:
        detail = f"{', '.join(unfinished)}: unsearchable, but not gone from every file"
        findings.append(Finding("an erasure was cut off", detail, "run vade check --repair"))
    for name, follower in indexes.followers().items():
        findings.extend(_follower(database, name, follower, repair, deep is not None))
    if deep is not None:
        with database.reading() as session:
            findings.extend(deep_truth(session, deep))
    return CheckReport(documents=documents, versions=versions, chunks=chunks, findings=tuple(findings))


def _integrity(session: Session) -> Iterator[Finding]:
    if session.get_bind().dialect.name != "sqlite":
        return
    damage = session.execute(text("PRAGMA quick_check(1)")).scalar_one()
    if damage != "ok":
        yield Finding("database", str(damage), "restore a backup")
    orphans = session.execute(text("PRAGMA foreign_key_check")).all()
    if orphans:
        yield Finding("references", f"{len(orphans)} rows refer to rows that are gone", "restore a backup")


def _unembedded(session: Session) -> Iterator[Finding]:
    for entry in embedders_at(session, IN_FORCE).values():
        if number := count_unembedded(session, entry):
            name = "a chunk has no embedding of the model in force"
            of_leg = f" in the leg {entry.leg}" if entry.leg else ""
            yield Finding(name, f"{number} times{of_leg}", "run vade index build")


def _truth(session: Session) -> Iterator[Finding]:
    again = "ingest its source again"
    rules: tuple[tuple[str, Any, str], ...] = (
        (
            "a searchable document has no live version",
            select(func.count())
            .select_from(DocumentTable)
            .where(DocumentTable.state == DocumentState.SEARCHABLE, ~_live_version()),
            again,
        ),
        (
            "a deleted document still has chunks",
            select(func.count(ChunkTable.id.distinct()))
            .join(DocumentTable, DocumentTable.id == ChunkTable.document_id)
            .where(DocumentTable.state == DocumentState.DELETED),
            again,
        ),
        (
            "a chunk belongs to a version that is not live",
            select(func.count(ChunkTable.id))
            .join(VersionTable, VersionTable.id == ChunkTable.version_id)
            .where(~LIVE, VersionTable.gate_state.not_in(_BESIDE)),
            again,
        ),
        (
            "a chunk's text is not its version's text at its offsets",
            select(func.count(ChunkTable.id))
            .join(VersionTable, VersionTable.id == ChunkTable.version_id)
            .where(cut(VersionTable.text, ChunkTable.start, ChunkTable.end) != ChunkTable.text),
            again,
        ),
    )
    inside = ((name, count, again) for name, count in _inside())
    for name, count, remedy in (*rules, *inside):
        if number := session.scalar(count):
            yield Finding(name, f"{number} times", remedy)


def _inside() -> Iterator[tuple[str, Any]]:
    """Yield the rules of files inside a document: they live with it, and who reads it reads them."""
    outer, inner = aliased(DocumentTable), aliased(DocumentTable)
    kept = (
        select(func.count(inner.id))
        .join(outer, outer.id == inner.parent_id)
        .where(inner.state != DocumentState.DELETED)
    )
    yield "a file inside a document outlives it", kept.where(outer.state == DocumentState.DELETED)
    differ = or_(_reads_only(inner, outer), _reads_only(outer, inner))
    yield "a file inside a document has other readers than the document", kept.where(differ)


def _reads_only(one: Any, other: Any) -> ColumnElement[bool]:
    """Return the condition that a principal may read one document and not the other."""
    held, lacking = aliased(GrantTable), aliased(GrantTable)
    same = exists().where(lacking.document_id == other.id, lacking.principal == held.principal)
    return exists().where(held.document_id == one.id, ~same.correlate(held, other))


def _live_version() -> ColumnElement[bool]:
    return exists().where(VersionTable.document_id == DocumentTable.id, LIVE)


def _follower(
    database: Database, name: str, follower: Follower[Any], repair: bool, deep: bool
) -> Iterator[Finding]:
    different = [*_compared(database, name, follower, deep)]
    if different and repair:
        follower.rebuild()
        different = [*_compared(database, name, follower, deep)]
    yield from different


def _compared(database: Database, name: str, follower: Follower[Any], deep: bool) -> Iterator[Finding]:
    if different := _difference(database, follower):
        yield Finding(f"the {name} index differs from the database", different, "run vade check --repair")
    if deep:
        if follower.model_id is None:
            yield from deep_lexical(database, follower)
        else:
            yield from deep_dense(database, name, follower)


def _difference(database: Database, follower: Follower[Any]) -> str:
    """Return how an index differs from the database; empty if it does not."""
    with follower.index() as index, database.reading() as session:
        held, live = index.ids(), np.array(live_chunk_ids(session, follower.model_id), np.int64)
    missing, surplus = np.setdiff1d(live, held).size, np.setdiff1d(held, live).size
    twice = held.size - np.unique(held).size
    if not (missing or surplus or twice):
        return ""
    return f"{missing} chunks missing, {surplus} too many, {twice} twice"


def _count(session: Session, column: Any) -> int:
    return session.scalar(select(func.count(column))) or 0
