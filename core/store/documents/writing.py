"""Documents and versions as ingestion writes them; every function works inside the caller's transaction.

Each function that changes what a search may find also writes a row of the change log in the same
transaction, so that no follower can miss the change.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from sqlalchemy import ColumnElement, Select, and_, delete, func, insert, or_, select, true, update
from sqlalchemy.orm import Session

from core.errors import NotFoundError
from core.store.documents.snapshot import DocumentSnapshot
from core.store.documents.supersession import write_supersession
from core.store.grants import (
    confirm_version_readers,
    drop_version_readers,
    grant_version,
    narrow_version_readers,
    replace_readers,
)
from core.store.jobs import DOCUMENT, forget
from core.store.tables import (
    LIVE,
    ChangeTable,
    ChunkTable,
    DocumentTable,
    EmbeddingTable,
    PageTable,
    VersionTable,
)
from core.values.documents import Chunk, DocumentState, GateState, ParsedDocument
from core.values.metadata import NONE, Metadata
from core.values.structure import packed_blocks

READ = frozenset({DocumentState.SEARCHABLE, DocumentState.HELD})
"""The states of a document that was read successfully."""

_ANY = true()
_SETTLED = READ | {DocumentState.FAILED, DocumentState.QUARANTINED}


@dataclass(frozen=True, slots=True, kw_only=True)
class Fetched:
    """The content of a document as its source delivered it."""

    uri: str
    content_sha256: str
    size_bytes: int
    stamp: str
    """The source's mark of the content, such as an ETag."""
    pipeline: str
    """The program and model that make chunks of it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PreparedVersion:
    """A new version of a document, ready to be written in one transaction."""

    parsed: ParsedDocument
    chunks: Sequence[Chunk]
    vectors: Mapping[str, Sequence[bytes | None]]
    """The embedding of each chunk, in their order, by the model: `d` little-endian float32 of unit length.

    It is None where the model does not embed the chunk's language."""


def find_document(session: Session, uri: str) -> DocumentTable | None:
    """Return the document at `uri` in any state; None if there is none."""
    return session.scalar(select(DocumentTable).where(DocumentTable.uri == uri))


def is_settled(known: DocumentSnapshot | DocumentTable | None, file: Fetched) -> bool:
    """Return whether this content was processed by this pipeline before, successfully or not."""
    return (
        known is not None
        and known.state in _SETTLED
        and (known.content_sha256, known.pipeline) == (file.content_sha256, file.pipeline)
    )


def see(
    session: Session, source: int, uri: str, name: str, principals: frozenset[str], metadata: Metadata = NONE
) -> int:
    """Write a document that a source lists, with its readers and metadata; return its id."""
    document = find_document(session, uri)
    now = datetime.now(UTC)
    if document is None:
        document = DocumentTable(
            uri=uri, media_type="", size_bytes=0, content_sha256="", stamp="", pipeline="", created_at=now
        )
        session.add(document)
    if document.state in {None, DocumentState.DELETED}:
        document.state, document.reason, document.title = DocumentState.SEEN, "", name
        document.content_sha256 = document.stamp = document.pipeline = ""
        document.updated_at = now
    document.source_id = source
    session.flush()
    update_grants(session, document.id, principals)
    update_metadata(session, document.id, metadata)
    return document.id


def commit_version(session: Session, file: Fetched, new: PreparedVersion, hold: bool = False) -> bool:
    """Write a new version of a listed document and tombstone the one before; return whether it waits.

    With `hold`, or if an earlier version of the document is waiting behind a gate, the new version waits
    too, and the one before stays in force.

    Raises: NotFoundError if the document is not in the database.
    """
    document = _record(session, file, DocumentState.SEARCHABLE, "")
    is_live = session.scalar(_of(document.id, LIVE)) is not None
    waits = VersionTable.gate_state.in_((GateState.WAITING, GateState.WITHDRAWN))
    if not (hold or session.scalar(_of(document.id, waits)) is not None):
        document.title, document.media_type = new.parsed.title, new.parsed.media_type
        number = _retire_versions(session, document.id) + 1
        _write_version(session, document.id, number, file.content_sha256, new)
        _log_change(session, document.id)
        return False
    if not is_live:  # its title stays the listed name: what waits is not shown
        document.state = DocumentState.HELD
    document.media_type = new.parsed.media_type
    number = _retire_versions(session, document.id, waits) + 1
    _write_version(session, document.id, number, file.content_sha256, new, GateState.WAITING)
    return True


def commit_failure(
    session: Session, file: Fetched, reason: str, state: DocumentState = DocumentState.FAILED
) -> None:
    """Store the reason why a document cannot be read. A version that was read before stays searchable."""
    _record(session, file, state, reason)


def commit_unchanged(session: Session, file: Fetched) -> None:
    """Store the new stamp of a document whose content has not changed, and confirm its readers."""
    document = find_document(session, file.uri)
    if document is not None:
        document.stamp = file.stamp
        session.flush()
        confirm_grants(session, document.id)


def update_grants(session: Session, document_id: int, principals: frozenset[str]) -> bool:
    """Make `principals` the readers of a document and of its members.

    Who loses a permission loses it for every version at once. Who gains one may read no version before
    the source says that it still has this content: then `confirm_grants`. Until then the file may have
    been changed for the new readers.

    Returns whether the document's own readers have changed.
    """
    for member in session.scalars(select(DocumentTable.id).where(DocumentTable.parent_id == document_id)):
        _update_grants(session, member, principals)
    return _update_grants(session, document_id, principals)


def confirm_grants(session: Session, document_id: int) -> None:
    """Give the versions that have the source's present content the readers of the document.

    The same for its members. To be called once the source has said that the content is what it was.
    """
    family = or_(DocumentTable.id == document_id, DocumentTable.parent_id == document_id)
    for number in session.scalars(select(DocumentTable.id).where(family)).all():
        _confirm_grants(session, number)


def update_metadata(session: Session, document_id: int, metadata: Metadata) -> None:
    """Make `metadata` the source's metadata of a document and of its members."""
    raw = metadata.as_text()
    family = or_(DocumentTable.id == document_id, DocumentTable.parent_id == document_id)
    for document in session.scalars(
        select(DocumentTable).where(family, DocumentTable.source_metadata != raw)
    ).all():
        document.source_metadata = raw
        session.flush()
        write_supersession(session, document.id)
        if _has_chunks(session, document.id):
            _log_change(session, document.id)


def _update_grants(session: Session, document_id: int, principals: frozenset[str]) -> bool:
    if not replace_readers(session, document_id, principals):
        return False
    narrow_version_readers(session, document_id, principals)
    if _has_chunks(session, document_id):
        _log_change(session, document_id)
    return True


def _confirm_grants(session: Session, document_id: int) -> None:
    if confirm_version_readers(session, document_id) and _has_chunks(session, document_id):
        _log_change(session, document_id)


def _has_chunks(session: Session, document_id: int) -> bool:
    chunks = select(ChunkTable.id).where(ChunkTable.document_id == document_id)
    return session.scalar(chunks.limit(1)) is not None


def tombstone(session: Session, document_id: int) -> None:
    """Delete a document and its members: they are unsearchable once this transaction is committed.

    Their jobs are removed, so that a worker on one of them can write nothing.
    """
    inside = and_(DocumentTable.parent_id == document_id, DocumentTable.state != DocumentState.DELETED)
    for member in session.scalars(select(DocumentTable.id).where(inside)).all():
        _tombstone(session, member)
    _tombstone(session, document_id)


def _tombstone(session: Session, document_id: int) -> None:
    _retire_versions(session, document_id)
    uris = select(DocumentTable.uri).where(DocumentTable.id == document_id)
    forget(session, DOCUMENT, session.scalars(uris).all())
    session.execute(
        update(DocumentTable)
        .where(DocumentTable.id == document_id)
        .values(state=DocumentState.DELETED, reason="", updated_at=datetime.now(UTC))
    )
    _log_change(session, document_id)


def _record(session: Session, file: Fetched, state: DocumentState, reason: str) -> DocumentTable:
    document = find_document(session, file.uri)
    if document is None:
        raise NotFoundError(f"{file.uri} is not in the database")
    document.size_bytes, document.stamp = file.size_bytes, file.stamp
    document.content_sha256, document.pipeline = file.content_sha256, file.pipeline
    document.state, document.reason, document.updated_at = state, reason, datetime.now(UTC)
    session.flush()
    _confirm_grants(session, document.id)
    return document


def _retire_versions(session: Session, document_id: int, which: ColumnElement[bool] = _ANY) -> int:
    """Tombstone versions and drop their chunks; return the document's highest version number so far."""
    gone = [VersionTable.document_id == document_id, which]
    versions = select(VersionTable.id).where(*gone)
    session.execute(delete(ChunkTable).where(ChunkTable.version_id.in_(versions)))
    drop_version_readers(
        session, *gone, VersionTable.gate_state.in_((GateState.WAITING, GateState.WITHDRAWN))
    )
    ended = func.coalesce(VersionTable.tombstoned_at, datetime.now(UTC))
    session.execute(
        update(VersionTable)
        .where(*gone)
        .values(tombstoned_at=ended, gate_state=GateState.PLAIN)
        .execution_options(synchronize_session=False)
    )
    numbers = select(func.max(VersionTable.number)).where(VersionTable.document_id == document_id)
    return session.scalar(numbers) or 0


def _of(document_id: int, which: ColumnElement[bool]) -> Select[int]:
    return select(VersionTable.id).where(VersionTable.document_id == document_id, which).limit(1)


def _write_version(
    session: Session,
    document_id: int,
    number: int,
    content_sha256: str,
    new: PreparedVersion,
    gate_state: GateState = GateState.PLAIN,
) -> None:
    now = datetime.now(UTC)
    version = VersionTable(
        document_id=document_id,
        number=number,
        content_sha256=content_sha256,
        title=new.parsed.title,
        text=new.parsed.text,
        blocks=packed_blocks(new.parsed.blocks),
        notices="\n".join(new.parsed.notices),
        file_metadata=new.parsed.metadata.as_text(),
        created_at=now,
        tombstoned_at=None if gate_state is GateState.PLAIN else now,
        gate_state=gate_state,
    )
    session.add(version)
    session.flush()
    grant_version(session, document_id, version.id)
    write_supersession(session, document_id)
    _insert(
        session,
        PageTable,
        (
            {
                "version_id": version.id,
                "number": page.number,
                "start": page.start,
                "end": page.end,
                "width": page.width,
                "height": page.height,
                "boxes": page.boxes,
            }
            for page in new.parsed.pages
        ),
    )
    ids = session.scalars(
        insert(ChunkTable).returning(ChunkTable.id, sort_by_parameter_order=True),
        [_chunk_row(chunk, document_id, version.id) for chunk in new.chunks],
    ).all()
    _insert(
        session,
        EmbeddingTable,
        (
            {"chunk_id": chunk_id, "model_id": model_id, "vector": vector}
            for model_id, vectors in new.vectors.items()
            for chunk_id, vector in zip(ids, vectors, strict=True)
            if vector is not None
        ),
    )


def _chunk_row(chunk: Chunk, document_id: int, version_id: int) -> dict[str, object]:
    return {
        "document_id": document_id,
        "version_id": version_id,
        "ordinal": chunk.ordinal,
        "kind": chunk.kind,
        "start": chunk.start,
        "end": chunk.end,
        "page": chunk.page,
        "language": chunk.language,
        "context": chunk.context,
        "text": chunk.text,
    }


def _insert(session: Session, table: type, rows: Iterable[dict[str, object]]) -> None:
    if values := list(rows):
        session.execute(insert(table), values)


def _log_change(session: Session, document_id: int) -> None:
    session.add(ChangeTable(document_id=document_id, at=datetime.now(UTC)))
