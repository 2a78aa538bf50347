"""Golden questions: keeping them, and asking them of what is in force."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sqlalchemy.orm import Session

from core.errors import InputError
from core.store.database import Database
from core.store.documents.reading import is_readable
from core.store.goldens import Golden, add_golden, list_goldens, remove_goldens
from core.values.answers import Turn
from core.values.search import AccessScope
from ingest.connectors.beir import read_lines
from retrieval.judge.answer_evaluation import GoldQuestion
from retrieval.judge.facts import Fact, fold
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
    """Keep questions, all of them or none, and return them with their ids.

    Raises: InputError, also if a question names a document that its asker may not read: it would never hold.
    """
    with database.writing() as session:
        for golden in goldens:
            _check_documents(session, golden)
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


def _check_documents(session: Session, golden: Golden) -> None:
    scope = AccessScope(golden.principals)
    missing = [name for name in golden.documents if not is_readable(session, scope, name)]
    if missing:
        askers = ", ".join(sorted(golden.principals))
        raise InputError(
            f"{golden.question!r}: there is no document {missing[0]} that {askers} may read. "
            "Nothing was kept; write its URI, or the end of it from a slash on"
        )


def read_gold(path: Path) -> list[GoldQuestion]:
    """Return the questions of a file: `{id, question, answers[], answerable, gold_documents[]}` a line.

    A line may also have `kind`, `facts` (a list of lists of wordings), `ordered`, `verdict` and `history`
    (`{question, answer}`), as `GoldQuestion` explains them.

    Raises: InputError if a line is malformed or the file is empty.
    """
    lines = list(read_lines(path, ("id", "question")))
    if not lines:
        raise InputError(f"{path} holds no question")
    try:
        return [_gold_question(line) for line in lines]
    except (TypeError, KeyError, ValueError) as error:
        raise InputError(f"{path}: {error}") from error


def _gold_question(line: Mapping[str, Any]) -> GoldQuestion:
    verdict = str(line.get("verdict") or "")
    if verdict not in {"", "yes", "no"}:
        raise ValueError(f"verdict of question {line['id']} is neither yes nor no")
    return GoldQuestion(
        id=str(line["id"]),
        question=str(line["question"]),
        answers=tuple(map(str, line.get("answers") or ())),
        answerable=bool(line.get("answerable", True)),
        documents=tuple(map(str, line.get("gold_documents") or ())),
        kind=str(line.get("kind") or ""),
        facts=tuple(_fact(line, wordings) for wordings in line.get("facts") or ()),
        ordered=bool(line.get("ordered")),
        verdict=verdict,
        history=tuple(Turn(turn["question"], turn.get("answer", "")) for turn in line.get("history") or ()),
    )


def _fact(line: Mapping[str, Any], wordings: Any) -> Fact:
    if not isinstance(wordings, list) or not all(isinstance(one, str) and fold(one) for one in wordings):
        raise ValueError(f"a fact of question {line['id']} is not a list of wordings")
    return tuple(wordings)
