import json
from pathlib import Path

import pytest

from core.errors import InputError
from ingest.connectors.beir import BeirCorpus, read_judgements, read_queries

EVERYBODY = frozenset({"public"})


def write_lines(path: Path, *lines: object) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("".join(f"{json.dumps(line)}\n" for line in lines), "utf-8")


def test_a_corpus_is_a_source_of_one_page_a_line(tmp_path: Path) -> None:
    write_lines(
        tmp_path / "corpus.jsonl",
        {"_id": "d1", "title": "Pump", "text": "It pumps."},
        {"_id": 2, "text": "Two."},
    )
    corpus = BeirCorpus(tmp_path, EVERYBODY)
    [listing] = corpus.listings("")
    first, second = listing.listed
    assert [corpus.document_id(listed.uri) for listed in (first, second)] == ["d1", "2"]
    assert corpus.fetch(first) == b"# Pump\n\nIt pumps."
    assert corpus.fetch(second) == b"Two."
    assert first.principals == EVERYBODY
    assert listing.complete
    assert first.stamp != second.stamp


def test_documents_without_a_text_are_left_out_or_stand_by_their_title(tmp_path: Path) -> None:
    """As in Cranfield, where the documents 471 and 995 have an empty text."""
    write_lines(
        tmp_path / "corpus.jsonl",
        {"_id": "471", "title": "", "text": ""},
        {"_id": "995", "title": None, "text": None},
        {"_id": "7", "title": "Wings", "text": " "},
        {"_id": "8", "text": "Flow."},
    )
    corpus = BeirCorpus(tmp_path, EVERYBODY)
    [listing] = corpus.listings("")
    assert [corpus.fetch(one) for one in listing.listed] == [b"Wings", b"Flow."]


@pytest.mark.parametrize(
    "line", ["no json", "[1]", '{"_id": "d1"}', '{"text": "x"}', '{"_id": "", "text": "x"}']
)
def test_a_malformed_line_is_named_by_its_number(tmp_path: Path, line: str) -> None:
    (tmp_path / "corpus.jsonl").write_text(f'{{"_id": "d1", "text": "fine"}}\n\n{line}\n', "utf-8")
    with pytest.raises(InputError, match=r"corpus\.jsonl, line 3"):
        list(BeirCorpus(tmp_path, EVERYBODY).listings(""))


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"corpus\.jsonl cannot be read"):
        list(BeirCorpus(tmp_path, EVERYBODY).listings(""))
    with pytest.raises(InputError, match=r"queries\.jsonl cannot be read"):
        read_queries(tmp_path)
    with pytest.raises(InputError, match=r"qrels/test\.tsv"):
        read_judgements(tmp_path, "test")


def test_queries_and_judgements_are_read_by_id(tmp_path: Path) -> None:
    write_lines(tmp_path / "queries.jsonl", {"_id": "q1", "text": "Which pump?"}, {"_id": 2, "text": "Why?"})
    qrels = tmp_path / "qrels" / "test.tsv"
    qrels.parent.mkdir()
    qrels.write_text("query-id\tcorpus-id\tscore\nq1\td1\t2\nq1\td2\t0\n2\td1\t1\n", "utf-8")
    assert read_queries(tmp_path) == {"q1": "Which pump?", "2": "Why?"}
    assert read_judgements(tmp_path, "test") == {"q1": {"d1": 2, "d2": 0}, "2": {"d1": 1}}


@pytest.mark.parametrize(
    "text",
    [
        "",
        "query-id\tcorpus-id\tscore\n",
        "query-id\tcorpus-id\nq\td\n",
        "query-id\tcorpus-id\tscore\nq\td\tx\n",
    ],
)
def test_judgements_that_judge_nothing_are_refused(tmp_path: Path, text: str) -> None:
    qrels = tmp_path / "qrels" / "test.tsv"
    qrels.parent.mkdir()
    qrels.write_text(text, "utf-8")
    with pytest.raises(InputError, match="query-id, corpus-id, score are needed"):
        read_judgements(tmp_path, "test")
