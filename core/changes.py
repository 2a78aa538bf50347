"""Reading the change log, for followers: what is true now of the documents that changed."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from core.tables import ChangeTable, ChunkTable, EmbeddingTable, GrantTable
from core.values import BlockKind, IndexEntry


@dataclass(frozen=True, slots=True)
class ChangeBatch:
    """Documents that changed up to `seq`, and every entry that an index should hold of them.

    The entries are in order of chunk id: each document's in reading order.
    """

    seq: int
    document_ids: tuple[int, ...]
    entries: tuple[IndexEntry, ...]


def latest_seq(session: Session) -> int:
    """Return the sequence number of the last change, 0 if there was none."""
    return session.scalar(select(func.max(ChangeTable.seq))) or 0


def changes_after(session: Session, seq: int, model_id: str, limit: int) -> ChangeBatch | None:
    """Return what changed after `seq`, at most `limit` log rows at once; None if nothing did."""
    rows = session.execute(
        select(ChangeTable.seq, ChangeTable.document_id)
        .where(ChangeTable.seq > seq)
        .order_by(ChangeTable.seq)
        .limit(limit)
    ).all()
    if not rows:
        return None
    document_ids = tuple(sorted({document_id for _, document_id in rows}))
    return ChangeBatch(rows[-1][0], document_ids, tuple(_entries(session, document_ids, model_id)))


def live_chunk_ids(session: Session, model_id: str) -> list[int]:
    """Return the ids, ascending, of all chunks that an index of this model should hold."""
    return list(
        session.scalars(
            select(EmbeddingTable.chunk_id)
            .where(EmbeddingTable.model_id == model_id)
            .order_by(EmbeddingTable.chunk_id)
        )
    )


def _entries(session: Session, document_ids: Sequence[int], model_id: str) -> Iterable[IndexEntry]:
    principals = _principals(session, document_ids)
    rows = session.execute(
        select(
            ChunkTable.id,
            ChunkTable.document_id,
            ChunkTable.kind,
            ChunkTable.context,
            ChunkTable.text,
            EmbeddingTable.vector,
        )
        .join(EmbeddingTable, EmbeddingTable.chunk_id == ChunkTable.id)
        .where(ChunkTable.document_id.in_(document_ids), EmbeddingTable.model_id == model_id)
        .order_by(ChunkTable.id)
    )
    for chunk_id, document_id, kind, context, text, vector in rows:
        readers = principals.get(document_id, frozenset())
        yield IndexEntry(chunk_id, document_id, BlockKind(kind), context, text, vector, readers)


def _principals(session: Session, document_ids: Sequence[int]) -> dict[int, frozenset[str]]:
    rows = session.execute(
        select(GrantTable.document_id, GrantTable.principal).where(GrantTable.document_id.in_(document_ids))
    )
    found: dict[int, set[str]] = {}
    for document_id, principal in rows:
        found.setdefault(document_id, set()).add(principal)
    return {document_id: frozenset(names) for document_id, names in found.items()}
