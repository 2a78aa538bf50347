"""`vade eval` as a person or a program calls it, over a corpus of four documents."""

import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from api.cli.main import main
from core.errors import ServerDownError
from core.values.notices import BY_WORDS_ONLY
from llm.embedding.opening import DeferredEmbedder

CORPUS = {
    "pump": "Pump P-7 runs at 2900 rpm and is greased every 400 hours.",
    "valve": "Valve V-11 is tightened with 18 N·m.",
    "filler": "The filler is cleaned with hot water after each shift.",
    "leave": "Carried-over leave days expire at the end of March.",
}
QUERIES = {
    "q1": ("How fast does pump P-7 run?", "pump"),
    "q2": ("When do leave days expire?", "leave"),
    "q3": ("What is the filler cleaned with?", "filler"),
}


def lines(path: Path, *rows: object) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("".join(f"{json.dumps(row)}\n" for row in rows), "utf-8")
    return path


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    place = tmp_path_factory.mktemp("eval")
    lines(place / "set" / "corpus.jsonl", *({"_id": key, "text": text} for key, text in CORPUS.items()))
    queries = ({"_id": key, "text": text} for key, (text, _) in QUERIES.items())
    lines(place / "set" / "queries.jsonl", *queries)
    (place / "set" / "qrels").mkdir()
    rows = "".join(f"{key}\t{document}\t1\n" for key, (_, document) in QUERIES.items())
    (place / "set" / "qrels" / "test.tsv").write_text(f"query-id\tcorpus-id\tscore\n{rows}")
    for key, text in CORPUS.items():
        (place / "documents").mkdir(exist_ok=True)
        (place / "documents" / f"{key}.md").write_text(text + "\n", "utf-8")
    return place


def vade(place: Path, *arguments: object) -> Result:
    return CliRunner().invoke(main, ["--data-dir", str(place / "data"), *map(str, arguments)])


def measured(place: Path, *arguments: object) -> dict[str, Any]:
    done = vade(place, "eval", *arguments, "--json")
    assert done.exit_code == 0, done.output
    return dict(json.loads(done.stdout))


def test_a_search_set_is_measured_with_intervals(place: Path) -> None:
    said = measured(place, place / "set")
    assert (said["ndcg@10"], said["hit@1"], said["questions"]) == (1.0, 1.0, 3)
    assert said["intervals"]["ndcg@10"] == [1.0, 1.0]
    assert 0 < said["ms_p50"] <= said["ms_p95"]


def test_two_configurations_stand_side_by_side(place: Path) -> None:
    said = measured(place, place / "set", "--compare", "retrieval.candidates=1")
    assert said["compared"]["with"] == ["retrieval.candidates=1"]
    assert said["compared"]["ndcg@10"] == 1.0
    assert said["compared"]["differences"]["ndcg@10"] == {"difference": 0, "low": 0, "high": 0, "p": 1}
    text = vade(place, "eval", place / "set", "--compare", "retrieval.candidates=1").stdout
    assert "ndcg@10" in text
    assert "p=1.0000" in text


def test_answers_and_refusals_are_measured_over_a_folder(place: Path) -> None:
    questions = lines(
        place / "questions.jsonl",
        {
            "id": "a",
            "question": "How often is pump P-7 greased?",
            "answers": ["every 400 hours"],
            "answerable": True,
            "gold_documents": ["pump.md"],
        },
        {"id": "b", "question": "What does fault E-99 mean?", "answers": [], "answerable": False},
    )
    said = measured(place, "--answers", questions, "--documents", place / "documents")
    assert (said["answer_in_citation"], said["citation_precision"]) == (1.0, 1.0)
    assert (said["refused_unanswerable"], said["refused_answerable"]) == (1.0, 0.0)
    assert (said["auroc"], said["questions"]) == (1.0, 2)


def test_complete_answers_are_measured_by_kind(place: Path) -> None:
    questions = lines(
        place / "facts.jsonl",
        {
            "id": "a",
            "question": "How often is pump P-7 greased?",
            "kind": "number",
            "facts": [["every 400 hours", "every four hundred hours"]],
            "gold_documents": ["pump.md"],
        },
        {
            "id": "b",
            "question": "And valve V-11?",
            "kind": "follow-up",
            "facts": [["18 N·m"]],
            "history": [{"question": "What is pump P-7 tightened with?", "answer": ""}],
        },
        {"id": "c", "question": "What does fault E-99 mean?", "answerable": False},
    )
    said = measured(place, "--answers", questions, "--documents", place / "documents")
    assert (said["facts_said"], said["complete"], said["wrong"]) == (1.0, 1.0, 0.0)
    assert (said["complete number"], said["complete follow-up"]) == (1.0, 1.0)
    assert (said["counts"]["complete"], said["counts"]["wrong"]) == (2, 3)
    text = vade(place, "eval", "--answers", questions, "--documents", place / "documents").stdout
    assert "complete follow-up" in text


@pytest.mark.parametrize(
    ("wrong", "told"),
    [
        ({"facts": ["400 hours"]}, "a fact of question a is not a list of wordings"),
        ({"verdict": "perhaps"}, "verdict of question a is neither yes nor no"),
        ({"history": [{"answer": "It is."}]}, "question"),
    ],
)
def test_a_malformed_question_is_named(place: Path, wrong: dict[str, Any], told: str) -> None:
    questions = lines(place / "wrong.jsonl", {"id": "a", "question": "Is it?", **wrong})
    done = vade(place, "eval", "--answers", questions)
    assert done.exit_code == 2
    assert told in done.output


def test_without_documents_the_data_folder_itself_is_asked(place: Path) -> None:
    questions = lines(place / "one.jsonl", {"id": "a", "question": "Is it?", "answerable": False})
    said = measured(place, "--answers", questions)
    assert (said["refused_unanswerable"], said["answer_in_citation"]) == (1.0, None)


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ((), "give a folder in BEIR layout"),
        (("set", "--compare", "retrieval.dense_weight"), "write it as retrieval.dense_weight=0.7"),
        (("set", "--compare", "retrieval.no_such=1"), "retrieval.no_such"),
        (("set", "--split", "dev"), "dev.tsv"),
    ],
)
def test_what_cannot_be_measured_is_said_in_a_line(
    place: Path, arguments: tuple[str, ...], said: str
) -> None:
    done = vade(place, "eval", *(place / "set" if word == "set" else word for word in arguments))
    assert done.exit_code == 2
    assert said in done.output


def test_questions_asked_by_words_alone_are_counted(place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def down(*asked: object) -> None:
        raise ServerDownError("no answer")

    monkeypatch.setattr(DeferredEmbedder, "embed_question", down)
    done = vade(place, "eval", place / "set", "--json")
    assert f"3 of 3 questions: {BY_WORDS_ONLY.text}" in done.stderr.splitlines()
    assert json.loads(done.stdout)["questions"] == 3


def test_a_set_with_documents_without_a_text_is_measured(place: Path, tmp_path: Path) -> None:
    for name in ("queries.jsonl", "qrels/test.tsv"):
        (tmp_path / "bare" / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "bare" / name).write_bytes((place / "set" / name).read_bytes())
    corpus = [{"_id": key, "text": text} for key, text in CORPUS.items()]
    bare = [{"_id": "471", "title": "", "text": ""}, {"_id": "995", "title": "A title alone", "text": ""}]
    lines(tmp_path / "bare" / "corpus.jsonl", *corpus, *bare)
    assert measured(place, tmp_path / "bare")["ndcg@10"] == 1.0
