"""What the operator is told of one document: its state, its readers, what is inside it; none of its text."""

from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from core.errors import NotFoundError
from core.store.documents.writing import find_document
from core.store.grants import readers_of
from core.store.tables import LIVE, DocumentTable, VersionTable
from core.values.documents import DocumentState


@dataclass(frozen=True, slots=True)
class MemberOverview:
    """A file inside a document."""

    uri: str
    state: str
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class DocumentOverview:
    """A document as the operator sees it. `version` is 0 while nothing of it was ever read.

    `inside` is the URI of the document that it is inside of, or empty.
    """

    uri: str
    title: str
    media_type: str
    size_bytes: int
    state: str
    reason: str
    version: int
    notices: tuple[str, ...]
    readers: tuple[str, ...]
    inside: str
    members: tuple[MemberOverview, ...]
    updated_at: str


def overview_of(session: Session, uri: str) -> DocumentOverview:
    """Return what is known of a document. Raises: NotFoundError."""
    document = find_document(session, uri)
    if document is None:
        raise NotFoundError(f"there is no document {uri}")
    live = select(VersionTable).where(VersionTable.document_id == document.id, LIVE)
    version = session.scalars(live.order_by(VersionTable.number)).first()
    readers = readers_of(session, [document.id]).get(document.id, frozenset())
    inside = select(DocumentTable.uri).where(DocumentTable.id == document.parent_id)
    held = select(DocumentTable.uri, DocumentTable.state, DocumentTable.reason).where(
        DocumentTable.parent_id == document.id, DocumentTable.state != DocumentState.DELETED
    )
    return DocumentOverview(
        uri=document.uri,
        title=document.title,
        media_type=document.media_type,
        size_bytes=document.size_bytes,
        state=document.state,
        reason=document.reason,
        version=version.number if version else 0,
        notices=tuple(version.notices.splitlines()) if version else (),
        readers=tuple(sorted(readers)),
        inside=session.scalar(inside) or "",
        members=tuple(MemberOverview(*row) for row in session.execute(held.order_by(DocumentTable.id))),
        updated_at=document.updated_at.isoformat(),
    )
