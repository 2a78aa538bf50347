"""The public sets as `vade eval` reads them; skipped where they do not lie."""

import json
from pathlib import Path

import pytest

from benchmarks.datasets import ANSWER_SETS, SEARCH_SETS
from benchmarks.set_folders import PARTS, data_folder, read_lines
from ingest.connectors.beir import BeirCorpus, read_judgements, read_queries

pytestmark = pytest.mark.skipif(not data_folder().is_dir(), reason="the public sets are not here")

# As the sets' authors count them, less what has no text.
DOCUMENTS = {
    "scifact": 5183, "esp-en": 895, "esp-zh": 895, "esp-zh-en": 895, "esp-en-titled": 895,
    "esp-zh-titled": 895, "runbooks": 104, "arduino": 244, "d365": 87, "dji": 2446,
}  # fmt: skip
QUESTIONS = {"clapnq": (300, 300), "cmrc": (1608, 1611), "tatqa": (459, 459)}


@pytest.mark.parametrize("name", SEARCH_SETS)
def test_a_search_set_judges_each_query_once_and_names_documents_it_has(name: str, tmp_path: Path) -> None:
    SEARCH_SETS[name](tmp_path)
    corpus = BeirCorpus(tmp_path, frozenset({"public"}))
    [listing] = corpus.listings("")
    documents = {corpus.document_id(listed.uri) for listed in listing.listed}
    assert len(documents) == DOCUMENTS[name]
    judged = {part: read_judgements(tmp_path, part) for part in PARTS}
    assert judged["train"].keys().isdisjoint(judged["test"])
    assert judged["train"].keys() | judged["test"].keys() <= read_queries(tmp_path).keys()
    assert {
        document for part in judged.values() for query in part.values() for document in query
    } <= documents


@pytest.mark.parametrize("name", ANSWER_SETS)
def test_an_answer_set_has_the_documents_that_it_names(name: str, tmp_path: Path) -> None:
    ANSWER_SETS[name](tmp_path)
    files = {path.name for path in (tmp_path / "documents").iterdir()}
    ids = []
    for part, count in zip(PARTS, QUESTIONS[name], strict=True):
        rows = list(read_lines(tmp_path / f"{part}.jsonl"))
        assert len(rows) == count
        assert all(set(row["gold_documents"]) <= files for row in rows)
        assert all(bool(row["answers"]) == row["answerable"] for row in rows), json.dumps(rows[0])
        ids += [row["id"] for row in rows]
    assert len(ids) == len(set(ids))
