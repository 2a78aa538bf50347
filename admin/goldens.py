"""Golden questions: keeping them, and asking them of what is in force."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from core.errors import InputError
from core.store.database import Database
from core.store.goldens import Golden, add_golden, list_goldens, remove_goldens
from ingest.connectors.beir import read_lines
from retrieval.judge.answer_evaluation import GoldQuestion
from retrieval.judge.golden import Trial
from retrieval.judge.promotion import Promotion


@dataclass(frozen=True, slots=True)
class GoldenReport:
    """The trials of all golden questions."""

    trials: tuple[Trial, ...]

    @property
    def broken(self) -> tuple[Trial, ...]:
        """The trials of the questions that do not hold."""
        return tuple(trial for trial in self.trials if trial.broken)

    @property
    def holding(self) -> int:
        """The number of questions that hold."""
        return len(self.trials) - len(self.broken)


def keep_goldens(database: Database, goldens: Sequence[Golden]) -> list[Golden]:
    """Keep questions, all of them or none, and return them with their ids. Raises: InputError."""
    with database.writing() as session:
        return [add_golden(session, golden) for golden in goldens]


def import_goldens(database: Database, path: Path, principals: frozenset[str]) -> list[Golden]:
    """Keep the questions of a file, asked by somebody who holds `principals`. Raises: as `read_gold`."""
    goldens = [
        Golden(
            question=one.question,
            principals=principals,
            answers=one.answers,
            documents=one.documents,
            answerable=one.answerable,
        )
        for one in read_gold(path)
    ]
    return keep_goldens(database, goldens)


def kept_goldens(database: Database) -> list[Golden]:
    """Return all golden questions, the oldest first."""
    with database.reading() as session:
        return list_goldens(session)


def forget_goldens(database: Database, ids: Sequence[int]) -> None:
    """Remove questions, all of them or none. Raises: NotFoundError if one is unknown."""
    with database.writing() as session:
        remove_goldens(session, ids)


def ask_goldens(promotion: Promotion) -> GoldenReport:
    """Ask all golden questions of what is in force."""
    return GoldenReport(tuple(promotion.trials()))


def read_gold(path: Path) -> list[GoldQuestion]:
    """Return the questions of a file: `{id, question, answers[], answerable, gold_documents[]}` a line.

    Raises: InputError if a line is malformed or the file is empty.
    """
    lines = list(read_lines(path, ("id", "question")))
    if not lines:
        raise InputError(f"{path} holds no question")
    return [
        GoldQuestion(
            id=str(line["id"]),
            question=str(line["question"]),
            answers=tuple(map(str, line.get("answers") or ())),
            answerable=bool(line.get("answerable", True)),
            documents=tuple(map(str, line.get("gold_documents") or ())),
        )
        for line in lines
    ]
