"""The embedder in force, those beside it, and their vectors; inside the caller's transaction."""

import json
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import ColumnElement, delete, exists, func, insert, select
from sqlalchemy.orm import Session

from core.errors import NotReadyError
from core.store.tables import ChangeTable, ChunkTable, EmbedderTable, EmbeddingTable
from core.values.documents import indexed_text

IN_FORCE, FORMER, WITHDRAWN = "in_force", "former", "withdrawn"


@dataclass(frozen=True, slots=True, kw_only=True)
class EmbedderEntry:
    """An embedder as the database knows it."""

    model_id: str
    dimension: int
    """The length of its vectors."""
    config: Mapping[str, Any]
    """The settings that open it."""
    since: datetime | None = None
    """When it took its role; None before it has one."""


@dataclass(frozen=True, slots=True)
class Unembedded:
    """A chunk without a vector: its id, and its indexed text to be embedded."""

    chunk_id: int
    text: str


def embedder_at(session: Session, role: str) -> EmbedderEntry | None:
    """Return the embedder in this role; None if no embedder has it."""
    row = session.get(EmbedderTable, role)
    if row is None:
        return None
    return EmbedderEntry(
        model_id=row.model_id, dimension=row.dimension, config=json.loads(row.config), since=row.since
    )


def put_in_force(session: Session, new: EmbedderEntry, complete: bool = True) -> None:
    """Put an embedder in force. The one before becomes the former; the vectors of all others are dropped.

    Raises: NotReadyError if `complete` is asked for and a chunk has no vector of it yet.
    """
    if complete and (missing := count_unembedded(session, new.model_id)):
        raise _incomplete(missing, new.model_id)
    before = embedder_at(session, IN_FORCE)
    if before is not None and before.model_id != new.model_id:
        _set(session, FORMER, before)
    _set(session, IN_FORCE, new)
    _unset(session, WITHDRAWN)
    if before is not None:
        _drop_vectors(session)


def take_back(session: Session) -> EmbedderEntry:
    """Put the former embedder in force again, and return it; the present one is withdrawn.

    Raises: NotReadyError if there is no former one, or a chunk has no vector of it.
    """
    now, former = embedder_at(session, IN_FORCE), embedder_at(session, FORMER)
    if former is None or now is None:
        raise NotReadyError("there is no former embedder to go back to")
    if missing := count_unembedded(session, former.model_id):
        raise _incomplete(missing, former.model_id)
    _set(session, IN_FORCE, former)
    _unset(session, FORMER)
    _set(session, WITHDRAWN, now)
    return former


def forget_former(session: Session) -> int:
    """Drop the former embedder, which is kept for a rollback; return the number of its vectors."""
    _unset(session, FORMER)
    return _drop_vectors(session)


def count_unembedded(session: Session, model_id: str) -> int:
    """Return how many chunks, of live and other versions, have no vector of this model."""
    return session.scalar(select(func.count(ChunkTable.id)).where(~_embedded(model_id))) or 0


def unembedded(session: Session, model_id: str, limit: int) -> list[Unembedded]:
    """Return the first chunks without a vector of this model, at most `limit`."""
    rows = select(ChunkTable.id, ChunkTable.context, ChunkTable.text).where(~_embedded(model_id))
    return [
        Unembedded(chunk_id, indexed_text(context, text))
        for chunk_id, context, text in session.execute(rows.order_by(ChunkTable.id).limit(limit))
    ]


def add_vectors(session: Session, model_id: str, vectors: Mapping[int, bytes], followed: bool) -> int:
    """Write vectors by chunk id; return how many were written.

    Chunks that were deleted meanwhile, or that have a vector of this model, are left out. If an index of
    this model is `followed` already, the documents are written into the change log.
    """
    wanted = select(ChunkTable.id, ChunkTable.document_id)
    wanted = wanted.where(ChunkTable.id.in_(vectors), ~_embedded(model_id))
    there = session.execute(wanted.with_for_update()).all()
    if not there:
        return 0
    rows = [{"chunk_id": one, "model_id": model_id, "vector": vectors[one]} for one, _ in there]
    session.execute(insert(EmbeddingTable), rows)
    if followed:
        now = datetime.now(UTC)
        changed = [{"document_id": document, "at": now} for document in sorted({row[1] for row in there})]
        session.execute(insert(ChangeTable), changed)
    return len(there)


def _incomplete(missing: int, model_id: str) -> NotReadyError:
    chunks = "1 chunk has" if missing == 1 else f"{missing} chunks have"
    return NotReadyError(f"{chunks} no vector of {model_id} yet")


def _drop_vectors(session: Session) -> int:
    """Remove the vectors of every model that has no role; return their number."""
    kept: Collection[str] = session.scalars(select(EmbedderTable.model_id)).all()
    gone = EmbeddingTable.model_id.not_in(kept)
    number = session.scalar(select(func.count()).select_from(EmbeddingTable).where(gone)) or 0
    session.execute(delete(EmbeddingTable).where(gone))
    return number


def _embedded(model_id: str) -> ColumnElement[bool]:
    return exists().where(EmbeddingTable.chunk_id == ChunkTable.id, EmbeddingTable.model_id == model_id)


def _set(session: Session, role: str, entry: EmbedderEntry) -> None:
    row = session.get(EmbedderTable, role) or EmbedderTable(role=role)
    row.model_id, row.dimension = entry.model_id, entry.dimension
    row.config, row.since = json.dumps(dict(entry.config), sort_keys=True), datetime.now(UTC)
    session.add(row)
    session.flush()


def _unset(session: Session, role: str) -> None:
    session.execute(delete(EmbedderTable).where(EmbedderTable.role == role))
    session.flush()
