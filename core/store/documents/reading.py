"""Documents as an asker may read them: every query here is bound to a scope.

An index may be stale. A hit counts only if these queries find it again, so they have the last word.
"""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from sqlalchemy import Row, Select, and_, case, func, or_, select
from sqlalchemy.orm import Session, aliased

from core.errors import NotFoundError
from core.store.documents.scoping import readable, version_granted, version_readable
from core.store.documents.sections import Neighbourhood, widened
from core.store.tables import (
    LIVE,
    ChunkTable,
    DocumentTable,
    PageTable,
    VersionTable,
)
from core.values.answers import Passage
from core.values.documents import BlockKind, DocumentState, GateState
from core.values.metadata import known_metadata
from core.values.search import AccessScope, Hit

# Ids bound in one statement; SQLite takes 32,766.
_IDS_AT_ONCE = 1000
# Characters shown on either side of a span in a document without pages.
_AROUND = 1500


@dataclass(frozen=True, slots=True, kw_only=True)
class DocumentEntry:
    """A document as a list shows it."""

    id: int
    uri: str
    title: str
    media_type: str
    size_bytes: int
    state: str
    reason: str
    """Why it could not be read; otherwise empty."""
    version: int
    """The number of its live version; 0 without one."""
    updated_at: datetime
    parent: int | None
    """The id of the document around it, if it is a file inside another one."""
    notices: tuple[str, ...]
    """Remarks on how the live version was read."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CitedText:
    """A cited span of a version, with the text around it."""

    document_id: int
    uri: str
    title: str
    version: int
    current: bool
    """Whether that version is still live."""
    page: int | None
    """The 1-based page of the span; None for a format without pages."""
    before: str
    """The text in front of the span."""
    quote: str
    """The text of the span."""
    after: str
    """The text behind the span."""


def read_passages(
    session: Session, hits: Sequence[Hit], scope: AccessScope, waiting: bool = False
) -> list[Passage]:
    """Return the hits that are live and readable, best first; `placed` adds their neighbours and pages.

    With `waiting`, versions that wait behind a gate count as live.
    """
    rows = {
        row.id: row
        for ids in _batches([hit.chunk_id for hit in hits])
        for row in _chunks(session, ids, scope, waiting)
    }
    return [_passage(rows[hit.chunk_id], hit) for hit in hits if hit.chunk_id in rows]


def placed(session: Session, passages: Sequence[Passage], scope: AccessScope, reach: int) -> list[Passage]:
    """Return the passages of `read_passages`, each widened, with its blocks and all its pages.

    With a `reach`, a passage gets its neighbours: the chunks of the same version, at most `reach` places
    away and under the same headings; then the rest of its section, if that is not too long. A table row is
    not widened. A passage that was removed meanwhile, or that the asker may no longer read, stays as it was
    read.
    """
    if reach:
        near = _neighbourhoods(session, [one.chunk_id for one in passages], scope, reach)
        passages = widened(passages, near, _texts(session, {one.version_id for one in near.values()}, scope))
    return [replace(one, pages=_pages(session, one, scope)) if one.pages else one for one in passages]


def list_documents(session: Session, scope: AccessScope, after: int, limit: int) -> list[DocumentEntry]:
    """Return readable documents with an id over `after`, in order of id, deleted ones left out.

    A document whose version in force the asker may not read is left out too: its title is that version's.
    """
    statement = (
        _document_entries(scope).where(DocumentTable.id > after).order_by(DocumentTable.id).limit(limit)
    )
    return [_entry(row) for row in session.execute(statement)]


def read_document(session: Session, scope: AccessScope, document_id: int) -> DocumentEntry:
    """Return one readable document.

    Raises: NotFoundError if it does not exist, and also if the asker may not read it, so that the error
        does not reveal which.
    """
    row = session.execute(_document_entries(scope).where(DocumentTable.id == document_id)).first()
    if row is None:
        raise NotFoundError()
    return _entry(row)


def find_document_id(session: Session, scope: AccessScope, uri: str) -> int | None:
    """Return the id of a readable document by its URI; None if it does not exist or may not be read."""
    row = session.execute(_document_entries(scope).where(DocumentTable.uri == uri)).first()
    return row.id if row else None


def read_cited_text(
    session: Session, scope: AccessScope, document_id: int, version: int, span: tuple[int, int]
) -> CitedText:
    """Return the page around `span`, parted at the span; without pages, the text around it.

    Raises: NotFoundError if the asker may not read the document or that version, if the version waits
        behind a gate or is kept for a rollback, or if version or span do not exist.
    """
    found = session.execute(
        select(DocumentTable.uri, VersionTable)
        .join(VersionTable, VersionTable.document_id == DocumentTable.id)
        .where(
            DocumentTable.id == document_id,
            VersionTable.number == version,
            DocumentTable.state != DocumentState.DELETED,
            readable(scope),
            version_readable(scope),
        )
    ).first()
    if found is None:
        raise NotFoundError()
    uri, row = found
    start, end = span
    if not 0 <= start < end <= len(row.text):
        raise NotFoundError()
    page, first, last = _surroundings(session, row, start, end)
    return CitedText(
        document_id=document_id,
        uri=uri,
        title=row.title,
        version=version,
        current=row.is_live,
        page=page,
        before=row.text[first:start],
        quote=row.text[start:end],
        after=row.text[end:last],
    )


def is_readable(session: Session, scope: AccessScope, name: str) -> bool:
    """Return whether the asker may read a document in force whose URI is `name` or ends with `/name`."""
    ending = f"/{name}"
    last = func.substr(DocumentTable.uri, func.length(DocumentTable.uri) - len(ending) + 1)
    named = or_(DocumentTable.uri == name, last == ending)
    return session.execute(_document_entries(scope).where(LIVE, named).limit(1)).first() is not None


def count_documents(session: Session, scope: AccessScope) -> int:
    """Return how many searchable documents the asker may read."""
    counted = (
        select(func.count())
        .select_from(DocumentTable)
        .join(VersionTable, and_(VersionTable.document_id == DocumentTable.id, LIVE))
        .where(DocumentTable.state == DocumentState.SEARCHABLE, readable(scope), version_granted(scope))
    )
    return session.scalar(counted) or 0


def _document_entries(scope: AccessScope) -> Select[*tuple[Any, ...]]:
    return (
        select(
            DocumentTable.id,
            DocumentTable.uri,
            DocumentTable.title,
            DocumentTable.media_type,
            DocumentTable.size_bytes,
            DocumentTable.state,
            DocumentTable.reason,
            func.coalesce(VersionTable.number, 0).label("version"),
            DocumentTable.updated_at,
            DocumentTable.parent_id.label("parent"),
            func.coalesce(VersionTable.notices, "").label("notices"),
        )
        .outerjoin(VersionTable, and_(VersionTable.document_id == DocumentTable.id, LIVE))
        .where(
            DocumentTable.state != DocumentState.DELETED,
            readable(scope),
            or_(VersionTable.id.is_(None), version_granted(scope)),
        )
    )


def _entry(row: Row[Any]) -> DocumentEntry:
    return DocumentEntry(**{**row._mapping, "notices": tuple(row.notices.splitlines())})


def _batches(ids: Sequence[int]) -> Iterable[Sequence[int]]:
    return (ids[first : first + _IDS_AT_ONCE] for first in range(0, len(ids), _IDS_AT_ONCE))


def _chunks(session: Session, ids: Sequence[int], scope: AccessScope, waiting: bool) -> Sequence[Any]:
    shown = or_(LIVE, VersionTable.gate_state == GateState.WAITING) if waiting else LIVE
    return session.execute(
        select(
            ChunkTable.id,
            ChunkTable.document_id,
            ChunkTable.version_id,
            ChunkTable.ordinal,
            ChunkTable.kind,
            ChunkTable.start,
            ChunkTable.end,
            ChunkTable.page,
            ChunkTable.language,
            ChunkTable.context,
            ChunkTable.text,
            DocumentTable.uri,
            VersionTable.title,
            VersionTable.number,
            VersionTable.file_metadata,
            DocumentTable.source_metadata,
        )
        .join(DocumentTable, DocumentTable.id == ChunkTable.document_id)
        .join(VersionTable, VersionTable.id == ChunkTable.version_id)
        .where(
            ChunkTable.id.in_(ids),
            shown,
            DocumentTable.state != DocumentState.DELETED,
            readable(scope),
            version_granted(scope),
        )
    ).all()


def _passage(row: Any, hit: Hit) -> Passage:
    """Return a chunk as a passage, with only the first of its pages."""
    return Passage(
        chunk_id=row.id,
        document_id=row.document_id,
        uri=row.uri,
        title=row.title,
        version=row.number,
        context=row.context,
        text=row.text,
        start=row.start,
        chunk_start=row.start,
        chunk_end=row.end,
        score=hit.score,
        likeness=hit.likeness,
        kind=BlockKind(row.kind),
        pages=((row.start, row.page),) if row.page is not None else (),
        language=row.language,
        metadata=known_metadata(row.file_metadata, row.source_metadata),
    )


def _pages(session: Session, passage: Passage, scope: AccessScope) -> tuple[tuple[int, int], ...]:
    pages = session.execute(
        select(PageTable.start, PageTable.number)
        .join(ChunkTable, ChunkTable.version_id == PageTable.version_id)
        .join(DocumentTable, DocumentTable.id == ChunkTable.document_id)
        .join(VersionTable, VersionTable.id == ChunkTable.version_id)
        .where(
            ChunkTable.id == passage.chunk_id,
            PageTable.start < passage.end,
            PageTable.end >= passage.start,
            readable(scope),
            version_granted(scope),
        )
        .order_by(PageTable.number)
    )
    return tuple((start, number) for start, number in pages) or passage.pages


def _neighbourhoods(
    session: Session, chunk_ids: Sequence[int], scope: AccessScope, reach: int
) -> dict[int, Neighbourhood]:
    """Return, by chunk id, the version and the offsets of a chunk with its neighbours."""
    near = aliased(ChunkTable)
    far = case((ChunkTable.kind == BlockKind.ROW, 0), else_=reach)
    rows = session.execute(
        select(ChunkTable.id, ChunkTable.version_id, func.min(near.start), func.max(near.end))
        .join(
            near,
            and_(
                near.version_id == ChunkTable.version_id,
                near.ordinal.between(ChunkTable.ordinal - far, ChunkTable.ordinal + far),
                near.context == ChunkTable.context,
            ),
        )
        .join(DocumentTable, DocumentTable.id == ChunkTable.document_id)
        .join(VersionTable, VersionTable.id == ChunkTable.version_id)
        .where(ChunkTable.id.in_(chunk_ids), readable(scope), version_granted(scope))
        .group_by(ChunkTable.id, ChunkTable.version_id)
    )
    return {chunk_id: Neighbourhood(*about) for chunk_id, *about in rows}


def _texts(
    session: Session, version_ids: Iterable[int], scope: AccessScope
) -> dict[int, tuple[str, bytes | None]]:
    """Return, by version id, the text of a version and its blocks as they are kept."""
    rows = session.execute(
        select(VersionTable.id, VersionTable.text, VersionTable.blocks)
        .join(DocumentTable, DocumentTable.id == VersionTable.document_id)
        .where(VersionTable.id.in_(list(version_ids)), readable(scope), version_granted(scope))
    )
    return {number: (text, blocks) for number, text, blocks in rows}


def _surroundings(
    session: Session, version: VersionTable, start: int, end: int
) -> tuple[int | None, int, int]:
    page = session.scalars(
        select(PageTable)
        .where(PageTable.version_id == version.id, PageTable.start <= start, PageTable.end >= start)
        .order_by(PageTable.number.desc())
    ).first()
    if page is not None:
        return page.number, page.start, max(page.end, end)
    first, last = max(0, start - _AROUND), min(len(version.text), end + _AROUND)
    if first:  # prefer whole lines
        first = max(first, version.text.find("\n", first, start) + 1)
    if last < len(version.text):
        last = max(version.text.rfind("\n", end, last), end) if "\n" in version.text[end:last] else last
    return None, first, last


def chunk_languages(session: Session, chunk_ids: Collection[int], scope: AccessScope) -> dict[int, str]:
    """Return the languages of readable chunks by id (ISO 639-1), empty if not clear; waiting ones too."""
    rows = (
        select(ChunkTable.id, ChunkTable.language)
        .join(DocumentTable, DocumentTable.id == ChunkTable.document_id)
        .join(VersionTable, VersionTable.id == ChunkTable.version_id)
        .where(ChunkTable.id.in_(chunk_ids), readable(scope), version_granted(scope))
    )
    return {chunk_id: language for chunk_id, language in session.execute(rows)}  # noqa: C416 (mypy)
