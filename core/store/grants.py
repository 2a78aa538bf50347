"""Grants: the principals that may read a document and each version; all inside the caller's transaction.

A version is granted to those who may read the document when the source says that this is its content.
While it is in force or at the gate, it loses whom the document loses; it gains readers only when the
source names them for the very same content. Once it is tombstoned, its grants stay.
"""

from collections.abc import Collection

from sqlalchemy import ColumnElement, Select, delete, exists, insert, literal, select
from sqlalchemy.orm import Session

from core.permissions import common_readers
from core.store.tables import STANDING, DocumentTable, GrantTable, VersionGrantTable, VersionTable

_OF_PRESENT_CONTENT = VersionTable.content_sha256 == DocumentTable.content_sha256


def readers_of(session: Session, documents: Collection[int] | Select[int]) -> dict[int, frozenset[str]]:
    """Return the principals that may read each document, by its id; a document without any is left out."""
    rows = select(GrantTable.document_id, GrantTable.principal).where(GrantTable.document_id.in_(documents))
    found: dict[int, set[str]] = {}
    for document_id, principal in session.execute(rows):
        found.setdefault(document_id, set()).add(principal)
    return {document_id: frozenset(principals) for document_id, principals in found.items()}


def version_readers(
    session: Session, documents: Collection[int], versions: ColumnElement[bool]
) -> dict[int, frozenset[str]]:
    """Return the principals that may read each of these documents' versions now, by the version's id."""
    current = readers_of(session, documents)
    return {
        version: common_readers(readers, current.get(document, frozenset()))
        for version, (document, readers) in _granted(session, documents, versions).items()
    }


def replace_readers(session: Session, document_id: int, principals: frozenset[str]) -> bool:
    """Make `principals` the readers of one document; return whether they are others than before."""
    if readers_of(session, [document_id]).get(document_id, frozenset()) == principals:
        return False
    session.execute(delete(GrantTable).where(GrantTable.document_id == document_id))
    if rows := [{"document_id": document_id, "principal": principal} for principal in sorted(principals)]:
        session.execute(insert(GrantTable), rows)
    return True


def grant_version(session: Session, document_id: int, version_id: int) -> None:
    """Give a version the readers that its document has now."""
    readers = select(literal(version_id), GrantTable.principal).where(GrantTable.document_id == document_id)
    session.execute(insert(VersionGrantTable).from_select(["version_id", "principal"], readers))


def narrow_version_readers(session: Session, document_id: int, principals: frozenset[str]) -> None:
    """Take the versions that are in force or at the gate from all who are not among `principals`."""
    for version, (_, readers) in _granted(session, [document_id], STANDING).items():
        if (left := common_readers(readers, principals)) != readers:
            _replace(session, version, left)


def confirm_version_readers(session: Session, document_id: int) -> bool:
    """Give a document's readers to its versions with its present content; return whether any changed."""
    present = select(VersionTable.id).join(DocumentTable).where(
        VersionTable.document_id == document_id, STANDING, _OF_PRESENT_CONTENT
    )  # fmt: skip
    versions = session.scalars(present).all()
    if not versions:
        return False
    readers = readers_of(session, [document_id]).get(document_id, frozenset())
    before = _granted(session, [document_id], VersionTable.id.in_(versions))
    others = [one for one in versions if before.get(one, (document_id, frozenset()))[1] != readers]
    for version in others:
        _replace(session, version, readers)
    return bool(others)


def drop_version_readers(session: Session, *which: ColumnElement[bool]) -> None:
    """Close versions to everybody."""
    versions = select(VersionTable.id).where(*which)
    session.execute(delete(VersionGrantTable).where(VersionGrantTable.version_id.in_(versions)))


def unconfirmed() -> Select[int]:
    """Return the ids of the documents whose present content is not granted to each of their readers."""
    held = exists().where(
        VersionGrantTable.version_id == VersionTable.id, VersionGrantTable.principal == GrantTable.principal
    )
    lacking = exists().where(
        GrantTable.document_id == DocumentTable.id, ~held.correlate(VersionTable, GrantTable)
    )
    versions = select(DocumentTable.id).join(VersionTable, VersionTable.document_id == DocumentTable.id)
    return versions.where(STANDING, _OF_PRESENT_CONTENT, lacking.correlate(DocumentTable, VersionTable))


def _granted(
    session: Session, documents: Collection[int], versions: ColumnElement[bool]
) -> dict[int, tuple[int, frozenset[str]]]:
    """Return the document and the readers of each version that has any."""
    rows = select(VersionTable.id, VersionTable.document_id, VersionGrantTable.principal).join(
        VersionGrantTable, VersionGrantTable.version_id == VersionTable.id
    )
    found: dict[int, tuple[int, set[str]]] = {}
    wanted = rows.where(VersionTable.document_id.in_(documents), versions)
    for version, document, principal in session.execute(wanted):
        found.setdefault(version, (document, set()))[1].add(principal)
    return {version: (document, frozenset(names)) for version, (document, names) in found.items()}


def _replace(session: Session, version_id: int, principals: frozenset[str]) -> None:
    drop_version_readers(session, VersionTable.id == version_id)
    if rows := [{"version_id": version_id, "principal": principal} for principal in sorted(principals)]:
        session.execute(insert(VersionGrantTable), rows)
