"""The conditions under which an asker may read a document and a version of it.

Both are asked of every query that gives a text: a version may have other readers than its document, as an
old one from before the file was cut for a wider circle. `docs/permissions.md` says what is promised.
"""

from datetime import UTC, datetime

from sqlalchemy import ColumnElement, and_, exists, not_

from core.store.tables import LIVE, DocumentTable, GrantTable, SourceTable, VersionGrantTable, VersionTable
from core.values.documents import GateState
from core.values.search import AccessScope


def readable(scope: AccessScope) -> ColumnElement[bool]:
    """Return the condition that the asker may read the document; an empty scope may read none.

    If the permissions from the document's source are older than their time limit, no one may read it.
    It says nothing of the document's versions.
    """
    granted = exists().where(
        GrantTable.document_id == DocumentTable.id, GrantTable.principal.in_(sorted(scope.principals))
    )
    expired = exists().where(
        SourceTable.id == DocumentTable.source_id, SourceTable.readers_until < datetime.now(UTC)
    )
    return and_(granted, not_(expired))


def version_granted(scope: AccessScope) -> ColumnElement[bool]:
    """Return the condition that the version is granted to the asker; `readable` has to hold besides.

    It says nothing of whether the version is in force.
    """
    return exists().where(
        VersionGrantTable.version_id == VersionTable.id,
        VersionGrantTable.principal.in_(sorted(scope.principals)),
    )


def version_readable(scope: AccessScope) -> ColumnElement[bool]:
    """Return the condition that the version is granted to the asker and is no matter of the gate.

    A version that waits, was withdrawn or is kept for a rollback is read by operators alone.
    """
    return and_(version_granted(scope), LIVE | (VersionTable.gate_state == GateState.PLAIN))
