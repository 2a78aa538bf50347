"""Documents whose newest content could not be read, while an earlier version stays in force."""

from collections.abc import Collection

from sqlalchemy import func, or_, select
from sqlalchemy.orm import Session, aliased

from core.store.documents.scoping import readable, version_readable
from core.store.tables import LIVE, DocumentTable, VersionTable
from core.values.documents import DocumentState
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
