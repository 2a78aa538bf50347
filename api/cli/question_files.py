"""Files of questions: one JSON line each, with who asks and what was asked before."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from core.errors import InputError
from core.values.answers import Turn


@dataclass(frozen=True, slots=True, kw_only=True)
class QuestionLine:
    """A question of a file."""

    id: Any
    """Whatever the line gives; it comes back with the answer."""
    question: str
    user: str | None
    """The asker, if the line names one."""
    groups: tuple[str, ...]
    """The asker's groups, if the line names them."""
    history: tuple[Turn, ...]
    """The questions before it with their answers, the oldest first."""


def question_lines(path: Path) -> list[QuestionLine]:
    """Return the questions of a file, in order.

    A line has `id` and `question`, and may have `as`, `groups`, and either `history`, a list of
    `{"question", "answer"}`, or `after`, a list of questions.

    Raises: InputError for the first line that is not of this form.
    """
    return list(_lines(path))


def _lines(path: Path) -> Iterator[QuestionLine]:
    for number, raw in enumerate(path.read_text("utf-8").splitlines(), start=1):
        if not raw.strip():
            continue
        place = f"{path}, line {number}"
        try:
            line = json.loads(raw)
        except ValueError as error:
            raise InputError(f"{place}: not JSON: {error}") from error
        if not isinstance(line, dict) or "id" not in line or not str(line.get("question") or "").strip():
            raise InputError(f'{place}: {{"id", "question"}} is needed')
        yield QuestionLine(
            id=line["id"],
            question=str(line["question"]).strip(),
            user=line.get("as"),
            groups=tuple(line.get("groups", ())),
            history=_history(line, place),
        )


def _history(line: Mapping[str, Any], place: str) -> tuple[Turn, ...]:
    """Return the turns before a question: those of `history`, or the questions of `after` without answers."""
    turns = line.get("history") or _turns(line.get("after") or [])
    if not isinstance(turns, list) or not all(_is_turn(one) for one in turns):
        raise InputError(
            f'{place}: "history" is a list of {{"question", "answer"}}, and "after" a list of questions'
        )
    return tuple(Turn(one["question"].strip(), str(one.get("answer") or "")) for one in turns)


def _turns(after: Any) -> Any:
    questions = [after] if isinstance(after, str) else after
    return [{"question": text} for text in questions] if isinstance(questions, list) else None


def _is_turn(one: Any) -> bool:
    return isinstance(one, dict) and isinstance(one.get("question"), str) and bool(one["question"].strip())
