"""Documents as an asker reads them: each use case is bound to the asker's scope."""

from collections.abc import Sequence
from dataclasses import dataclass

from core.store.database import Database
from core.store.documents import reading
from core.store.documents.reading import CitedText, DocumentEntry
from core.values.search import AccessScope


@dataclass(frozen=True, slots=True)
class DocumentPage:
    """A page of a list of documents; the next page begins behind the id `next`, if there is one."""

    entries: Sequence[DocumentEntry]
    next: int | None


def list_documents(database: Database, scope: AccessScope, after: int, limit: int) -> DocumentPage:
    """Return at most `limit` documents that the asker may read, in order of id, those behind `after`."""
    with database.reading() as session:
        entries = reading.list_documents(session, scope, after, limit)
    return DocumentPage(entries, entries[-1].id if len(entries) == limit else None)


def read_document(database: Database, scope: AccessScope, document_id: int) -> DocumentEntry:
    """Return one document's entry. Raises: NotFoundError if the asker may not read it."""
    with database.reading() as session:
        return reading.read_document(session, scope, document_id)


def read_cited_text(
    database: Database, scope: AccessScope, document_id: int, version: int, span: tuple[int, int]
) -> CitedText:
    """Return the page that holds `span`, parted at the span.

    Raises: NotFoundError if the asker may not read the document, or version or span do not exist.
    """
    with database.reading() as session:
        return reading.read_cited_text(session, scope, document_id, version, span)
