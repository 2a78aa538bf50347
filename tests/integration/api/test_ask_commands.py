"""`vade ask` and `vade search` in this process: filters, several words, an empty installation."""

import json
from pathlib import Path
from typing import Any

import pytest

from core.errors import (
    DeadlineExceededError,
    InputError,
    ModelError,
    RequestInvalidError,
    ServerDownError,
    StorageError,
)
from core.values.answers import Answer
from retrieval.answer import Answerer
from retrieval.filter_check import NO_DOCUMENT

QUESTION = ("At", "how", "many", "rpm", "does", "the", "pump", "run?")


@pytest.fixture
def manuals(vade: Any, tmp_path: Path) -> Path:
    folder = tmp_path / "manuals"
    (folder / "hr").mkdir(parents=True)
    (folder / "pump.md").write_text("# Pump\n\nThe pump P-7 of the filler runs at 2900 rpm.\n", "utf-8")
    (folder / "hr" / "pay.txt").write_text("The pay of the directors is secret.", "utf-8")
    (folder / "hr" / ".vade.yaml").write_text("read: ['group:hr']\ntags: [pay]\n", "utf-8")
    assert vade("ingest", "--public", str(folder))[0] == 0
    return folder


def test_question_without_quotation_marks_is_the_words_together(vade: Any, manuals: Path) -> None:
    for command, more in (("ask", ()), ("search", ("--limit", "3"))):
        code, loose = vade(command, *QUESTION[:3], *more, *QUESTION[3:])
        assert code == 0
        assert "2900 rpm" in loose
        assert vade(command, " ".join(QUESTION), *more) == (0, loose)


def test_filter_that_selects_nothing_is_exit_code_2(vade: Any, manuals: Path) -> None:
    for command, words, message in (
        ("ask", ["--source", "nosuch"], "is from the source 'nosuch'; known sources: file://"),
        ("search", ["--type", ".docx"], "is of the type '.docx'; known types: md."),
        ("ask", ["--language", "swahili"], "is in the language 'swahili'; known languages: en."),
        ("search", ["--since", "2025-01-01", "--as-of", "2024-01-01"], "ends before it begins"),
        ("ask", ["--tag", "pay"], "has the tag 'pay'; none has any tag."),
    ):
        code, said = vade(command, *words, *QUESTION)
        assert (code, message in said, said.count("\n")) == (2, True, 1), said
        code, said = vade(command, "--json", *words, *QUESTION)
        assert (code, said["error"]["code"], message in said["error"]["message"]) == (2, "filter", True)


def test_filter_in_other_words_finds(vade: Any, manuals: Path) -> None:
    for words in (["--type", ".md"], ["--type", "MD"], ["--language", "english"]):
        code, said = vade("ask", *words, *QUESTION)
        assert (code, "2900 rpm" in said) == (0, True), words


def test_types_and_languages_may_be_listed_with_commas(vade: Any, manuals: Path) -> None:
    code, found = vade("search", "--json", "--type", "txt, md", "--language", "zh,en", *QUESTION)
    assert (code, len(found["hits"])) == (0, 1)
    assert [notice.partition(";")[0] for notice in found["notices"]] == [
        "No document that you may read is of the type 'txt'",
        "No document that you may read is in the language 'zh'",
    ]


def test_source_can_be_named_by_its_folder(vade: Any, manuals: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(manuals.parent)
    for name in ("manuals", "./manuals/", str(manuals), f"file://{manuals}"):
        code, found = vade("search", "--json", "--source", name, *QUESTION)
        assert (code, len(found["hits"])) == (0, 1), name


def test_each_line_of_a_file_has_the_error_of_its_own_asker(vade: Any, manuals: Path, tmp_path: Path) -> None:
    lines = [{"id": 1, "question": "Pay?"}, {"id": 2, "question": "Is the pay secret?", "groups": ["hr"]}]
    (tmp_path / "q.jsonl").write_text("\n".join(map(json.dumps, lines)), "utf-8")
    for command, option in (("ask", "--questions"), ("search", "--queries")):
        code, out = vade(command, "--tag", "pay", option, str(tmp_path / "q.jsonl"))
        first, second = map(json.loads, out.splitlines())
        assert (code, first["id"], first["error"]["code"]) == (1, 1, "filter")
        assert (second["id"], second["refused"]) == (2, False)


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["ask", "--as", "group:field", "Why?"], "'user:group:field' is a group; name the user who asks"),
        (["search", "--as", "user:ext:wiki:ops", "Why?"], "is a group"),
        (["ask", "--questions", __file__, "Why?"], "a file of them with --questions, not both"),
        (["search", "--queries", __file__, "Why?"], "a file of them with --queries, not both"),
        (["ask", "--since", "01.02.2024", "Why?"], "'01.02.2024' is not a day; write it as 2024-03-31"),
        (["ask", "--as-of", "2024-02-30", "Why?"], "'2024-02-30' is not a day"),
        (["eval", str(Path(__file__).parent)], "queries.jsonl cannot be read: No such file or directory"),
        (["document", "show", "pump.md"], "write its path or URI as `vade search` shows it"),
    ],
)
def test_wrong_words_are_told_in_plain_ones(vade: Any, words: list[str], message: str) -> None:
    code, said = vade(*words)
    assert (code > 0, message in said) == (True, True), said


def test_empty_installation_says_how_documents_come_in(vade: Any) -> None:
    assert vade("ask", *QUESTION) == (0, NO_DOCUMENT + "\n")
    assert vade("ask", "What does E-42 mean?", "--type", "pdf") == (0, NO_DOCUMENT + "\n")
    assert vade("ask", "--json", *QUESTION)[1]["reason"] == NO_DOCUMENT
    assert vade("search", *QUESTION) == (0, NO_DOCUMENT + "\n")
    assert vade("search", "--json", *QUESTION)[1]["notices"] == [NO_DOCUMENT]


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (ServerDownError("the model server is down"), "server_down"),
        (DeadlineExceededError(), "deadline"),
        (RequestInvalidError("the model server answered 400"), "request_invalid"),
        (InputError("the question exceeds the model's context"), "input"),
        (ZeroDivisionError("a fault of ours"), "internal"),
    ],
)
def test_an_answer_that_fails_ends_its_own_line_of_a_file_alone(
    vade: Any, manuals: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, error: Exception, code: str
) -> None:
    exit_code, lines = ask_file(vade, tmp_path, monkeypatch, error)
    assert exit_code == 1
    assert [line["id"] for line in lines] == [1, 2, 3]
    assert lines[1]["error"]["code"] == code
    assert all("2900 rpm" in line["text"] for line in (lines[0], lines[2]))


@pytest.mark.parametrize("error", [ModelError("no such folder"), StorageError("the disk is full")])
def test_a_model_or_a_database_that_cannot_be_used_ends_a_file(
    vade: Any, manuals: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, error: Exception
) -> None:
    exit_code, lines = ask_file(vade, tmp_path, monkeypatch, error)
    assert exit_code in (1, 2)
    assert [line["id"] for line in lines] == [1]


def ask_file(
    vade: Any, folder: Path, monkeypatch: pytest.MonkeyPatch, error: Exception
) -> tuple[int, list[Any]]:
    """Ask three questions of which the second fails; return the exit code and the lines that came out."""
    answer = Answerer.answer

    def failing(self: Answerer, question: str, *more: Any, **named: Any) -> Answer:
        if "fails" in question:
            raise error
        return answer(self, question, *more, **named)

    monkeypatch.setattr(Answerer, "answer", failing)
    asked = (" ".join(QUESTION), "What fails?", " ".join(QUESTION))
    rows = [json.dumps({"id": number, "question": text}) for number, text in enumerate(asked, 1)]
    (folder / "questions.jsonl").write_text("\n".join(rows), "utf-8")
    code, said = vade("ask", "--questions", str(folder / "questions.jsonl"))
    return code, [json.loads(line) for line in said.splitlines() if line.startswith("{")]
