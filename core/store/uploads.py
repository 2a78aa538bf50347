"""Uploads in the job ledger: they wait in the order of their arrival, and how each ended is kept for a day.

Every function works inside the caller's transaction. The files themselves are on the disk of one data
folder, the `place`; only processes that share it can read them.
"""

import json
from collections.abc import Collection, Mapping
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, SQLColumnExpression, delete, exists, func, select, update
from sqlalchemy.orm import Session, aliased

from core.errors import NotFoundError
from core.store.database import clock
from core.store.jobs import (
    INTERACTIVE,
    UPLOAD,
    Holder,
    JobState,
    Lease,
    NewJob,
    claim,
    enqueue,
    give_up,
)
from core.store.tables import JobTable

_WAITING = (JobState.QUEUED, JobState.RUNNING)
_KEPT = timedelta(hours=24)
# Behind the URI in the key of an upload: a mark, the place, a point and the file, each name of 32 characters.
_KEY_END = 1 + 32 + 1 + 32


@dataclass(frozen=True, slots=True, kw_only=True)
class Upload:
    """A file that a user handed in."""

    user: str
    """The user's name, without `user:`."""
    name: str
    """What the user calls the file."""
    public: bool
    """Whether everybody may read the document, or its user alone."""
    file: str
    """The file's name in the spool."""
    size_bytes: int

    @property
    def uri(self) -> str:
        """The URI of the document."""
        return f"upload:{self.user}/{self.name}"


@dataclass(frozen=True, slots=True, kw_only=True)
class UploadEnd:
    """What became of an upload."""

    outcome: str
    """`added`, `changed`, `permissions`, `unchanged` or `failed`."""
    reason: str = ""
    """Why it failed; empty if it did not."""
    code: str = ""
    """The stable code of the error."""
    notices: tuple[str, ...] = ()
    """What a person should know about how the file was read."""


@dataclass(frozen=True, slots=True, kw_only=True)
class UploadEntry:
    """An upload as its user follows it."""

    id: int
    state: JobState
    upload: Upload
    end: UploadEnd | None
    """None until it has ended."""
    ahead: int
    """How many uploads come before it."""
    reason: str
    """Why it waits for another try; otherwise empty."""
    created_at: datetime
    updated_at: datetime
    document_id: int | None = None
    """The document, for its reader, once the upload has ended."""


def enter_upload(session: Session, place: str, upload: Upload, source_id: int) -> int:
    """Put an upload into the line and return its job's id."""
    key = f"{upload.uri}{_mark(place)}{upload.file}"
    payload = {"upload": asdict(upload)}
    enqueue(
        session,
        [NewJob(kind=UPLOAD, key=key, source_id=source_id, priority=INTERACTIVE, payload=payload)],
    )
    return session.scalars(select(JobTable.id).where(JobTable.kind == UPLOAD, JobTable.key == key)).one()


def waiting_uploads(session: Session, place: str) -> list[Upload]:
    """Return the uploads that have not ended, in the order of their arrival."""
    rows = session.scalars(
        select(JobTable.payload).where(_at(place), JobTable.state.in_(_WAITING)).order_by(JobTable.id)
    )
    return [upload_of(json.loads(payload)) for payload in rows]


def claim_uploads(session: Session, holder: Holder, place: str, limit: int) -> list[Lease]:
    """Lease the upload that is due first, and others by its user, each of another document; at most `limit`.

    An upload that was tried before is leased alone, so that it holds no other one up again. While an earlier
    edition of a document waits, the later ones wait behind it.
    """
    due = _at(place) & ~_has_earlier_edition()
    first = claim(session, holder, UPLOAD, 1, among=due)
    if not first or first[0].attempts > 1:
        return first
    source_id = session.scalars(select(JobTable.source_id).where(JobTable.id == first[0].job_id)).one()
    return first + claim(session, holder, UPLOAD, limit - 1, source_id, among=due & (JobTable.attempts == 0))


def end_upload(session: Session, lease: Lease, end: UploadEnd) -> None:
    """End an upload; its job is kept for a day, so that its user learns how. Raises: as `finish`."""
    state = JobState.FAILED if end.code else JobState.DONE
    give_up(session, lease, state, end.reason)
    payload = json.dumps({**lease.payload, "end": asdict(end)}, sort_keys=True)
    session.execute(update(JobTable).where(JobTable.id == lease.job_id).values(payload=payload))


def find_upload(session: Session, job_id: int) -> UploadEntry:
    """Return an upload. Raises: NotFoundError if there is no such job, or it is of another kind."""
    row = session.scalar(select(JobTable).where(JobTable.id == job_id, JobTable.kind == UPLOAD))
    if row is None:
        raise NotFoundError()
    payload = json.loads(row.payload)
    upload, end = upload_of(payload), payload.get("end")
    before = select(func.count(JobTable.id)).where(
        JobTable.kind == UPLOAD, JobTable.state.in_(_WAITING), JobTable.id < row.id
    )
    return UploadEntry(
        id=row.id,
        state=JobState(row.state),
        upload=upload,
        end=UploadEnd(**{**end, "notices": tuple(end["notices"])}) if end else None,
        ahead=session.scalars(before).one() if row.state == JobState.QUEUED else 0,
        reason=row.reason,
        created_at=row.created_at,
        updated_at=row.updated_at,
    )


def forget_ended_uploads(session: Session) -> None:
    """Remove the jobs of uploads that ended more than a day ago."""
    old = JobTable.updated_at < clock(session) - _KEPT
    session.execute(delete(JobTable).where(JobTable.kind == UPLOAD, JobTable.state.not_in(_WAITING), old))


def forget_ended_uploads_of(session: Session, uri: str) -> None:
    """Remove the jobs of a document's ended uploads, whose notices may quote it; those that wait stay."""
    of_document = JobTable.key.startswith(f"{uri}?", autoescape=True)
    session.execute(
        delete(JobTable).where(JobTable.kind == UPLOAD, JobTable.state.not_in(_WAITING), of_document)
    )


def upload_of(payload: Mapping[str, Any]) -> Upload:
    """Return the upload that a job is about."""
    return Upload(**payload["upload"])


def files_of(uploads: Collection[Upload]) -> frozenset[str]:
    """Return the names of the uploads' files in the spool."""
    return frozenset(upload.file for upload in uploads)


def _has_earlier_edition() -> ColumnElement[bool]:
    """Return the condition that an upload of the same document, accepted before, has not ended."""
    earlier = aliased(JobTable)
    return (
        exists()
        .where(earlier.kind == UPLOAD, earlier.source_id == JobTable.source_id)
        .where(earlier.id < JobTable.id, earlier.state.in_(_WAITING))
        .where(_document(earlier.key) == _document(JobTable.key))
    )


def _document(key: SQLColumnExpression[str]) -> ColumnElement[str]:
    """Return the URI in an upload's key."""
    return func.substr(key, 1, func.length(key) - _KEY_END)


def _mark(place: str) -> str:
    return f"?{place}."


def _at(place: str) -> ColumnElement[bool]:
    return (JobTable.kind == UPLOAD) & JobTable.key.contains(_mark(place), autoescape=True)
