"""The questions in people's own words: two halves apart, and facts that their documents say."""

from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from fakes.application import make_app

from benchmarks.answers import corpora
from benchmarks.answers.report import questions
from benchmarks.set_folders import data_folder, read_lines
from core.permissions import PUBLIC, scope_of
from ingest.connectors.folder import FolderSource
from ingest.parsers.formats import parse
from retrieval.judge.facts import find, fold

HERE = Path(corpora.__file__).parent
FOLDERS = {
    "18f": "corpus_mixed_18f_handbook",
    "arduino": "fault_arduino_help",
    "esp": "fault_esp_faq",
    "sourcegraph": "corpus_md_en_sourcegraph_handbook",
    "runbooks": "fault_prometheus_runbooks",
    "d365": "zh_d365_troubleshooting",
}


def lines(part: str) -> list[dict[str, Any]]:
    return list(read_lines(HERE / f"questions.{part}.jsonl"))


def folded(path: Path) -> str:
    """Return all that a document says: as its file has it if that is text, as it is parsed otherwise."""
    if path.suffix in {".pdf", ".docx"}:
        return fold(parse(path.read_bytes(), path.name, 2**20).text)
    return fold(path.read_text("utf-8"))


def test_the_halves_have_no_corpus_in_common_and_kinds_in_both_languages() -> None:
    halves = {part: lines(part) for part in corpora.PARTS}
    held = {part: {line["corpus"] for line in half} for part, half in halves.items()}
    assert held["train"].isdisjoint(held["report"])
    assert all(len(names) >= 4 for names in held.values())
    report = halves["report"]
    assert len(report) >= 130
    assert sum(not line["answerable"] for line in report) >= 30
    kinds = Counter(line["kind"] for line in report)
    assert len(kinds) >= 6
    assert {line["language"] for half in halves.values() for line in half} == {"en", "zh"}


@pytest.mark.parametrize("part", corpora.PARTS)
def test_questions_are_written_once_and_know_what_answers_them(part: str) -> None:
    gold = questions(part)
    assert len({one.id for one in gold}) == len(gold)
    assert len({(one.question, one.history) for one in gold}) == len(gold)
    assert all(bool(one.facts) == bool(one.documents) == one.answerable for one in gold)


@pytest.mark.skipif(not data_folder().is_dir(), reason="the public sets are not here: set VADE_DATA")
@pytest.mark.parametrize("part", corpora.PARTS)
def test_a_named_document_says_each_fact(part: str, tmp_path: Path) -> None:
    codes = corpora.write_codes(tmp_path)
    roots = {name: data_folder() / folder for name, folder in FOLDERS.items()}
    roots |= {"demo": corpora.DEMO, "hms": codes}
    texts: dict[Path, str] = {}
    unsaid = []
    for line in lines(part):
        paths = [roots[line["corpus"]] / name for name in line["gold_documents"]]
        texts |= {path: folded(path) for path in paths if path not in texts}
        for fact in line["facts"]:
            said = any(find(wording, texts[path]) >= 0 for wording in fact for path in paths)
            if not said and fact[0] not in line.get("derived", ()):
                unsaid.append((line["id"], fact))
    assert not unsaid


def test_the_documents_of_another_checkout_are_removed_from_a_half(tmp_path: Path) -> None:
    here, elsewhere = tmp_path / "here", tmp_path / "elsewhere"
    app = make_app(tmp_path / "data")
    for folder in (here, elsewhere):
        folder.mkdir()
        (folder / "rinser.md").write_text("# Rinser\n\nClean the nozzles every 40 hours.\n", "utf-8")
        app.ingestion.ingest(FolderSource(folder, frozenset({PUBLIC}), 2**20))
    corpora.remove_others(app, [here])
    found = app.searcher.search("clean the nozzles", scope_of(None), 5).passages
    app.close()
    assert [one.uri for one in found] == [(here / "rinser.md").as_uri()]
