"""The tables: the only truth.

Chunk rows belong to live versions, and to versions that wait behind a gate or are kept for a rollback
(`core.store.documents.gating`). The transaction that tombstones any other version deletes its chunks and
embeddings, so that a search cannot find a text that may no longer be read. The version's text stays,
for readers who open an older citation.
"""

from datetime import UTC, datetime
from typing import Any

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Text,
    UniqueConstraint,
    cast,
    func,
    or_,
    text,
)
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column
from sqlalchemy.types import DateTime, TypeDecorator

from core.values.documents import GateState

# The versions that an index is unique over; the condition of queries is LIVE.
_LIVE_SQL = "tombstoned_at IS NULL"

NAMING = {
    "ix": "ix_%(column_0_label)s",
    "uq": "uq_%(table_name)s_%(column_0_name)s",
    "fk": "fk_%(table_name)s_%(column_0_name)s_%(referred_table_name)s",
    "pk": "pk_%(table_name)s",
}


class UtcDateTime(TypeDecorator[datetime]):
    """A moment in UTC. SQLite drops time zones; this type restores them."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_result_value(self, value: datetime | None, dialect: object) -> datetime | None:
        """Return the stored moment as an aware datetime."""
        return value.replace(tzinfo=UTC) if value is not None and value.tzinfo is None else value


def cut(column: Any, start: Any, end: Any) -> ColumnElement[str]:
    """Return the characters of a text column from `start` to before `end`, 0-based."""
    # PostgreSQL's substr takes 32-bit integers only.
    return func.substr(column, cast(start, Integer) + 1, cast(end, Integer) - cast(start, Integer))


class Base(DeclarativeBase):
    """Base of all tables."""

    metadata = MetaData(naming_convention=NAMING)
    type_annotation_map = {  # noqa: RUF012 (read by SQLAlchemy)
        datetime: UtcDateTime(),
        bytes: LargeBinary(),
        int: BigInteger().with_variant(Integer(), "sqlite"),  # SQLite's own row id has to be an INTEGER
    }


class SourceTable(Base):
    """A source of documents: a folder, a server, or the uploads of one user."""

    __tablename__ = "source"

    id: Mapped[int] = mapped_column(primary_key=True)
    uri: Mapped[str] = mapped_column(String(2048), unique=True)
    kind: Mapped[str] = mapped_column(String(32))  # with `config`, enough to open it again
    config: Mapped[str] = mapped_column(Text)  # JSON
    cursor: Mapped[str] = mapped_column(Text)  # where its next listing continues
    scheduled: Mapped[bool]  # whether `vade sync` includes it without being given its name
    # The end of its permissions: from then on no one may read its documents. None: they do not expire.
    readers_until: Mapped[datetime | None]
    created_at: Mapped[datetime]


class DocumentTable(Base):
    """A document that a source lists or has listed.

    A file inside another one, such as an attachment, is a document too, with the permissions of the
    outermost file's document. `content_sha256`, `pipeline` and `state` decide whether it is read again.
    """

    __tablename__ = "document"

    id: Mapped[int] = mapped_column(primary_key=True)
    source_id: Mapped[int] = mapped_column(ForeignKey("source.id"), index=True)
    # The document of the outermost file around this one.
    parent_id: Mapped[int | None] = mapped_column(ForeignKey("document.id"), index=True)
    uri: Mapped[str] = mapped_column(String(4096), unique=True)
    title: Mapped[str] = mapped_column(Text)
    media_type: Mapped[str] = mapped_column(String(255))
    size_bytes: Mapped[int]
    state: Mapped[str] = mapped_column(String(32))
    reason: Mapped[str] = mapped_column(Text)  # why it could not be read
    content_sha256: Mapped[str] = mapped_column(String(64))  # of the content that was last tried
    # The source's mark of that content, such as an ETag: if it is the same, the content is not fetched.
    stamp: Mapped[str] = mapped_column(String(255))
    pipeline: Mapped[str] = mapped_column(String(255))  # the program and model that made its chunks
    source_metadata: Mapped[str] = mapped_column(Text, default="", server_default="")  # `Metadata.as_text`
    created_at: Mapped[datetime]
    updated_at: Mapped[datetime]


class SupersessionTable(Base):
    """A document's statement that it takes the place of another one, with a name of that one."""

    __tablename__ = "supersession"

    document_id: Mapped[int] = mapped_column(ForeignKey("document.id", ondelete="CASCADE"), primary_key=True)
    # Of the superseded document, in lower case: see `supersession.names_of`.
    name: Mapped[str] = mapped_column(String(4096), primary_key=True, index=True)


class VersionTable(Base):
    """One immutable state of a document; at most one of a document's versions is live.

    A version is live if it is not tombstoned. One that waits behind a gate stays tombstoned until it is
    promoted.
    """

    __tablename__ = "version"
    __table_args__ = (
        UniqueConstraint("document_id", "number"),
        Index(
            "uq_version_live",
            "document_id",
            unique=True,
            sqlite_where=text(_LIVE_SQL),
            postgresql_where=text(_LIVE_SQL),
        ),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    document_id: Mapped[int] = mapped_column(ForeignKey("document.id", ondelete="CASCADE"))
    number: Mapped[int]
    content_sha256: Mapped[str] = mapped_column(String(64))
    title: Mapped[str] = mapped_column(Text)
    text: Mapped[str] = mapped_column(Text, deferred=True)
    # `core.values.structure.packed_blocks`; None if an earlier program read it, which did not keep them.
    blocks: Mapped[bytes | None] = mapped_column(deferred=True)
    notices: Mapped[str] = mapped_column(Text, server_default="")  # of its parser, one line each
    file_metadata: Mapped[str] = mapped_column(Text, default="", server_default="")  # `Metadata.as_text`
    created_at: Mapped[datetime]
    tombstoned_at: Mapped[datetime | None]
    gate_state: Mapped[str] = mapped_column(String(16), server_default="plain", index=True)

    @property
    def is_live(self) -> bool:
        """Whether this version is in force; in queries, the condition is LIVE."""
        return self.tombstoned_at is None


LIVE: ColumnElement[bool] = VersionTable.tombstoned_at.is_(None)
"""The condition that a version is in force: a search finds the chunks of live versions only."""


STANDING: ColumnElement[bool] = or_(
    LIVE, VersionTable.gate_state.in_((GateState.WAITING, GateState.WITHDRAWN, GateState.FORMER))
)
"""The condition that a version is in force, or may still come into force."""


class PageTable(Base):
    """A page of a version: the offsets of its text, and a box for each character."""

    __tablename__ = "page"

    version_id: Mapped[int] = mapped_column(ForeignKey("version.id", ondelete="CASCADE"), primary_key=True)
    number: Mapped[int] = mapped_column(primary_key=True)
    start: Mapped[int]
    end: Mapped[int]
    width: Mapped[float]
    height: Mapped[float]
    boxes: Mapped[bytes] = mapped_column(deferred=True)


class ChunkTable(Base):
    """A chunk of a version. An id is never used twice, so that an index cannot confuse two chunks."""

    __tablename__ = "chunk"
    __table_args__ = (UniqueConstraint("version_id", "ordinal"), {"sqlite_autoincrement": True})

    id: Mapped[int] = mapped_column(primary_key=True)
    document_id: Mapped[int] = mapped_column(ForeignKey("document.id", ondelete="CASCADE"), index=True)
    version_id: Mapped[int] = mapped_column(ForeignKey("version.id", ondelete="CASCADE"))
    ordinal: Mapped[int]
    kind: Mapped[str] = mapped_column(String(16))
    start: Mapped[int]
    end: Mapped[int]
    page: Mapped[int | None]
    language: Mapped[str] = mapped_column(String(8), server_default="")
    context: Mapped[str] = mapped_column(Text)
    text: Mapped[str] = mapped_column(Text)


class EmbeddingTable(Base):
    """A chunk's vector by one model: `d` little-endian float32 of unit length."""

    __tablename__ = "embedding"

    chunk_id: Mapped[int] = mapped_column(ForeignKey("chunk.id", ondelete="CASCADE"), primary_key=True)
    model_id: Mapped[str] = mapped_column(String(255), primary_key=True)
    vector: Mapped[bytes]


class EmbedderTable(Base):
    """An embedder whose vectors are kept: of each leg the one in force, before it, or rolled back."""

    __tablename__ = "embedder"

    leg: Mapped[str] = mapped_column(String(16), primary_key=True, server_default="")  # empty: the first
    role: Mapped[str] = mapped_column(String(16), primary_key=True)  # `in_force`, `former`, `withdrawn`
    model_id: Mapped[str] = mapped_column(String(255))
    dimension: Mapped[int]
    config: Mapped[str] = mapped_column(Text)  # the settings that open it (JSON)
    languages: Mapped[str] = mapped_column(Text, server_default="")  # of its chunks, by blanks; empty: all
    weight: Mapped[float] = mapped_column(server_default="1")  # see `llm.legs`
    levels: Mapped[str] = mapped_column(Text, server_default="{}")  # its likenesses, once measured (JSON)
    since: Mapped[datetime]


class GoldenTable(Base):
    """A golden question: a question with its known answer, or one that has to be refused."""

    __tablename__ = "golden"

    id: Mapped[int] = mapped_column(primary_key=True)
    question: Mapped[str] = mapped_column(Text)
    answerable: Mapped[bool]
    answers: Mapped[str] = mapped_column(Text)  # a JSON list; one of them has to be in the cited text
    documents: Mapped[str] = mapped_column(Text)  # a JSON list; one of them has to be cited
    principals: Mapped[str] = mapped_column(Text)  # the asker's, as a JSON list
    created_at: Mapped[datetime]


class VerdictTable(Base):
    """The last result of the golden questions, for the candidate that `subject` names."""

    __tablename__ = "verdict"

    subject: Mapped[str] = mapped_column(String(16), primary_key=True)
    verdict: Mapped[str] = mapped_column(Text)  # JSON
    at: Mapped[datetime]


class GrantTable(Base):
    """A principal that may read a document. If a document has no grant, no one may read it."""

    __tablename__ = "document_grant"

    document_id: Mapped[int] = mapped_column(ForeignKey("document.id", ondelete="CASCADE"), primary_key=True)
    principal: Mapped[str] = mapped_column(String(320), primary_key=True, index=True)


class VersionGrantTable(Base):
    """A principal that may read a version, if it may also read the document.

    The grants of a version that is in force or at the gate follow the document: see `core.store.grants`.
    Those of an older version stay as they were at its end; one that was never in force has none.
    """

    __tablename__ = "version_grant"

    version_id: Mapped[int] = mapped_column(ForeignKey("version.id", ondelete="CASCADE"), primary_key=True)
    principal: Mapped[str] = mapped_column(String(320), primary_key=True)


class ChangeTable(Base):
    """An entry of the change log: this document's chunks or permissions have changed.

    For each row, a follower replaces its entries of that document by those that the database has now. So
    a row may be repeated, and a later row makes an earlier one harmless.
    """

    __tablename__ = "change"
    __table_args__ = ({"sqlite_autoincrement": True},)

    seq: Mapped[int] = mapped_column(primary_key=True)
    document_id: Mapped[int]
    at: Mapped[datetime]


class ErasureTable(Base):
    """The receipt of an erased document (JSON): what was removed and when."""

    __tablename__ = "erasure"

    id: Mapped[int] = mapped_column(primary_key=True)
    document_id: Mapped[int] = mapped_column(index=True)
    uri: Mapped[str] = mapped_column(String(4096))
    receipt: Mapped[str] = mapped_column(Text)
    at: Mapped[datetime]


class FollowerTable(Base):
    """An index that follows the change log: its generation in force, and the last change in it."""

    __tablename__ = "follower"

    name: Mapped[str] = mapped_column(String(64), primary_key=True)
    generation: Mapped[int]
    applied_seq: Mapped[int]
    updated_at: Mapped[datetime]


class JobTable(Base):
    """A job that outlives its worker; one row for each `kind` and `key`. A finished job has no row."""

    __tablename__ = "job"
    __table_args__ = (
        UniqueConstraint("kind", "key"),
        Index("ix_job_line", "state", "priority", "not_before"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    kind: Mapped[str] = mapped_column(String(16))
    key: Mapped[str] = mapped_column(String(4096))
    source_id: Mapped[int] = mapped_column(ForeignKey("source.id", ondelete="CASCADE"), index=True)
    run_id: Mapped[int | None]  # the run that asked for it
    state: Mapped[str] = mapped_column(String(16))
    priority: Mapped[int]  # higher goes first
    attempts: Mapped[int]
    not_before: Mapped[datetime]
    token: Mapped[int]  # grows with each lease, so that a worker with an older lease can write nothing
    owner: Mapped[str] = mapped_column(String(255))  # the worker that holds the lease
    leased_until: Mapped[datetime | None]
    stage: Mapped[str] = mapped_column(String(64))  # what the worker is doing
    cancel: Mapped[bool]  # whether the worker has been asked to stop
    reason: Mapped[str] = mapped_column(Text)  # why the last attempt failed
    payload: Mapped[str] = mapped_column(Text)  # what the worker has to know (JSON)
    created_at: Mapped[datetime]
    updated_at: Mapped[datetime]


class RunTable(Base):
    """A synchronization of a source: its times, its outcome and its report."""

    __tablename__ = "run"

    id: Mapped[int] = mapped_column(primary_key=True)
    source_id: Mapped[int] = mapped_column(ForeignKey("source.id", ondelete="CASCADE"), index=True)
    state: Mapped[str] = mapped_column(String(16))
    reason: Mapped[str] = mapped_column(Text)
    report: Mapped[str] = mapped_column(Text, deferred=True)  # JSON
    started_at: Mapped[datetime]
    finished_at: Mapped[datetime | None]
