"""Supersession: documents that take the place of others, which their metadata name.

What a document says of another one counts only if its writer may write the other one. A source is a
writer: a document takes the place of those of its own source. A mailbox, a wiki or a tracker has many
writers, so that nothing counts in it. The settings may name sources that speak for all others.

Everything works inside the caller's transaction. Successors are read under a scope, as documents are.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from pathlib import PurePosixPath
from urllib.parse import unquote

from sqlalchemy import and_, delete, insert, or_, select
from sqlalchemy.orm import Session, aliased

from core.store.documents.scoping import readable, version_granted
from core.store.tables import LIVE, DocumentTable, SourceTable, SupersessionTable, VersionTable
from core.values.metadata import Metadata, known_metadata
from core.values.search import AccessScope

# Kinds of sources in which a document's writer may not write all others.
MANY_WRITERS = ("confluence", "imap", "jira", "maildir")


@dataclass(frozen=True, slots=True, kw_only=True)
class Successor:
    """A readable document that takes the place of another one."""

    document_id: int
    uri: str
    title: str
    metadata: Metadata
    """Its file's and its source's metadata together."""


def names_of(uri: str, title: str) -> frozenset[str]:
    """Return the names under which a document may be superseded: URI, file name and title, normalized."""
    path = PurePosixPath(unquote(uri))
    return frozenset(_plain(name) for name in (uri, path.name, path.stem, title) if name.strip())


def write_supersession(session: Session, document_id: int) -> None:
    """Store the names that a document supersedes by the metadata of its source and its live version."""
    session.execute(delete(SupersessionTable).where(SupersessionTable.document_id == document_id))
    live = session.scalar(
        select(VersionTable.file_metadata).where(VersionTable.document_id == document_id, LIVE)
    )
    source = session.scalar(select(DocumentTable.source_metadata).where(DocumentTable.id == document_id))
    metadata = known_metadata(live or "", source or "")
    rows = [
        {"document_id": document_id, "name": name} for name in sorted(set(map(_plain, metadata.supersedes)))
    ]
    if rows:
        session.execute(insert(SupersessionTable), rows)


def successors(
    session: Session,
    documents: Mapping[int, frozenset[str]],
    scope: AccessScope,
    trusted: Collection[str] = (),
) -> dict[int, Successor]:
    """Return the readable successor of each document that was read last, by the id of the document.

    `documents` gives the `names_of` each by its id; `trusted` are the URIs of sources whose documents may
    take the place of any other. What a file says of its own date decides nothing.
    """
    asked = sorted({name for names in documents.values() for name in names})
    old, writer = aliased(DocumentTable), aliased(SourceTable)
    may_write = or_(
        and_(writer.id == old.source_id, writer.kind.not_in(MANY_WRITERS)), writer.uri.in_(trusted)
    )
    rows = session.execute(
        select(
            old.id, SupersessionTable.name, DocumentTable.id, DocumentTable.uri, VersionTable.title,
            DocumentTable.source_metadata, VersionTable.file_metadata,
        )
        .join(DocumentTable, DocumentTable.id == SupersessionTable.document_id)
        .join(VersionTable, VersionTable.document_id == DocumentTable.id)
        .join(writer, writer.id == DocumentTable.source_id)
        .join(old, may_write)
        .where(old.id.in_(documents), old.id != DocumentTable.id)
        .where(SupersessionTable.name.in_(asked), LIVE, readable(scope), version_granted(scope))
        .order_by(VersionTable.id)
    ).all()  # fmt: skip
    found: dict[int, Successor] = {}
    for superseded, name, number, uri, title, from_source, own in rows:
        if name in documents[superseded]:
            metadata = known_metadata(own, from_source)
            found[superseded] = Successor(document_id=number, uri=uri, title=title, metadata=metadata)
    return found


def _plain(name: str) -> str:
    return " ".join(name.casefold().split())
