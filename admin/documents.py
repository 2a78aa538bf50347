"""Documents as the operator sees them: their state and their readers, none of their text."""

from core.store.database import Database
from core.store.documents.overview import DocumentOverview, overview_of


def show_document(database: Database, uri: str) -> DocumentOverview:
    """Return the state, the readers and the members of a document. Raises: NotFoundError."""
    with database.reading() as session:
        return overview_of(session, uri)
