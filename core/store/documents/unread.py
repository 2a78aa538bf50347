"""Documents whose newest content, or a page of it, could not be read."""

from collections.abc import Collection

from sqlalchemy import func, or_, select
from sqlalchemy.orm import Session, aliased

from core.store.documents.scoping import readable, version_readable
from core.store.tables import LIVE, DocumentTable, VersionTable
from core.values.documents import DocumentState
from core.values.notices import INSTALL_OCR
from core.values.search import AccessScope

_UNREAD = (DocumentState.FAILED, DocumentState.QUARANTINED)


def unread_reasons(session: Session, document_ids: Collection[int], scope: AccessScope) -> dict[int, str]:
    """Return by id why the newest content of documents could not be read; an earlier version is in force.

    A file inside another one counts as unread if the outer file is.
    """
    outer = aliased(DocumentTable)
    failed = or_(DocumentTable.state.in_(_UNREAD), outer.state.in_(_UNREAD))
    rows = session.execute(
        select(DocumentTable.id, func.coalesce(func.nullif(DocumentTable.reason, ""), outer.reason, ""))
        .join(VersionTable, VersionTable.document_id == DocumentTable.id)
        .outerjoin(outer, outer.id == DocumentTable.parent_id)
        .where(DocumentTable.id.in_(document_ids), LIVE, failed, readable(scope), version_readable(scope))
    )
    return {number: str(reason) for number, reason in rows}


def unread_pages(
    session: Session, document_ids: Collection[int], scope: AccessScope
) -> list[tuple[int, str]]:
    """Return the ids of documents with pages that want text recognition, each with its parser's notice."""
    rows = session.execute(
        select(DocumentTable.id, VersionTable.notices)
        .join(VersionTable, VersionTable.document_id == DocumentTable.id)
        .where(DocumentTable.id.in_(document_ids), LIVE, readable(scope), version_readable(scope))
        .where(VersionTable.notices.contains(INSTALL_OCR, autoescape=True))
        .order_by(DocumentTable.id)
    )
    return [(number, line) for number, lines in rows for line in lines.splitlines() if INSTALL_OCR in line]
