"""`vade check --deep` for the database: rules for every vector, page, version, job and run."""

import zlib
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from sqlalchemy import Integer, and_, cast, exists, func, or_, select
from sqlalchemy.orm import Session, aliased

from admin.checks.finding import Finding, listed
from core.locks import SignOfLife
from core.permissions import PUBLIC
from core.store.database import Database, clock
from core.store.embedders import FIRST, IN_FORCE, embedders_at
from core.store.erasures import chunks_left, receipts
from core.store.goldens import list_goldens
from core.store.jobs import DOCUMENT, SYNC, JobState, owners
from core.store.sources import RunState
from core.store.tables import (
    LIVE,
    STANDING,
    ChunkTable,
    DocumentTable,
    EmbedderTable,
    EmbeddingTable,
    GrantTable,
    JobTable,
    PageTable,
    RunTable,
    VersionGrantTable,
    VersionTable,
)
from core.values.documents import DocumentState, GateState
from retrieval.follow.serving import Models

AGAIN = "ingest its source again"
# A box is four int16.
_BOX_BYTES = 8
# How far from 1 the length of a unit vector may be: float32, and half precision in the forward pass.
_UNIT = 1e-2


@dataclass(frozen=True, slots=True)
class Expected:
    """The embedders that the settings choose, and the workers that are known to be dead."""

    model_id: str
    dimension: int
    dead: Collection[str] = ()
    legs: Mapping[str, tuple[str, int]] = field(default_factory=dict)
    """The model ids and dimensions of the embedders beside the first, by their legs."""

    @property
    def models(self) -> dict[str, tuple[str, int]]:
        """The model ids and dimensions of all embedders by their legs."""
        return {FIRST: (self.model_id, self.dimension), **self.legs}


def expected(database: Database, models: Models, life: SignOfLife) -> Expected:
    """Return what a deep check compares the database with."""
    chosen = {leg: (one.entry.model_id, one.entry.dimension) for leg, one in models.chosen.items()}
    model_id, dimension = chosen.pop(FIRST)
    with database.reading() as session:
        return Expected(model_id, dimension, life.dead(owners(session)), chosen)


def deep_truth(session: Session, expected: Expected) -> Iterator[Finding]:
    """Yield the findings in the database that only a deep check looks for."""
    yield from _embedders(session, expected)
    yield from _vectors(session, expected)
    yield from _counted(session, _chains())
    yield from _pages(session)
    yield from _counted(session, _work(session))
    yield from _abandoned(session, expected.dead)
    yield from _goldens(session)
    for receipt in receipts(session):
        if left := chunks_left(session, receipt):
            yield Finding("an erased document is still there", f"{receipt.uri}: {left} chunks", AGAIN)


def _embedders(session: Session, expected: Expected) -> Iterator[Finding]:
    in_force = embedders_at(session, IN_FORCE)
    if FIRST not in in_force:
        yield Finding("no embedder is in force", "nothing can be searched by meaning", "run vade index build")
    for leg, now in in_force.items():
        chosen, _ = expected.models.get(leg, ("none", 0))
        if now.model_id != chosen:
            key = f"llm.legs.{leg}" if leg else "llm.embedder"
            yield Finding(
                "the settings choose another embedder than the one in force",
                f"{chosen} instead of {now.model_id}",
                f"run vade index build, or set {key} back",
            )
    for leg in sorted(expected.legs.keys() - in_force.keys()):
        name, _ = expected.legs[leg]
        yield Finding("a leg of the settings is not in force", f"{leg}: {name}", "run vade index build")


def _vectors(session: Session, expected: Expected) -> Iterator[Finding]:
    """Yield findings about vectors: a wrong length, no unit vector, or an unknown embedder."""
    dimensions = {entry.model_id: entry.dimension for entry in session.scalars(select(EmbedderTable))}
    dimensions.update(expected.models.values())
    wrong: list[int] = []
    strangers: set[str] = set()
    every = select(EmbeddingTable.chunk_id, EmbeddingTable.model_id, EmbeddingTable.vector)
    for chunk_id, model_id, raw in session.execute(every.execution_options(yield_per=1000)):
        if model_id not in dimensions:
            strangers.add(model_id)
        elif not _is_unit(raw, dimensions[model_id]):
            wrong.append(chunk_id)
    if wrong:
        detail = f"{len(wrong)} vectors, of chunks {listed(wrong)}: of another length, or no unit vector"
        yield Finding("an embedding is no vector of its model", detail, AGAIN)
    if strangers:
        detail = ", ".join(sorted(strangers))
        yield Finding("vectors are kept of an embedder that is not", detail, "run vade index confirm")


def _is_unit(raw: bytes, dimension: int) -> bool:
    if len(raw) != 4 * dimension:
        return False
    length = float(np.linalg.norm(np.frombuffer(raw, "<f4")))
    return abs(length - 1.0) < _UNIT  # false for what is not finite


def _chains() -> Iterator[tuple[str, Any, str]]:
    """Yield the rules of versions and their chunks, each with a query that counts its violations."""
    numbers = (
        select(VersionTable.document_id)
        .group_by(VersionTable.document_id)
        .having(func.max(VersionTable.number) != func.count())
    )
    yield "a document's versions are not numbered one after the other", _of(numbers), "restore a backup"
    ordinals = (
        select(ChunkTable.version_id)
        .group_by(ChunkTable.version_id)
        .having(func.max(ChunkTable.ordinal) + 1 != func.count())
    )
    yield "a version lacks chunks", _of(ordinals), AGAIN
    chunk = exists().where(ChunkTable.version_id == VersionTable.id)
    yield "a version in force has no chunk", _of(select(VersionTable.id).where(LIVE, ~chunk)), AGAIN
    beside = VersionTable.gate_state.in_((GateState.WAITING, GateState.WITHDRAWN, GateState.FORMER))
    astray = or_(and_(LIVE, beside), and_(~LIVE, VersionTable.gate_state == GateState.PROMOTED))
    yield "a version is in force and waits", _of(select(VersionTable.id).where(astray)), AGAIN
    promoted = aliased(VersionTable)
    pair = exists().where(
        promoted.document_id == VersionTable.document_id, promoted.gate_state == GateState.PROMOTED
    )
    lonely = select(VersionTable.id).where(VersionTable.gate_state == GateState.FORMER, ~pair)
    yield "a former version has nothing that took its place", _of(lonely), "run vade index confirm"
    yield "a version is granted to others than its document", _of(_wider_than_its_document()), AGAIN
    has_live = exists().where(LIVE, VersionTable.document_id == DocumentTable.id)
    held = select(DocumentTable.id).where(DocumentTable.state == DocumentState.HELD, has_live)
    yield "a document is held, and in force", _of(held), AGAIN


def _wider_than_its_document() -> Any:
    """Return the versions in force or at the gate with a reader whom the document does not have."""
    same = exists().where(
        GrantTable.document_id == VersionTable.document_id,
        or_(GrantTable.principal == VersionGrantTable.principal, GrantTable.principal == PUBLIC),
    )
    granted = select(VersionTable.id).join(VersionGrantTable, VersionGrantTable.version_id == VersionTable.id)
    return granted.where(STANDING, ~same.correlate(VersionTable, VersionGrantTable)).distinct()


def _pages(session: Session) -> Iterator[Finding]:
    """Yield a finding if a page lies outside its text, or lacks boxes for some of its characters."""
    wrong: list[str] = []
    rows = select(
        PageTable.version_id,
        PageTable.number,
        PageTable.start,
        PageTable.end,
        PageTable.boxes,
        func.length(VersionTable.text),
    ).join(VersionTable, VersionTable.id == PageTable.version_id)
    for version, number, start, end, boxes, length in session.execute(rows.execution_options(yield_per=200)):
        if not (0 <= start <= end <= length and _fits(boxes, end - start)):
            wrong.append(f"page {number} of version {version}")
    if wrong:
        detail = f"{len(wrong)} pages: {listed(wrong)}"
        yield Finding("a page is not what its version's text says", detail, AGAIN)


def _fits(boxes: bytes, characters: int) -> bool:
    if not boxes:
        return True
    try:
        return len(zlib.decompress(boxes)) == characters * _BOX_BYTES
    except zlib.error:
        return False


def _work(session: Session) -> Iterator[tuple[str, Any, str]]:
    """Yield the rules of jobs and runs, each with a query that counts its violations."""
    running = JobTable.state == JobState.RUNNING
    unheld = or_(JobTable.owner == "", JobTable.leased_until.is_(None))
    held = and_(~running, JobTable.state == JobState.QUEUED, JobTable.owner != "")
    lease = select(JobTable.id).where(or_(and_(running, unheld), held))
    yield "a job and its lease do not agree", _of(lease), "run vade job retry"
    document = exists().where(DocumentTable.uri == JobTable.key, DocumentTable.state != DocumentState.DELETED)
    stray = select(JobTable.id).where(JobTable.kind == DOCUMENT, ~document)
    yield "a job is about a document that is not there", _of(stray), "run vade job cancel"
    at_it = exists().where(JobTable.kind == SYNC, running, JobTable.run_id == RunTable.id)
    open_run = select(RunTable.id).where(RunTable.state == RunState.RUNNING, ~at_it)
    yield "a run is open and nobody is at it", _of(open_run), "run vade sync"
    unclosed = or_(
        and_(RunTable.state == RunState.RUNNING, RunTable.finished_at.is_not(None)),
        and_(RunTable.state != RunState.RUNNING, RunTable.finished_at.is_(None)),
    )
    yield "a run's end and its state do not agree", _of(select(RunTable.id).where(unclosed)), "run vade sync"


def _abandoned(session: Session, dead: Collection[str]) -> Iterator[Finding]:
    running = JobTable.state == JobState.RUNNING
    silent = or_(JobTable.leased_until < clock(session), JobTable.owner.in_(dead))
    keys: Sequence[str] = session.scalars(select(JobTable.key).where(running, silent)).all()
    if keys:
        yield Finding("a job's worker is gone", listed(keys), "run vade sync: it goes on where that was")


def _goldens(session: Session) -> Iterator[Finding]:
    """Yield a finding for each document that a golden question names and that does not exist."""
    for golden in list_goldens(session):
        for name in golden.documents:
            end = func.substr(
                DocumentTable.uri, func.length(DocumentTable.uri) - cast(len(name), Integer) + 1
            )
            there = select(DocumentTable.id).where(end == name, DocumentTable.state != DocumentState.DELETED)
            if session.scalar(there.limit(1)) is None:
                yield Finding(
                    "a golden question names a document that is not there",
                    f"{golden.id}: {name}",
                    f"run vade golden remove {golden.id}, and add it as it should be",
                )


def _of(wrong: Any) -> Any:
    return select(func.count()).select_from(wrong.subquery())


def _counted(session: Session, rules: Iterator[tuple[str, Any, str]]) -> Iterator[Finding]:
    for name, count, remedy in rules:
        if number := session.scalar(count):
            yield Finding(name, f"{number} times", remedy)
