"""Supersession: documents that take the place of others, which their metadata name.

Everything works inside the caller's transaction. Successors are read under a scope, as documents are.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import PurePosixPath
from urllib.parse import unquote

from sqlalchemy import delete, insert, select
from sqlalchemy.orm import Session

from core.store.documents.reading import readable
from core.store.tables import LIVE, DocumentTable, SupersessionTable, VersionTable
from core.values.metadata import Metadata, known_metadata
from core.values.search import AccessScope


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
    session: Session, documents: Mapping[int, frozenset[str]], scope: AccessScope
) -> dict[int, Successor]:
    """Return the newest readable successor of each document, given by its id and its `names_of`."""
    asked = sorted({name for names in documents.values() for name in names})
    rows = session.execute(
        select(
            SupersessionTable.name, DocumentTable.id, DocumentTable.uri, VersionTable.title,
            DocumentTable.source_metadata, VersionTable.file_metadata,
        )
        .join(DocumentTable, DocumentTable.id == SupersessionTable.document_id)
        .join(VersionTable, VersionTable.document_id == DocumentTable.id)
        .where(SupersessionTable.name.in_(asked), LIVE, readable(scope))
        .order_by(VersionTable.id)
    ).all()  # fmt: skip
    found: dict[int, Successor] = {}
    for name, number, uri, title, from_source, own in rows:
        metadata = known_metadata(own, from_source)
        for document_id, names in documents.items():
            if name in names and number != document_id:
                found[document_id] = Successor(document_id=number, uri=uri, title=title, metadata=metadata)
    return found


def _plain(name: str) -> str:
    return " ".join(name.casefold().split())
