"""The embedders in force, those beside them, and their vectors; inside the caller's transaction.

The search has one leg for each embedder in force: the first, whose name is empty, and those that
`llm.legs` names. Of each leg one embedder is in force, and one may be kept to go back to.
"""

import json
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import ColumnElement, and_, delete, exists, func, insert, select, update
from sqlalchemy.orm import Session

from core.errors import NotReadyError
from core.store.tables import ChangeTable, ChunkTable, EmbedderTable, EmbeddingTable
from core.values.documents import indexed_text

IN_FORCE, FORMER, WITHDRAWN = "in_force", "former", "withdrawn"
FIRST = ""
"""The leg of the embedder that `llm.embedder` chooses."""


@dataclass(frozen=True, slots=True, kw_only=True)
class EmbedderEntry:
    """An embedder as the database knows it."""

    model_id: str
    dimension: int
    """The length of its vectors."""
    config: Mapping[str, Any]
    """The settings that open it."""
    since: datetime | None = None
    """When it took its role; None before it has one."""
    leg: str = FIRST
    languages: frozenset[str] = frozenset()
    """The languages of the chunks that it embeds (ISO 639-1); empty: all chunks."""
    weight: float = 1.0
    """Its share of the weight of all embedders, where others can read too; the first one has the rest."""
    levels: Mapping[str, Sequence[float]] = field(default_factory=dict)
    """Its likenesses as `llm.embedding.likeness` measured them; empty until then."""

    def embeds(self, language: str) -> bool:
        """Return whether it embeds chunks in this language, which is empty if it is not clear."""
        return not self.languages or language in self.languages


@dataclass(frozen=True, slots=True)
class Unembedded:
    """A chunk without a vector: its id, and its indexed text to be embedded."""

    chunk_id: int
    text: str


def embedder_at(session: Session, role: str, leg: str = FIRST) -> EmbedderEntry | None:
    """Return the embedder of a leg in this role; None if no embedder has it."""
    row = session.get(EmbedderTable, (leg, role))
    return None if row is None else _entry(row)


def embedders_at(session: Session, role: str) -> dict[str, EmbedderEntry]:
    """Return the embedders in this role by their legs, the first leg first, then by name."""
    rows = select(EmbedderTable).where(EmbedderTable.role == role).order_by(EmbedderTable.leg)
    return {row.leg: _entry(row) for row in session.scalars(rows)}


def put_in_force(session: Session, new: EmbedderEntry, complete: bool = True) -> None:
    """Put an embedder in force in its leg. The one before becomes the former; vectors of others are dropped.

    Raises: NotReadyError if `complete` is asked for and a chunk has no vector of it yet.
    """
    if complete and (missing := count_unembedded(session, new)):
        raise _incomplete(missing, new.model_id)
    before = embedder_at(session, IN_FORCE, new.leg)
    if before is not None and before.model_id != new.model_id:
        _set(session, FORMER, before)
    _set(session, IN_FORCE, new)
    _unset(session, WITHDRAWN, new.leg)
    if before is not None:
        _drop_vectors(session)


def take_back(session: Session, leg: str = FIRST) -> EmbedderEntry | None:
    """Put the former embedder of a leg in force again, and return it; the present one is withdrawn.

    A leg beside the first needs no former one: without it, None is returned, and it is no longer searched.

    Raises: NotReadyError if there is nothing to take back, or a chunk has no vector of the former one.
    """
    now, former = embedder_at(session, IN_FORCE, leg), embedder_at(session, FORMER, leg)
    if now is None or (former is None and leg == FIRST):
        raise NotReadyError("there is no former embedder to go back to")
    _unset(session, IN_FORCE, leg)
    if former is not None:
        if missing := count_unembedded(session, former):
            raise _incomplete(missing, former.model_id)
        _set(session, IN_FORCE, former)
        _unset(session, FORMER, leg)
    _set(session, WITHDRAWN, now)
    return former


def remove_leg(session: Session, leg: str) -> None:
    """Remove a leg beside the first, with the vectors that no other leg uses."""
    for role in (IN_FORCE, FORMER, WITHDRAWN):
        _unset(session, role, leg)
    _drop_vectors(session)


def forget_former(session: Session) -> int:
    """Drop the former embedders, which are kept for a rollback; return the number of their vectors."""
    for leg in embedders_at(session, FORMER):
        _unset(session, FORMER, leg)
    return _drop_vectors(session)


def count_unembedded(session: Session, entry: EmbedderEntry) -> int:
    """Return how many chunks, of live and other versions, lack a vector that this embedder should make."""
    return session.scalar(select(func.count(ChunkTable.id)).where(_lacking(entry))) or 0


def unembedded(session: Session, entry: EmbedderEntry, limit: int) -> list[Unembedded]:
    """Return the first chunks that lack a vector which this embedder should make, at most `limit`."""
    rows = select(ChunkTable.id, ChunkTable.context, ChunkTable.text).where(_lacking(entry))
    return [
        Unembedded(chunk_id, indexed_text(context, text))
        for chunk_id, context, text in session.execute(rows.order_by(ChunkTable.id).limit(limit))
    ]


def add_vectors(session: Session, model_id: str, vectors: Mapping[int, bytes], followed: bool) -> int:
    """Write vectors by chunk id; return how many were written.

    Chunks that were deleted meanwhile, or that have a vector of this model, are left out. If an index of
    this model is `followed` already, the documents are written into the change log.
    """
    wanted = select(ChunkTable.id, ChunkTable.document_id)
    wanted = wanted.where(ChunkTable.id.in_(vectors), ~_embedded(model_id))
    there = session.execute(wanted.with_for_update()).all()
    if not there:
        return 0
    rows = [{"chunk_id": one, "model_id": model_id, "vector": vectors[one]} for one, _ in there]
    session.execute(insert(EmbeddingTable), rows)
    if followed:
        _log_changes(session, {row[1] for row in there})
    return len(there)


def keep_levels(session: Session, model_id: str, levels: Mapping[str, Sequence[float]]) -> None:
    """Store the likenesses that a model was measured to give."""
    kept = update(EmbedderTable).where(EmbedderTable.model_id == model_id)
    session.execute(kept.values(levels=json.dumps(dict(levels))))


def _incomplete(missing: int, model_id: str) -> NotReadyError:
    chunks = "1 chunk has" if missing == 1 else f"{missing} chunks have"
    return NotReadyError(f"{chunks} no vector of {model_id} yet")


def _drop_vectors(session: Session) -> int:
    """Remove the vectors that no embedder with a role should have; return their number.

    If an embedder stays, but no longer embeds some languages, the documents are written into the change log,
    so that its index removes them.
    """
    kept: dict[str, list[EmbedderEntry]] = {}
    for row in session.scalars(select(EmbedderTable)):
        kept.setdefault(row.model_id, []).append(_entry(row))
    number = _dropped(session, EmbeddingTable.model_id.not_in(kept))
    for model_id, entries in kept.items():
        if all(entry.languages for entry in entries):
            languages = {language for entry in entries for language in entry.languages}
            other = select(ChunkTable.id).where(ChunkTable.language.not_in(languages))
            gone = and_(EmbeddingTable.model_id == model_id, EmbeddingTable.chunk_id.in_(other))
            holding = select(ChunkTable.document_id).distinct().join(EmbeddingTable).where(gone)
            _log_changes(session, session.scalars(holding).all())
            number += _dropped(session, gone)
    return number


def _dropped(session: Session, gone: ColumnElement[bool]) -> int:
    number = session.scalar(select(func.count()).select_from(EmbeddingTable).where(gone)) or 0
    session.execute(delete(EmbeddingTable).where(gone).execution_options(synchronize_session=False))
    return number


def _log_changes(session: Session, documents: Collection[int]) -> None:
    now = datetime.now(UTC)
    if documents:
        changed = [{"document_id": document, "at": now} for document in sorted(documents)]
        session.execute(insert(ChangeTable), changed)


def _lacking(entry: EmbedderEntry) -> ColumnElement[bool]:
    lacking = ~_embedded(entry.model_id)
    return and_(lacking, ChunkTable.language.in_(entry.languages)) if entry.languages else lacking


def _embedded(model_id: str) -> ColumnElement[bool]:
    return exists().where(EmbeddingTable.chunk_id == ChunkTable.id, EmbeddingTable.model_id == model_id)


def _entry(row: EmbedderTable) -> EmbedderEntry:
    return EmbedderEntry(
        model_id=row.model_id,
        dimension=row.dimension,
        config=json.loads(row.config),
        since=row.since,
        leg=row.leg,
        languages=frozenset(row.languages.split()),
        weight=row.weight,
        levels=json.loads(row.levels),
    )


def _set(session: Session, role: str, entry: EmbedderEntry) -> None:
    row = session.get(EmbedderTable, (entry.leg, role)) or EmbedderTable(leg=entry.leg, role=role)
    row.model_id, row.dimension = entry.model_id, entry.dimension
    row.config, row.since = json.dumps(dict(entry.config), sort_keys=True), datetime.now(UTC)
    row.weight = entry.weight
    row.languages, row.levels = " ".join(sorted(entry.languages)), json.dumps(dict(entry.levels))
    session.add(row)
    session.flush()


def _unset(session: Session, role: str, leg: str) -> None:
    session.execute(delete(EmbedderTable).where(EmbedderTable.role == role, EmbedderTable.leg == leg))
    session.flush()
