"""Grants: the principals that may read a document; all inside the caller's transaction."""

from collections.abc import Collection

from sqlalchemy import Select, delete, insert, select
from sqlalchemy.orm import Session

from core.store.tables import GrantTable


def readers_of(session: Session, documents: Collection[int] | Select[int]) -> dict[int, frozenset[str]]:
    """Return the principals that may read each document, by its id; a document without any is left out."""
    rows = select(GrantTable.document_id, GrantTable.principal).where(GrantTable.document_id.in_(documents))
    found: dict[int, set[str]] = {}
    for document_id, principal in session.execute(rows):
        found.setdefault(document_id, set()).add(principal)
    return {document_id: frozenset(principals) for document_id, principals in found.items()}


def replace_readers(session: Session, document_id: int, principals: frozenset[str]) -> bool:
    """Make `principals` the readers of one document; return whether they are others than before."""
    if readers_of(session, [document_id]).get(document_id, frozenset()) == principals:
        return False
    session.execute(delete(GrantTable).where(GrantTable.document_id == document_id))
    if rows := [{"document_id": document_id, "principal": principal} for principal in sorted(principals)]:
        session.execute(insert(GrantTable), rows)
    return True
