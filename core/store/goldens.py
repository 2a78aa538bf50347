"""Golden questions and their last verdicts; everything works inside the caller's transaction."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from core.errors import InputError, NotFoundError
from core.store.tables import GoldenTable, VerdictTable


@dataclass(frozen=True, slots=True, kw_only=True)
class Golden:
    """A golden question: a question with its known answer, or one that has to be refused."""

    question: str
    principals: frozenset[str]
    """The principals of the person who asks."""
    answers: tuple[str, ...] = ()
    """Texts of which one has to be in the citation, if any are given."""
    documents: tuple[str, ...] = ()
    """URIs, or ends of them, of which one has to be cited, if any are given."""
    answerable: bool = True
    """Whether it has to be answered; otherwise it has to be refused."""
    id: int = 0
    """Its id in the database; 0 before it is stored."""


def add_golden(session: Session, golden: Golden) -> Golden:
    """Store a question, in place of one with the same words and asker; return it with its id.

    Raises: InputError if an answerable one names neither answer nor document, or another one names any.
    """
    if golden.answerable and not (golden.answers or golden.documents):
        raise InputError(f"{golden.question!r}: name a document or the words that must be cited")
    if not golden.question.strip() or (not golden.answerable and (golden.answers or golden.documents)):
        raise InputError(f"{golden.question!r}: a question to be refused has no answer and no document")
    principals = json.dumps(sorted(golden.principals))
    same = (GoldenTable.question == golden.question, GoldenTable.principals == principals)
    row = session.scalar(select(GoldenTable).where(*same)) or GoldenTable(created_at=datetime.now(UTC))
    row.question, row.principals, row.answerable = golden.question, principals, golden.answerable
    row.answers, row.documents = json.dumps(golden.answers), json.dumps(golden.documents)
    session.add(row)
    session.flush()
    return _golden(row)


def list_goldens(session: Session) -> list[Golden]:
    """Return all questions, the oldest first."""
    return [_golden(row) for row in session.scalars(select(GoldenTable).order_by(GoldenTable.id))]


def remove_goldens(session: Session, ids: Sequence[int]) -> None:
    """Remove questions. Raises: NotFoundError if an id is unknown."""
    known = set(session.scalars(select(GoldenTable.id).where(GoldenTable.id.in_(ids))))
    if unknown := sorted(set(ids) - known):
        raise NotFoundError(f"there is no golden question {unknown[0]}")
    session.execute(delete(GoldenTable).where(GoldenTable.id.in_(ids)))


def keep_verdict(session: Session, subject: str, verdict: Mapping[str, Any]) -> None:
    """Store the verdict of the questions on a subject, in place of the one before."""
    row = session.get(VerdictTable, subject) or VerdictTable(subject=subject)
    row.verdict, row.at = json.dumps(dict(verdict)), datetime.now(UTC)
    session.add(row)


def last_verdicts(session: Session) -> dict[str, dict[str, Any]]:
    """Return the last verdicts by subject, each with its time under `at`."""
    rows = session.scalars(select(VerdictTable).order_by(VerdictTable.subject))
    return {row.subject: {**json.loads(row.verdict), "at": row.at.isoformat()} for row in rows}


def _golden(row: GoldenTable) -> Golden:
    return Golden(
        question=row.question,
        principals=frozenset(json.loads(row.principals)),
        answers=tuple(json.loads(row.answers)),
        documents=tuple(json.loads(row.documents)),
        answerable=row.answerable,
        id=row.id,
    )
