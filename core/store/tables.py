"""The tables: the only truth.

Chunk rows are those of live versions, and of versions that wait behind a gate or are kept to go back
to (`core.store.documents.gating`): the transaction that tombstones any other version deletes its chunks and
embeddings, so that what cannot be read any more cannot be found any more. The version's text stays,
for those who open an older citation.
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
    text,
)
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column
from sqlalchemy.types import DateTime, TypeDecorator

# The versions that an index is unique over; the condition of queries is LIVE.
_LIVE_SQL = "tombstoned_at IS NULL"

NAMING = {
    "ix": "ix_%(column_0_label)s",
    "uq": "uq_%(table_name)s_%(column_0_name)s",
    "fk": "fk_%(table_name)s_%(column_0_name)s_%(referred_table_name)s",
    "pk": "pk_%(table_name)s",
}


class UtcDateTime(TypeDecorator[datetime]):
    """A moment in UTC; SQLite forgets time zones, this gives them back."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_result_value(self, value: datetime | None, dialect: object) -> datetime | None:
        """Return the stored moment as an aware datetime."""
        return value.replace(tzinfo=UTC) if value is not None and value.tzinfo is None else value


def cut(column: Any, start: Any, end: Any) -> ColumnElement[str]:
    """Return the characters of a text column from `start` to before `end`, 0-based."""
    # PostgreSQL cuts by its smaller integers only.
    return func.substr(column, cast(start, Integer) + 1, cast(end, Integer) - cast(start, Integer))


class Base(DeclarativeBase):
    """Base of all tables."""

    metadata = MetaData(naming_convention=NAMING)
    type_annotation_map = {  # noqa: RUF012 (read by SQLAlchemy)
        datetime: UtcDateTime(),
        bytes: LargeBinary(),
        int: BigInteger().with_variant(Integer(), "sqlite"),  # only INTEGER may be SQLite's own row id
    }


class SourceTable(Base):
    """Where documents come from: a folder, a server, or the uploads of one user.

    `kind` and `config` (JSON) open it again, `cursor` is where its next listing goes on. `scheduled`
    sources take part in `vade sync` without being named. From `readers_until` on, what it said about
    who may read counts no more, and nobody reads its documents; without it, it counts for ever.
    """

    __tablename__ = "source"

    id: Mapped[int] = mapped_column(primary_key=True)
    uri: Mapped[str] = mapped_column(String(2048), unique=True)
    kind: Mapped[str] = mapped_column(String(32))
    config: Mapped[str] = mapped_column(Text)
    cursor: Mapped[str] = mapped_column(Text)
    scheduled: Mapped[bool]
    readers_until: Mapped[datetime | None]
    created_at: Mapped[datetime]


class DocumentTable(Base):
    """One thing that a source holds, whatever became of it.

    `content_sha256` and `pipeline` name what was last tried; with `state` they decide whether it
    has to be tried again. `stamp` is the source's word for that content: while it is the same, there
    is nothing to fetch. `reason` says why it failed. A file inside another one, such as an
    attachment, has the outermost file's document as its `parent_id`, and that one's permissions.
    `source_metadata` is what the source says of it, as `core.values.metadata.Metadata.as_text` has it.
    """

    __tablename__ = "document"

    id: Mapped[int] = mapped_column(primary_key=True)
    source_id: Mapped[int] = mapped_column(ForeignKey("source.id"), index=True)
    parent_id: Mapped[int | None] = mapped_column(ForeignKey("document.id"), index=True)
    uri: Mapped[str] = mapped_column(String(4096), unique=True)
    title: Mapped[str] = mapped_column(Text)
    media_type: Mapped[str] = mapped_column(String(255))
    size_bytes: Mapped[int]
    state: Mapped[str] = mapped_column(String(32))
    reason: Mapped[str] = mapped_column(Text)
    content_sha256: Mapped[str] = mapped_column(String(64))
    stamp: Mapped[str] = mapped_column(String(255))
    pipeline: Mapped[str] = mapped_column(String(255))
    source_metadata: Mapped[str] = mapped_column(Text, default="", server_default="")
    created_at: Mapped[datetime]
    updated_at: Mapped[datetime]


class SupersessionTable(Base):
    """A document says that it takes the place of another one, which it names in lower case."""

    __tablename__ = "supersession"

    document_id: Mapped[int] = mapped_column(ForeignKey("document.id", ondelete="CASCADE"), primary_key=True)
    name: Mapped[str] = mapped_column(String(4096), primary_key=True, index=True)


class VersionTable(Base):
    """One immutable state of a document; at most one of a document's versions is live.

    Live is what is not tombstoned; a version that waits, by its `gate_state`, is so until it is let through.
    `notices` are what a person should know of how it was read, a line each; `file_metadata` is what the file
    says of itself.
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
    notices: Mapped[str] = mapped_column(Text, server_default="")
    file_metadata: Mapped[str] = mapped_column(Text, default="", server_default="")
    created_at: Mapped[datetime]
    tombstoned_at: Mapped[datetime | None]
    gate_state: Mapped[str] = mapped_column(String(16), server_default="plain", index=True)

    @property
    def is_live(self) -> bool:
        """Whether this version is in force; in queries, the condition is LIVE."""
        return self.tombstoned_at is None


LIVE: ColumnElement[bool] = VersionTable.tombstoned_at.is_(None)
"""The condition that a version is in force: it is what a search may find of its document."""


class PageTable(Base):
    """A page of a version: where its text stands and a box for each character."""

    __tablename__ = "page"

    version_id: Mapped[int] = mapped_column(ForeignKey("version.id", ondelete="CASCADE"), primary_key=True)
    number: Mapped[int] = mapped_column(primary_key=True)
    start: Mapped[int]
    end: Mapped[int]
    width: Mapped[float]
    height: Mapped[float]
    boxes: Mapped[bytes] = mapped_column(deferred=True)


class ChunkTable(Base):
    """A live chunk. Ids are never used twice, so that an index can never mistake one for another."""

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
    """An embedder whose vectors are kept. The one that stands `in_force` decides what is searched by.

    `former` is the one before it, `withdrawn` one that was taken out of force; `config` (JSON) opens it.
    """

    __tablename__ = "embedder"

    role: Mapped[str] = mapped_column(String(16), primary_key=True)
    model_id: Mapped[str] = mapped_column(String(255))
    dimension: Mapped[int]
    config: Mapped[str] = mapped_column(Text)
    since: Mapped[datetime]


class GoldenTable(Base):
    """A question whose answer is known: what must stand in what is cited, or that it must be refused.

    `answers` and `documents`, any of which will do, and the asker's `principals` are lists as JSON.
    """

    __tablename__ = "golden"

    id: Mapped[int] = mapped_column(primary_key=True)
    question: Mapped[str] = mapped_column(Text)
    answerable: Mapped[bool]
    answers: Mapped[str] = mapped_column(Text)
    documents: Mapped[str] = mapped_column(Text)
    principals: Mapped[str] = mapped_column(Text)
    created_at: Mapped[datetime]


class VerdictTable(Base):
    """What the golden questions last said of what is to come into force, by `subject`; JSON."""

    __tablename__ = "verdict"

    subject: Mapped[str] = mapped_column(String(16), primary_key=True)
    verdict: Mapped[str] = mapped_column(Text)
    at: Mapped[datetime]


class GrantTable(Base):
    """A principal that may read a document. A document without one is visible to nobody."""

    __tablename__ = "document_grant"

    document_id: Mapped[int] = mapped_column(ForeignKey("document.id", ondelete="CASCADE"), primary_key=True)
    principal: Mapped[str] = mapped_column(String(320), primary_key=True, index=True)


class ChangeTable(Base):
    """The change log: this document's chunks or permissions are no longer what they were.

    A follower that meets a row makes its entries of that document equal to the truth of the
    moment; so rows can be repeated, and a later row makes an earlier one harmless.
    """

    __tablename__ = "change"
    __table_args__ = ({"sqlite_autoincrement": True},)

    seq: Mapped[int] = mapped_column(primary_key=True)
    document_id: Mapped[int]
    at: Mapped[datetime]


class ErasureTable(Base):
    """The receipt of an erased document, as JSON: what was removed and when. Its content is gone."""

    __tablename__ = "erasure"

    id: Mapped[int] = mapped_column(primary_key=True)
    document_id: Mapped[int] = mapped_column(index=True)
    uri: Mapped[str] = mapped_column(String(4096))
    receipt: Mapped[str] = mapped_column(Text)
    at: Mapped[datetime]


class FollowerTable(Base):
    """Which generation of an index is in force, and the last change that it holds."""

    __tablename__ = "follower"

    name: Mapped[str] = mapped_column(String(64), primary_key=True)
    generation: Mapped[int]
    applied_seq: Mapped[int]
    updated_at: Mapped[datetime]


class JobTable(Base):
    """A piece of work that outlives its worker; one row for each `kind` and `key`.

    Done work leaves no row. `token` grows with each lease: a worker whose lease was given to another
    holds an older one and can write nothing. `run` names the run that asked for it, `payload` is JSON.
    """

    __tablename__ = "job"
    __table_args__ = (
        UniqueConstraint("kind", "key"),
        Index("ix_job_line", "state", "priority", "not_before"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    kind: Mapped[str] = mapped_column(String(16))
    key: Mapped[str] = mapped_column(String(4096))
    source_id: Mapped[int] = mapped_column(ForeignKey("source.id", ondelete="CASCADE"), index=True)
    run_id: Mapped[int | None]
    state: Mapped[str] = mapped_column(String(16))
    priority: Mapped[int]
    attempts: Mapped[int]
    not_before: Mapped[datetime]
    token: Mapped[int]
    owner: Mapped[str] = mapped_column(String(255))
    leased_until: Mapped[datetime | None]
    stage: Mapped[str] = mapped_column(String(64))
    cancel: Mapped[bool]
    reason: Mapped[str] = mapped_column(Text)
    payload: Mapped[str] = mapped_column(Text)
    created_at: Mapped[datetime]
    updated_at: Mapped[datetime]


class RunTable(Base):
    """One synchronization of a source: when, how it ended, and its report as JSON."""

    __tablename__ = "run"

    id: Mapped[int] = mapped_column(primary_key=True)
    source_id: Mapped[int] = mapped_column(ForeignKey("source.id", ondelete="CASCADE"), index=True)
    state: Mapped[str] = mapped_column(String(16))
    reason: Mapped[str] = mapped_column(Text)
    report: Mapped[str] = mapped_column(Text, deferred=True)
    started_at: Mapped[datetime]
    finished_at: Mapped[datetime | None]
