"""`vade golden …` and `vade index …` in this process: an operator's way from a question to a rollback."""

import json
from pathlib import Path
from typing import Any

import pytest

TORQUE = "What torque do the lid bolts of the press P-7 get?"


def manuals(folder: Path, torque: str) -> None:
    folder.mkdir(exist_ok=True)
    (folder / "press.md").write_text(f"# Press P-7\n\n{torque}", "utf-8")
    for part in ("valve", "pump", "belt"):
        (folder / f"{part}.md").write_text(
            f"# {part}\n\nThe {part} is checked by hand. {torque}"[:60], "utf-8"
        )


def test_from_a_golden_question_to_a_rollback(vade: Any, tmp_path: Path) -> None:
    manuals(tmp_path / "m", "The lid bolts of the press P-7 get a torque of 48 N·m.")
    assert vade("source", "add", str(tmp_path / "m"), "--public")[0] == 0
    assert vade("sync")[0] == 0
    code, kept = vade("golden", "add", TORQUE, "--document", "press.md", "--answer", "48 N·m", "--json")
    assert (code, kept[0]["documents"], kept[0]["answers"]) == (0, ["press.md"], ["48 N·m"])
    questions = tmp_path / "more.jsonl"
    questions.write_text(
        json.dumps({"id": "1", "question": "Who won the chess cup?", "answerable": False}), "utf-8"
    )
    assert vade("golden", "import", str(questions))[0] == 0
    assert len(vade("golden", "list", "--json")[1]) == 2
    assert vade("golden", "run", "--json") == (0, {"asked": 2, "holding": 2, "broken": []})

    manuals(tmp_path / "m", "All that is known of it was moved into another folder.")
    code, told = vade("sync")
    assert code == 1
    assert f"1 of 2 golden questions would break; {TORQUE!r}" in told
    assert "48 N·m" in vade("ask", TORQUE)[1]
    code, shown = vade("index", "list", "--json")
    assert (code, shown["documents"]["waiting"]) == (0, 4)
    assert shown["verdicts"]["documents"]["broken"][0]["question"] == TORQUE
    assert f"1  {TORQUE}" in vade("index", "list")[1]

    assert vade("index", "promote", "documents", "--json")[1]["promoted"] == 4
    code, broken = vade("golden", "run")
    assert (code, "1 of 2 golden questions holds." in broken) == (1, True)
    assert vade("index", "rollback", "documents", "--json")[1]["rolled_back"] == 4
    assert vade("golden", "run")[0] == 0
    assert vade("check")[0] == 0
    assert vade("index", "build", "--json")[1]["verdict"] is None


def test_commands_with_nothing_to_do_say_so(vade: Any) -> None:
    for words, said in (
        (("golden", "run"), "There is no golden question yet: new versions come into force unasked."),
        (("index", "promote", "documents"), "No document waits."),
        (("index", "rollback", "documents"), "No document can be rolled back."),
        (("index", "confirm"), "There is nothing that could be rolled back."),
    ):
        assert vade(*words) == (0, said + "\n")


def test_golden_question_about_a_document_that_is_not_there_is_refused(vade: Any, tmp_path: Path) -> None:
    manuals(tmp_path / "m", "The lid bolts of the press P-7 get a torque of 48 N·m.")
    assert vade("ingest", "--as", "group:field", str(tmp_path / "m"))[0] == 0
    field = ("--as", "user:ann", "--groups", "field")
    for name in ("nosuch.md", "ress.md", "%.md", "m", "press.md"):
        groups = () if name == "press.md" else field
        code, told = vade("golden", "add", TORQUE, "--document", name, *groups)
        assert (code, told.count("\n")) == (2, 1)
        assert f"there is no document {name} that " in told
    questions = tmp_path / "more.jsonl"
    line = {"id": "1", "question": TORQUE, "gold_documents": ["press.md"]}
    questions.write_text("\n".join(map(json.dumps, [line, {**line, "gold_documents": ["gone.md"]}])), "utf-8")
    code, told = vade("golden", "import", str(questions), *field)
    assert (code, "there is no document gone.md" in told) == (2, True)
    assert vade("golden", "list", "--json") == (0, [])
    for name in ("press.md", "m/press.md", f"file://{tmp_path}/m/press.md"):
        assert vade("golden", "add", TORQUE, "--document", name, *field)[0] == 0
    (tmp_path / "m" / "press.md").unlink()
    assert vade("ingest", "--as", "group:field", str(tmp_path / "m"))[0] == 0
    assert vade("golden", "add", TORQUE, "--document", "press.md", *field)[0] == 2


@pytest.mark.parametrize(
    "words",
    [
        ("golden", "add", "Why?"),
        ("golden", "add", "Why?", "--refuse", "--answer", "so"),
        ("golden", "remove", "7"),
        ("index", "rollback", "embedder"),
    ],
)
def test_what_makes_no_sense_is_one_clear_line(vade: Any, words: tuple[str, ...]) -> None:
    code, told = vade(*words)
    assert code in {1, 2}
    assert told.startswith("vade: ")
    assert told.count("\n") == 1
