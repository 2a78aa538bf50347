"""`vade ask`, `search` and `eval` over the demo documents, with the real embedder."""

import json
from pathlib import Path
from typing import Any

import pytest
from fakes.programs.command import Ended, Vade

QUESTIONS = Path(__file__).resolve().parents[2] / "deploy" / "demo" / "questions.jsonl"
ASKED = [json.loads(line) for line in QUESTIONS.read_text("utf-8").splitlines()]
RESTRICTED = "What is the access code for the service user on the HB-20 panel?"


@pytest.fixture(scope="module")
def answered(demo: Vade) -> Ended:
    return demo.run_cold("ask", "--questions", QUESTIONS)


def holds(answer: dict[str, Any], question: dict[str, Any]) -> bool:
    return any(text in answer["text"] for text in question["answers"])


def test_each_question_of_a_file_is_answered_on_a_line_of_its_own(answered: Ended) -> None:
    assert answered.code == 0
    assert [line["id"] for line in answered.lines] == [question["id"] for question in ASKED]


def test_every_answer_proves_each_of_its_sentences(answered: Ended) -> None:
    for answer in answered.lines:
        assert answer["refused"] == (not answer["sentences"])
        assert bool(answer["reason"]) == answer["refused"]
        for sentence in answer["sentences"]:
            assert sentence["citations"]
            assert all(answer["citations"][number]["quote"] for number in sentence["citations"])


def test_the_demo_is_answered(answered: Ended) -> None:
    pairs = list(zip(answered.lines, ASKED, strict=True))
    wrong = [
        question["id"] for answer, question in pairs if question["answerable"] and not holds(answer, question)
    ]
    said = [
        question["id"] for answer, question in pairs if not question["answerable"] and not answer["refused"]
    ]
    assert wrong == []
    assert said == [], "what the documents do not say, or not to this asker, is refused"


def test_answers_cite_the_documents_that_answer(answered: Ended) -> None:
    for answer, question in zip(answered.lines, ASKED, strict=True):
        if question["answerable"]:
            cited = {citation["uri"].partition("/documents/")[2] for citation in answer["citations"]}
            assert cited & set(question["documents"]), question["id"]


def test_the_restricted_document_is_there_for_its_group_alone(demo: Vade, tmp_path: Path) -> None:
    askers: dict[str, dict[str, Any]] = {
        "in the group": {"as": "user:ann", "groups": ["field"]},
        "in two": {"as": "user:ann", "groups": ["office", "field"]},
        "in none": {"as": "user:ann"},
        "in another": {"as": "user:ann", "groups": ["office"]},
        "called like it": {"as": "user:field"},
    }
    queries = tmp_path / "queries.jsonl"
    lines = [{"id": name, "question": RESTRICTED, **asker} for name, asker in askers.items()]
    queries.write_text("\n".join(map(json.dumps, lines)), "utf-8")
    ended = demo.run("search", "--queries", queries, "--limit", "20")
    found = {line["id"]: json.dumps(line) for line in ended.lines}
    assert list(found) == list(askers)
    for name, text in found.items():
        assert ("service-override" in text) is ("7319" in text) is name.startswith(("in the", "in two")), name


def test_a_follow_up_in_a_file_is_completed_from_what_was_asked_before(demo: Vade, tmp_path: Path) -> None:
    before = "What does fault E-42 mean?"
    asked = [
        {"id": "after", "question": "And E-43?", "after": [before]},
        {"id": "history", "question": "And E-43?", "history": [{"question": before, "answer": "Overload."}]},
        {"id": "alone", "question": "And E-43?"},
    ]
    file = tmp_path / "questions.jsonl"
    file.write_text("\n".join(map(json.dumps, asked)), "utf-8")
    understood = {line["id"]: line["understood"] for line in demo.run("ask", "--questions", file).lines}
    assert understood == {
        "after": "What does fault E-43 mean?",
        "history": "What does fault E-43 mean?",
        "alone": "",
    }


def test_an_answer_can_be_read_by_a_person(demo: Vade) -> None:
    ended = demo.run("ask", "--as", "user:ann", "--groups", "field", RESTRICTED)
    assert ended.code == 0
    assert "7319" in ended.out
    assert "[1]" in ended.out
    assert "SB-2025-07-HB-20-service-override.pdf" in ended.out
    refused = demo.run("ask", "--as", "user:ann", RESTRICTED)
    assert refused.code == 0
    assert "7319" not in refused.out
    assert "service-override" not in refused.out


def test_json_is_one_document_and_nothing_else(demo: Vade) -> None:
    answer = demo.run("ask", "--json", "What does fault E-42 on the filler mean?").json
    assert "Bowl pressure low" in answer["text"]


@pytest.mark.parametrize(
    ("text", "named"),
    [("no json\n", "line 1"), ('{"id": 1, "question": "x"}\n\n{"id": 2}\n', "line 3"), ("[]\n", "line 1")],
)
def test_a_malformed_line_is_named_before_anything_is_asked(
    demo: Vade, tmp_path: Path, text: str, named: str
) -> None:
    (tmp_path / "questions.jsonl").write_text(text, "utf-8")
    ended = demo.run("ask", "--questions", tmp_path / "questions.jsonl")
    assert (ended.code, ended.out) == (2, "")
    assert named in ended.err


@pytest.mark.parametrize("arguments", [["ask"], ["ask", "  "], ["search"], ["ask", "--as", "user:", "x"]])
def test_a_question_or_an_asker_that_is_none_is_exit_code_2(demo: Vade, arguments: list[str]) -> None:
    ended = demo.run(*arguments)
    assert (ended.code, ended.out) == (2, "")
    assert ended.err.startswith("vade: ")


def test_a_folder_in_beir_layout_is_measured(tmp_path: Path) -> None:
    texts = {"d1": "The pump gets 35 g of grease.", "d2": "The valve leaks.", "d3": "Leave is 30 days."}
    questions = {"q1": "How much grease does the pump get?", "q2": "What about the valve?"}
    corpus = tmp_path / "tiny"
    (corpus / "qrels").mkdir(parents=True)
    for name, lines in (("corpus", texts), ("queries", questions)):
        (corpus / f"{name}.jsonl").write_text(
            "".join(json.dumps({"_id": key, "text": text}) + "\n" for key, text in lines.items()), "utf-8"
        )
    (corpus / "qrels" / "test.tsv").write_text("query-id\tcorpus-id\tscore\nq1\td1\t1\nq2\td2\t1\n", "utf-8")
    vade = Vade(tmp_path / "data")
    ended = vade.run("eval", "--json", corpus)
    assert ended.code == 0, ended.err
    assert ended.json["ndcg@10"] == 1.0
    refused = vade.run("eval", "--json", "--split", "dev", corpus)
    assert (refused.code, refused.json["error"]["code"]) == (2, "input")
