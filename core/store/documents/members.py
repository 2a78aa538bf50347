"""Members, the files inside a document, written in the transaction that writes the document itself."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from core.errors import NotFoundError, ParseError
from core.store.documents.writing import (
    READ,
    Fetched,
    PreparedVersion,
    commit_failure,
    commit_version,
    confirm_grants,
    find_document,
    is_settled,
    tombstone,
    update_grants,
    update_metadata,
)
from core.store.grants import readers_of
from core.store.tables import DocumentTable
from core.values.documents import DocumentState
from core.values.metadata import metadata_from_text


@dataclass(frozen=True, slots=True)
class PreparedMember:
    """A file inside a document, ready to be written: its version, or the error of its parser."""

    file: Fetched
    name: str
    version: PreparedVersion | ParseError


@dataclass(frozen=True, slots=True, kw_only=True)
class MemberChanges:
    """The URIs of a document's members by outcome; members that failed are in no list."""

    added: tuple[str, ...]
    changed: tuple[str, ...]
    unchanged: tuple[str, ...]
    deleted: tuple[str, ...]


def commit_members(
    session: Session, parent_uri: str, members: Sequence[PreparedMember], hold: bool = False
) -> MemberChanges:
    """Replace a document's members by `members`, each with the readers of the document.

    A member whose content was processed before stays as it is. With `hold`, new versions wait behind a gate.

    Raises: NotFoundError if the parent is not in the database.
    """
    parent = find_document(session, parent_uri)
    if parent is None:
        raise NotFoundError(f"{parent_uri} is not in the database")
    before = {
        row.uri: row.state
        for row in session.scalars(select(DocumentTable).where(DocumentTable.parent_id == parent.id))
    }
    readers = readers_of(session, [parent.id]).get(parent.id, frozenset())
    outcomes = {member.file.uri: _commit(session, parent, readers, member, hold) for member in members}
    gone = [uri for uri, state in before.items() if uri not in outcomes and state != DocumentState.DELETED]
    for uri in gone:
        if (document := find_document(session, uri)) is not None:
            tombstone(session, document.id)

    def of(outcome: str) -> tuple[str, ...]:
        return tuple(uri for uri, found in outcomes.items() if found == outcome)

    return MemberChanges(
        added=of("added"), changed=of("changed"), unchanged=of("unchanged"), deleted=tuple(gone)
    )


def _commit(
    session: Session, parent: DocumentTable, readers: frozenset[str], member: PreparedMember, hold: bool
) -> str:
    known = find_document(session, member.file.uri)
    was_there = known is not None and known.state != DocumentState.DELETED
    document = known if known is not None and was_there else _enter(session, parent, member, known)
    update_grants(session, document.id, readers)
    update_metadata(session, document.id, metadata_from_text(parent.source_metadata))
    if isinstance(member.version, ParseError):
        commit_failure(session, member.file, str(member.version))
        return "failed"
    if was_there and document.state in READ and is_settled(document, member.file):
        confirm_grants(session, document.id)
        return "unchanged"
    commit_version(session, member.file, member.version, hold)
    return "changed" if was_there else "added"


def _enter(
    session: Session, parent: DocumentTable, member: PreparedMember, known: DocumentTable | None
) -> DocumentTable:
    now = datetime.now(UTC)
    document = known or DocumentTable(
        uri=member.file.uri, media_type="", size_bytes=0, content_sha256="", stamp="", pipeline="",
        created_at=now,
    )  # fmt: skip
    document.source_id, document.parent_id, document.title = parent.source_id, parent.id, member.name
    document.state, document.reason, document.updated_at = DocumentState.SEEN, "", now
    session.add(document)
    session.flush()
    return document
