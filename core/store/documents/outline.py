"""The outline of a document: the chunks that show its head, its sections and the key rows of its tables."""

import re
from collections.abc import Sequence
from itertools import groupby
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from core.store.documents.scoping import readable, version_granted
from core.store.tables import LIVE, ChunkTable, DocumentTable, VersionTable
from core.values.documents import BlockKind, DocumentState
from core.values.search import AccessScope

# Rows of a table at the head of a document: number, revision, owner, day.
_HEAD_ROWS = 5
_TOTAL = re.compile(r"\W*(?:(?:grand |sub)?total|sum|result|balance)\b|\W*(?:合计|总计|小计)", re.IGNORECASE)


def outline_chunks(session: Session, document_id: int, scope: AccessScope) -> list[int]:
    """Return ids of chunks of the version in force, in reading order; none if the asker may not read it.

    They are the first rows of a table at the beginning, the first chunk of each section or table, and rows
    with a total.
    """
    rows = session.execute(
        select(ChunkTable.id, ChunkTable.kind, ChunkTable.context, ChunkTable.text)
        .join(DocumentTable, DocumentTable.id == ChunkTable.document_id)
        .join(VersionTable, VersionTable.id == ChunkTable.version_id)
        .where(
            ChunkTable.document_id == document_id,
            LIVE,
            DocumentTable.state != DocumentState.DELETED,
            readable(scope),
            version_granted(scope),
        )
        .order_by(ChunkTable.ordinal)
    ).all()
    chosen: list[int] = []
    for (kind, _), of_section in groupby(rows, key=lambda row: (row.kind, row.context)):
        chosen += _shown(list(of_section), kind == BlockKind.ROW, _HEAD_ROWS if not chosen else 1)
    return chosen


def _shown(chunks: Sequence[Any], are_rows: bool, first: int) -> list[int]:
    """Return the chunks of one section or table that show it."""
    if not are_rows:
        return [chunk.id for chunk in chunks]
    return [chunk.id for place, chunk in enumerate(chunks) if place < first or _TOTAL.match(chunk.text)]
