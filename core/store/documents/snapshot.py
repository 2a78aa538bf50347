"""Snapshots of a source's documents in the database, for ingestion to compare with the source."""

from dataclasses import dataclass

from sqlalchemy import ColumnElement, and_, or_, select
from sqlalchemy.orm import Session, aliased

from core.store.grants import readers_of, unconfirmed
from core.store.tables import LIVE, ChunkTable, DocumentTable, EmbeddingTable, VersionTable, cut
from core.values.documents import DocumentState, indexed_text


@dataclass(frozen=True, slots=True)
class MemberSnapshot:
    """A file inside a document, as the database knows it."""

    uri: str
    state: str
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class DocumentSnapshot:
    """A document as the database knows it before its source is listed."""

    id: int
    state: str
    reason: str
    """Why it could not be read; otherwise empty."""
    content_sha256: str
    """The hash of the content that was last tried."""
    stamp: str
    """The source's mark of that content, such as an ETag."""
    pipeline: str
    """The program and model that made its chunks."""
    principals: frozenset[str]
    """The principals that may read it."""
    readable: bool
    """Whether it has a live version."""
    members: tuple[MemberSnapshot, ...]
    """The files inside it, deleted ones left out."""
    unconfirmed: bool = False
    """Whether a version with this content lacks readers of the document."""
    metadata: str = ""
    """The source's metadata of it, as `core.values.metadata.Metadata.as_text` writes them."""

    @property
    def has_failed(self) -> bool:
        """Whether the document, or a file inside it, could not be read."""
        states = {self.state, *(member.state for member in self.members)}
        return not states.isdisjoint((DocumentState.FAILED, DocumentState.QUARANTINED))


def document_snapshots(session: Session, source_uri: str) -> dict[str, DocumentSnapshot]:
    """Return, by URI, the snapshots of the documents at or below a source's URI.

    A file inside a document is no document of the source, but a member of that document.
    """
    below = source_uri.rstrip("/") + "/"
    # Not LIKE: SQLite's ignores case, so that the folders Docs and docs would be the same.
    beginning = cut(DocumentTable.uri, 0, len(below))
    of_source = and_(
        or_(DocumentTable.uri == source_uri, beginning == below),
        DocumentTable.parent_id.is_(None),
    )
    members = _member_snapshots(session, of_source)
    readable = select(VersionTable.document_id).join(DocumentTable).where(of_source, LIVE)
    live = set(session.scalars(readable))
    readers = readers_of(session, select(DocumentTable.id).where(of_source))
    lacking = set(session.scalars(unconfirmed().where(of_source)))
    return {
        row.uri: DocumentSnapshot(
            id=row.id,
            state=row.state,
            reason=row.reason,
            content_sha256=row.content_sha256,
            stamp=row.stamp,
            pipeline=row.pipeline,
            principals=readers.get(row.id, frozenset()),
            readable=row.id in live,
            members=tuple(members.get(row.id, ())),
            unconfirmed=row.id in lacking,
            metadata=row.source_metadata,
        )
        for row in session.scalars(select(DocumentTable).where(of_source))
    }


def _member_snapshots(
    session: Session, of_source: ColumnElement[bool]
) -> dict[int | None, list[MemberSnapshot]]:
    inner = aliased(DocumentTable)
    rows = select(inner.parent_id, inner.uri, inner.state, inner.reason).join(
        DocumentTable, DocumentTable.id == inner.parent_id
    )
    found: dict[int | None, list[MemberSnapshot]] = {}
    for parent, *about in session.execute(
        rows.where(of_source, inner.state != DocumentState.DELETED).order_by(inner.id)
    ):
        found.setdefault(parent, []).append(MemberSnapshot(*about))
    return found


def known_vectors(session: Session, uri: str, model_id: str) -> dict[str, bytes]:
    """Return the vectors of a document's chunks by their indexed text, to save embedding them again."""
    rows = session.execute(
        select(ChunkTable.context, ChunkTable.text, EmbeddingTable.vector)
        .join(EmbeddingTable, EmbeddingTable.chunk_id == ChunkTable.id)
        .join(DocumentTable, DocumentTable.id == ChunkTable.document_id)
        .where(DocumentTable.uri == uri, EmbeddingTable.model_id == model_id)
    )
    return {indexed_text(context, text): vector for context, text, vector in rows}
