"""The overview of one document for operators: state, readers and members, without its text."""

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
    """A document as operators see it."""

    uri: str
    title: str
    media_type: str
    size_bytes: int
    state: str
    reason: str
    """Why it could not be read; otherwise empty."""
    version: int
    """The number of its live version; 0 without one."""
    notices: tuple[str, ...]
    """Remarks on how the live version was read."""
    readers: tuple[str, ...]
    """The principals that may read it, in alphabetical order."""
    inside: str
    """The URI of the document around it; empty for an outermost one."""
    members: tuple[MemberOverview, ...]
    """The files inside it, deleted ones left out."""
    updated_at: str
    """ISO 8601."""


def overview_of(session: Session, uri: str) -> DocumentOverview:
    """Return the overview of a document. Raises: NotFoundError if there is no document at `uri`."""
    document = find_document(session, uri)
    if document is None:
        raise NotFoundError(f"there is no document {uri}; write its path or URI as `vade search` shows it")
    live = select(VersionTable).where(VersionTable.document_id == document.id, LIVE)
    version = session.scalars(live.order_by(VersionTable.number)).first()
    readers = readers_of(session, [document.id]).get(document.id, frozenset())
    inside = select(DocumentTable.uri).where(DocumentTable.id == document.parent_id)
    members = select(DocumentTable.uri, DocumentTable.state, DocumentTable.reason).where(
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
        members=tuple(MemberOverview(*row) for row in session.execute(members.order_by(DocumentTable.id))),
        updated_at=document.updated_at.isoformat(),
    )
