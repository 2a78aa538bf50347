import json
from pathlib import Path
from typing import Any

import pytest

from api.cli.question_files import question_lines
from core.errors import InputError
from core.values.answers import Turn


def written(folder: Path, *lines: dict[str, Any]) -> Path:
    path = folder / "questions.jsonl"
    path.write_text("\n\n".join(map(json.dumps, lines)), "utf-8")
    return path


def test_a_line_names_its_asker_and_what_was_asked_before(tmp_path: Path) -> None:
    before = [{"question": "What does E-42 mean?", "answer": "Overload."}, {"question": "Why?"}]
    path = written(
        tmp_path,
        {"id": 1, "question": " And E-43? ", "as": "user:ann", "groups": ["field"], "history": before},
        {"id": 2, "question": "And E-44?", "after": ["What does E-42 mean?"]},
        {"id": 3, "question": "What is TTS?"},
    )
    first, second, third = question_lines(path)
    assert (first.question, first.user, first.groups) == ("And E-43?", "user:ann", ("field",))
    assert first.history == (Turn("What does E-42 mean?", "Overload."), Turn("Why?", ""))
    assert second.history == (Turn("What does E-42 mean?", ""),)
    assert (third.user, third.groups, third.history) == (None, (), ())


@pytest.mark.parametrize(
    "line",
    [
        {"id": 1},
        {"question": "What?"},
        {"id": 1, "question": " "},
        {"id": 1, "question": "And?", "history": ["What?"]},
        {"id": 1, "question": "And?", "history": {"question": "What?"}},
        {"id": 1, "question": "And?", "after": [{"answer": "No."}]},
    ],
)
def test_a_line_that_is_not_understood_is_an_error_with_its_number(
    tmp_path: Path, line: dict[str, Any]
) -> None:
    with pytest.raises(InputError, match="line 3"):
        question_lines(written(tmp_path, {"id": 0, "question": "What?"}, line))
