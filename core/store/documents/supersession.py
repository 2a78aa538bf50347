"""Which document takes the place of which: a document says so of itself, and names the other one.

Writing works inside the caller's transaction; reading is bound to a scope, as all reading is.
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


def names_of(uri: str, title: str) -> frozenset[str]:
    """Return the names by which another document may mean this one: URI, file name and title."""
    path = PurePosixPath(unquote(uri))
    return frozenset(_plain(name) for name in (uri, path.name, path.stem, title) if name.strip())


def write_supersession(session: Session, document_id: int) -> None:
    """Note which documents a document takes the place of now, by its source or by its live version."""
    session.execute(delete(SupersessionTable).where(SupersessionTable.document_id == document_id))
    live = session.scalar(
        select(VersionTable.file_metadata).where(VersionTable.document_id == document_id, LIVE)
    )
    told = session.scalar(select(DocumentTable.source_metadata).where(DocumentTable.id == document_id))
    metadata = known_metadata(live or "", told or "")
    rows = [
        {"document_id": document_id, "name": name} for name in sorted(set(map(_plain, metadata.supersedes)))
    ]
    if rows:
        session.execute(insert(SupersessionTable), rows)


def successors(
    session: Session, documents: Mapping[int, frozenset[str]], scope: AccessScope
) -> dict[int, Successor]:
    """Return, for each document by its id and `names_of` it, the newest readable one in its place."""
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
    for name, number, uri, title, told, own in rows:
        metadata = known_metadata(own, told)
        for document_id, names in documents.items():
            if name in names and number != document_id:
                found[document_id] = Successor(document_id=number, uri=uri, title=title, metadata=metadata)
    return found


def _plain(name: str) -> str:
    return " ".join(name.casefold().split())
