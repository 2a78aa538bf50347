"""The values by which an asker can filter a search: those of the documents that they may read."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import Row, select
from sqlalchemy.orm import Session

from core.store.documents.scoping import readable, version_granted
from core.store.tables import LIVE, ChunkTable, DocumentTable, SourceTable, VersionTable
from core.text.labels import ending_of
from core.values.documents import DocumentState
from core.values.metadata import known_metadata
from core.values.search import AccessScope

# The documents looked at, the newest ones; the values are for an error's message.
_MOST_DOCUMENTS = 10_000


@dataclass(frozen=True, slots=True, kw_only=True)
class FilterValues:
    """The values that documents have, as they are written there."""

    words: dict[str, frozenset[str]]
    """By kind, as in `SearchFilter.named`; of a type the file ending, or the media type without one."""
    first: date | None
    """The first day of a document; None without documents."""
    last: date | None
    """The last day of a document."""


def filter_values(session: Session, scope: AccessScope) -> FilterValues:
    """Return the values of the newest documents that `scope` may read."""
    newest = (
        select(VersionTable.id)
        .join(DocumentTable, DocumentTable.id == VersionTable.document_id)
        .where(LIVE, DocumentTable.state != DocumentState.DELETED, readable(scope), version_granted(scope))
        .order_by(VersionTable.id.desc())
        .limit(_MOST_DOCUMENTS)
        .subquery()
    )
    rows = session.execute(
        select(
            VersionTable.file_metadata,
            VersionTable.created_at,
            DocumentTable.source_metadata,
            DocumentTable.uri,
            DocumentTable.media_type,
            SourceTable.uri.label("source"),
        )
        .join(newest, newest.c.id == VersionTable.id)
        .join(DocumentTable, DocumentTable.id == VersionTable.document_id)
        .join(SourceTable, SourceTable.id == DocumentTable.source_id)
    ).all()
    spoken = select(ChunkTable.language).join(newest, newest.c.id == ChunkTable.version_id).distinct()
    return _values(rows, frozenset(filter(None, session.scalars(spoken))))


def _values(rows: Sequence[Row[*tuple[Any, ...]]], languages: frozenset[str]) -> FilterValues:
    words: dict[str, set[str]] = {kind: set() for kind in ("source", "type", "tag", "device")}
    days = set()
    for row in rows:
        metadata = known_metadata(row.file_metadata, row.source_metadata)
        words["source"].add(row.source)
        words["type"].add(ending_of(row.uri) or row.media_type)
        words["tag"].update(metadata.tags)
        words["device"].update(metadata.devices)
        days.add(metadata.day or metadata.changed or row.created_at.date())
    return FilterValues(
        words={**{kind: frozenset(each) for kind, each in words.items()}, "language": languages},
        first=min(days, default=None),
        last=max(days, default=None),
    )
