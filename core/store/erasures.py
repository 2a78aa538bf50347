"""Erasures: documents removed for good, and their receipts; all inside the caller's transaction."""

import json
from collections.abc import Collection, Mapping
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import delete, func, or_, select, update
from sqlalchemy.orm import Session

from core.errors import NotFoundError
from core.store.documents.writing import find_document, tombstone
from core.store.tables import (
    ChunkTable,
    DocumentTable,
    EmbeddingTable,
    ErasureTable,
    GrantTable,
    PageTable,
    VersionTable,
)
from core.store.uploads import forget_ended_uploads_of


@dataclass(frozen=True, slots=True, kw_only=True)
class Receipt:
    """The receipt of an erasure: what was removed of a document and of the files inside it."""

    id: int
    document_id: int
    uri: str
    unsearchable_at: str
    """When the document was removed from the database (ISO 8601)."""
    versions: tuple[int, ...]
    """The numbers of the removed versions."""
    chunks: tuple[int, ...]
    """The ids of the removed chunks."""
    vectors: int
    """The number of removed vectors."""
    pages: int
    """The number of removed pages."""
    indexes: Mapping[str, int]
    """The first generation of each index that is free of the document, by the index's name."""
    completed_at: str = ""
    """When the indexes were free of it (ISO 8601); empty until then."""
    members: tuple[str, ...] = ()
    """The URIs of the files inside it, which were removed too."""


def erase(session: Session, uri: str) -> Receipt:
    """Remove a document's text, chunks, vectors, pages and permissions; its URI and receipt stay.

    The files inside it are removed with it. Once this transaction is committed, no search finds it.

    Raises: NotFoundError if there is no document, or if it was erased before.
    """
    document = find_document(session, uri)
    family = _family(session, document.id) if document else {}
    versions = _versions(session, family)
    if document is None or not versions:
        raise NotFoundError(f"there is no content of {uri} to erase")
    chunks = session.scalars(select(ChunkTable.id).where(ChunkTable.document_id.in_(family))).all()
    vectors = session.scalar(select(func.count()).where(EmbeddingTable.chunk_id.in_(chunks))) or 0
    pages = session.scalar(select(func.count()).where(PageTable.version_id.in_(versions))) or 0
    tombstone(session, document.id)
    forget_ended_uploads_of(session, uri)
    session.execute(delete(VersionTable).where(VersionTable.document_id.in_(family)))
    session.execute(delete(GrantTable).where(GrantTable.document_id.in_(family)))
    session.execute(update(DocumentTable).where(DocumentTable.id.in_(family)).values(title="", size_bytes=0))
    now = datetime.now(UTC)
    row = ErasureTable(document_id=document.id, uri=uri, receipt="{}", at=now)
    session.add(row)
    session.flush()
    numbers = tuple(versions.values())
    receipt = Receipt(
        id=row.id,
        document_id=document.id,
        uri=uri,
        unsearchable_at=now.isoformat(),
        versions=numbers,
        chunks=tuple(chunks),
        vectors=vectors,
        pages=pages,
        indexes={},
        members=tuple(name for number, name in family.items() if number != document.id),
    )
    return _keep(session, receipt)


def complete(session: Session, receipt: Receipt, indexes: Mapping[str, int]) -> Receipt:
    """Complete a receipt with the generation of each index that is free of the document."""
    done = replace(receipt, indexes=dict(indexes), completed_at=datetime.now(UTC).isoformat())
    return _keep(session, done)


def receipts(session: Session, erasure_id: int | None = None) -> list[Receipt]:
    """Return all receipts, the newest first, or the one with this number.

    Raises: NotFoundError if there is no receipt with this number.
    """
    rows = select(ErasureTable.receipt).order_by(ErasureTable.id.desc())
    if erasure_id is not None:
        rows = rows.where(ErasureTable.id == erasure_id)
    found = [_receipt(json.loads(raw)) for raw in session.scalars(rows)]
    if erasure_id is not None and not found:
        raise NotFoundError(f"there is no receipt {erasure_id}")
    return found


def chunks_left(session: Session, receipt: Receipt) -> int:
    """Return how many of the erased chunks are still in the database; ids are never used again."""
    return session.scalar(select(func.count()).where(ChunkTable.id.in_(receipt.chunks))) or 0


def _family(session: Session, document_id: int) -> dict[int, str]:
    """Return the ids and URIs of a document and of the files inside it."""
    own, inside = DocumentTable.id == document_id, DocumentTable.parent_id == document_id
    rows = select(DocumentTable.id, DocumentTable.uri).where(or_(own, inside)).order_by(DocumentTable.id)
    return {number: uri for number, uri in session.execute(rows)}  # noqa: C416 (mypy)


def _versions(session: Session, family: Collection[int]) -> dict[int, int]:
    rows = select(VersionTable.id, VersionTable.number).where(VersionTable.document_id.in_(family))
    return {version_id: number for version_id, number in session.execute(rows)}  # noqa: C416 (mypy)


def _keep(session: Session, receipt: Receipt) -> Receipt:
    kept = update(ErasureTable).where(ErasureTable.id == receipt.id)
    session.execute(kept.values(receipt=json.dumps(asdict(receipt))))
    return receipt


def _receipt(raw: dict[str, Any]) -> Receipt:
    lists = {name: tuple(raw.get(name, ())) for name in ("versions", "chunks", "members")}
    return Receipt(**{**raw, **lists})
