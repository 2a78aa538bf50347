"""The quality of searches and refusals does not fall: small parts of the public sets, with the real embedder.

The floors lie a little below what was measured when they were set. They stand on the parts that choices are
made on; what is reported is measured on the others (`make bench-quality`, `python -m benchmarks.grounding`).
"""

from pathlib import Path

import pytest

from api.cli.measurement import measure_answers, measure_search
from benchmarks.datasets import ANSWER_SETS, SEARCH_SETS
from benchmarks.set_folders import data_folder, read_lines, write_judgements, write_lines
from core.permissions import scope_of
from core.settings import Settings, load_settings

pytestmark = [
    pytest.mark.skipif(not data_folder().is_dir(), reason="the public sets are not here"),
    pytest.mark.slow("hundreds of texts are embedded by the real embedder"),
]

PART = "train"
# Two thousand fault codes would take a minute to embed.
CODES = 200
# Questions with an answer, and as many without one.
QUESTIONS = 40


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return load_settings(tmp_path / "data")


def test_the_runbook_of_an_alert_is_found(settings: Settings, tmp_path: Path) -> None:
    SEARCH_SETS["runbooks"](tmp_path / "runbooks")
    assert measure_search(settings, tmp_path / "runbooks", PART)["ndcg@10"].value >= 0.59


def test_a_code_is_found_exactly(settings: Settings, tmp_path: Path) -> None:
    folder = tmp_path / "dji"
    SEARCH_SETS["dji"](folder)
    codes = [line["_id"] for line in read_lines(folder / "corpus.jsonl")][:CODES]
    for file in ("corpus.jsonl", "queries.jsonl"):
        write_lines(folder / file, list(read_lines(folder / file))[:CODES])
    write_judgements(folder / "qrels" / f"{PART}.tsv", [(code, code) for code in codes])
    assert measure_search(settings, folder, PART)["hit@1"].value >= 0.99


def test_what_has_an_answer_is_told_from_what_has_none(settings: Settings, tmp_path: Path) -> None:
    ANSWER_SETS["clapnq"](tmp_path / "all")
    lines = list(read_lines(tmp_path / "all" / f"{PART}.jsonl"))
    asked = [
        *[line for line in lines if line["answerable"]][:QUESTIONS],
        *[line for line in lines if not line["answerable"]][:QUESTIONS],
    ]
    (tmp_path / "documents").mkdir()
    for file in {file for line in asked for file in line["gold_documents"]}:
        (tmp_path / "all" / "documents" / file).rename(tmp_path / "documents" / file)
    write_lines(tmp_path / "questions.jsonl", asked)
    measured = measure_answers(settings, tmp_path / "questions.jsonl", tmp_path / "documents", scope_of(None))
    assert measured["auroc"].value >= 0.80
    assert measured["answer_in_citation"].value >= 0.75
    assert measured["refused_answerable"].value <= 0.20
