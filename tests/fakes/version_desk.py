"""One source whose documents are listed, written and read by version, without a pipeline."""

from datetime import UTC, datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from core.errors import NotFoundError
from core.store.database import Database
from core.store.documents.reading import count_documents, list_documents, read_cited_text, read_passages
from core.store.documents.writing import (
    Fetched,
    PreparedVersion,
    commit_version,
    confirm_grants,
    find_document,
    see,
    update_grants,
)
from core.store.tables import ChunkTable, SourceTable
from core.values.documents import BlockKind, Chunk, ParsedDocument
from core.values.search import AccessScope, Hit

URI = "fake:shelf/pay.md"


def file(content: str, uri: str = URI) -> Fetched:
    return Fetched(uri=uri, content_sha256=content, size_bytes=1, stamp=content, pipeline="1")


def version(text: str) -> PreparedVersion:
    chunk = Chunk(ordinal=0, kind=BlockKind.PARAGRAPH, start=0, end=len(text), text=text)
    parsed = ParsedDocument(title=f"On {text}", text=text, blocks=())
    return PreparedVersion(parsed=parsed, chunks=[chunk], vectors={"m": [b"\0\0\x80?"]})


def add_source(session: Session) -> int:
    source = SourceTable(
        uri="fake:shelf", kind="", config="{}", cursor="", scheduled=False, created_at=datetime.now(UTC)
    )
    session.add(source)
    session.flush()
    return source.id


class Desk:
    """One source with documents, as a run over it writes them."""

    def __init__(self, url: str) -> None:
        self.database = Database(url)
        self.database.migrate()
        with self.database.writing() as session:
            self.source = add_source(session)

    def list_(self, *readers: str, uri: str = URI) -> None:
        """List a document whose content may have changed."""
        with self.database.writing() as session:
            see(session, self.source, uri, "pay.md", frozenset(readers))

    def commit(self, content: str, hold: bool = False) -> None:
        with self.database.writing() as session:
            commit_version(session, file(content), version(content), hold)

    def keep(self, *readers: str) -> None:
        """List a document whose content the source knows to be the same."""
        with self.database.writing() as session:
            document = find_document(session, URI)
            assert document is not None
            update_grants(session, document.id, frozenset(readers))
            confirm_grants(session, document.id)

    def reads(self, scope: AccessScope, number: int, uri: str = URI) -> bool:
        with self.database.reading() as session:
            document = find_document(session, uri)
            assert document is not None
            try:
                return bool(read_cited_text(session, scope, document.id, number, (0, 1)))
            except NotFoundError:
                return False

    def shown(self, scope: AccessScope) -> tuple[set[int], int, int]:
        """Return the versions whose chunks are given, the number of listed documents, and their count."""
        with self.database.reading() as session:
            chunks = [Hit(chunk_id, 1.0) for chunk_id in session.scalars(select(ChunkTable.id))]
            found = {passage.version for passage in read_passages(session, chunks, scope)}
            return found, len(list_documents(session, scope, 0, 9)), count_documents(session, scope)
