"""`vade ingest` and `vade check` as an operator meets them: exit codes, one JSON document, plain reasons."""

import os
import shutil
from pathlib import Path

import pytest
from fakes.embedder import in_force
from fakes.programs.command import Ended, Vade

from core.events import ignore
from core.locks import SignOfLife
from core.permissions import PUBLIC
from core.store.database import Database
from ingest.connectors.folder import FolderSource
from ingest.run.run import PLAIN, Runs
from ingest.uris import file_uri

ROOT = Path(__file__).resolve().parents[2]
DOCUMENTS = ROOT / "deploy" / "demo" / "documents"
DATA = Path(os.environ.get("VADE_DATA", ROOT / ".." / "shared" / "data")).resolve()

# Each file, and the message that the supplier's mail quotes.
DEMO_DOCUMENTS = 1 + sum(path.is_file() and path.name[0] != "." for path in DOCUMENTS.rglob("*"))


@pytest.fixture
def vade(tmp_path: Path) -> Vade:
    return Vade(tmp_path / "data")


def folder(path: Path, **files: str) -> Path:
    path.mkdir()
    for name, text in files.items():
        (path / f"{name}.md").write_text(text, "utf-8")
    return path


def one_line(text: str) -> bool:
    return text.startswith("vade: ") and text.count("\n") == 1 and "Traceback" not in text


def test_the_demo_is_read_whole_and_agrees(demo_run: tuple[Vade, Ended]) -> None:
    vade, ended = demo_run
    assert ended.code == 0
    assert ended.json["added"] == DEMO_DOCUMENTS
    assert ended.json["failed"] == 0
    assert {document["outcome"] for document in ended.json["runs"][0]["documents"]} == {"added"}
    checked = vade.run("check", "--json")
    assert (checked.code, checked.json["ok"], checked.json["findings"]) == (0, True, [])
    assert checked.json["documents"] == DEMO_DOCUMENTS
    assert checked.json["chunks"] == ended.json["chunks"]


def test_a_second_run_finds_nothing_to_do_and_loads_no_model(demo: Vade) -> None:
    telling = Vade(demo.data_dir, (("PYTHONPROFILEIMPORTTIME", "1"),))
    ended = telling.run_cold("ingest", "--json", DOCUMENTS)
    again = ended.json
    assert (again["unchanged"], again["added"], again["changed"], again["embedded"]) == (
        DEMO_DOCUMENTS,
        0,
        0,
        0,
    )
    assert again["embedder_forward_share"] == 0
    imported = {line.rsplit("|", 1)[-1].strip() for line in ended.err.splitlines()}
    assert "core.store.database" in imported
    assert not {"torch", "transformers"} & imported, "they take seconds to load"


def test_a_file_that_cannot_be_read_is_listed_with_its_reason_and_the_exit_code_is_1(
    vade: Vade, tmp_path: Path
) -> None:
    manuals = folder(tmp_path / "manuals", good="The pump runs.")
    (manuals / "broken.pdf").write_bytes(b"%PDF-1.7 and nothing more")
    ended = vade.run("ingest", "--json", manuals)
    assert (ended.code, ended.json["added"], ended.json["failed"]) == (1, 1, 1)
    failed, added = ended.json["runs"][0]["documents"]
    assert (failed["uri"], failed["outcome"]) == (file_uri(manuals / "broken.pdf"), "failed")
    assert failed["reason"]
    assert added["outcome"] == "added"
    for_a_person = vade.run("ingest", manuals)
    assert for_a_person.code == 1
    assert file_uri(manuals / "broken.pdf") in for_a_person.out
    assert failed["reason"] in for_a_person.out


def test_removed_files_are_gone_but_an_empty_folder_must_be_meant(vade: Vade, tmp_path: Path) -> None:
    manuals = folder(tmp_path / "manuals", pump="The pump runs.")
    assert vade.run("ingest", manuals).code == 0
    (manuals / "pump.md").unlink()
    refused = vade.run("ingest", manuals)
    assert (refused.code, refused.out) == (2, "")
    assert "--allow-deletions" in refused.err
    assert vade.run("check", "--json").json["chunks"] == 1
    assert vade.run("ingest", "--allow-deletions", "--json", manuals).json["deleted"] == 1
    assert vade.run("check", "--json").json["chunks"] == 0


def test_an_unknown_setting_is_named_and_the_exit_code_is_2(tmp_path: Path) -> None:
    vade = Vade(tmp_path / "data", (("VADE_INGEST__CHUNK_TOKEN", "200"),))
    ended = vade.run("ingest", "--json", DOCUMENTS)
    assert ended.code == 2
    assert one_line(ended.err)
    assert "VADE_INGEST__CHUNK_TOKEN" in ended.err
    assert ended.json["error"]["code"] == "settings"


@pytest.mark.parametrize(
    "command", [["ingest", "x"], ["ask", "x"], ["check"]], ids=lambda command: command[0]
)
def test_a_data_folder_that_cannot_be_made_is_exit_code_2(tmp_path: Path, command: list[str]) -> None:
    (tmp_path / "file").write_text("in the way", "utf-8")
    ended = Vade(tmp_path / "file" / "data").run(*command)
    assert (ended.code, ended.out) == (2, "")
    assert one_line(ended.err)
    assert "cannot be made" in ended.err


def test_a_data_folder_that_others_can_read_is_closed_and_a_home_is_refused(tmp_path: Path) -> None:
    data, home = folder(tmp_path / "data"), folder(tmp_path / "home", letter="Dear Ann")
    for path in (data, home):
        path.chmod(0o755)
    ended = Vade(data).run("source", "list")
    assert (ended.code, ended.out) == (0, "No source was added yet.\n")
    assert '"event": "data.closed"' in ended.err
    assert [path.stat().st_mode & 0o777 for path in (data, data / "truth.db")] == [0o700, 0o600]
    assert Vade(data).run("source", "list").err == ""
    ended = Vade(home).run("source", "list")
    assert ended.code == 2
    assert one_line(ended.err)
    assert f"chmod 700 {home}" in ended.err
    assert home.stat().st_mode & 0o777 == 0o755


@pytest.mark.parametrize("arguments", [["ingest"], ["ingest", "--nonsense", "x"], ["nonsense"]])
def test_wrong_usage_is_exit_code_2(vade: Vade, arguments: list[str]) -> None:
    ended = vade.run(*arguments)
    assert (ended.code, ended.out) == (2, "")
    assert "Usage:" in ended.err


def test_a_folder_that_is_not_there_is_exit_code_2(vade: Vade, tmp_path: Path) -> None:
    ended = vade.run("ingest", tmp_path / "gone")
    assert (ended.code, ended.out) == (2, "")
    assert one_line(ended.err)
    assert "nothing was changed" in ended.err


def test_a_run_beside_another_one_over_the_same_folder_is_exit_code_3(vade: Vade, tmp_path: Path) -> None:
    manuals = folder(tmp_path / "manuals", pump="The pump runs.")
    assert vade.run("ingest", manuals).code == 0
    database, life = Database(f"sqlite:///{vade.data_dir / 'truth.db'}"), SignOfLife(vade.data_dir)
    source = FolderSource(manuals, frozenset({PUBLIC}), 1)
    with Runs(database, life, in_force, 60).open(source, PLAIN, ignore):
        ended = vade.run("ingest", "--json", manuals)
    assert ended.code == 3
    assert one_line(ended.err)
    assert ended.json["error"]["code"] == "already_running"


def test_a_damaged_database_is_one_clear_error(vade: Vade) -> None:
    vade.data_dir.mkdir(0o700)
    (vade.data_dir / "truth.db").write_bytes(b"this is not a database" * 100)
    (vade.data_dir / "truth.db").chmod(0o600)
    ended = vade.run("check", "--json")
    assert ended.code == 1
    assert one_line(ended.err)
    assert ended.json["error"]["code"] == "storage"


def test_a_damaged_index_is_built_anew_without_a_word(demo: Vade, tmp_path: Path) -> None:
    vade = Vade(shutil.copytree(demo.data_dir, tmp_path / "data"))
    for path in (vade.data_dir / "index").rglob("gen-*/*"):
        path.write_bytes(b"damaged")
    ended = vade.run("check", "--json")
    assert (ended.code, ended.json["ok"]) == (0, True)
    assert "index.unusable" in ended.err, "but the log says so"


@pytest.mark.timeout(300)
def test_every_file_of_a_folder_full_of_trouble_ends_with_a_state_and_a_plain_reason(vade: Vade) -> None:
    corpus = DATA / "corpus_robustness"
    if not corpus.is_dir():
        pytest.skip(f"{corpus.name} is not in {DATA}; set VADE_DATA to the folder that holds it")
    ended = vade.run("ingest", "--public", "--json", corpus)
    assert ended.code == 1, ended.err[-2000:]
    documents = ended.json["runs"][0]["documents"]
    files = [path for path in corpus.rglob("*") if path.is_file() and not path.name.startswith(".")]
    assert {document["uri"] for document in documents} == {file_uri(path) for path in files}
    failed = [document for document in documents if document["outcome"] == "failed"]
    assert len(failed) == ended.json["failed"] > 0
    assert {document["outcome"] for document in documents} == {"added", "failed"}
    for document in failed:
        assert document["code"]
        assert 10 < len(document["reason"]) < 300, document
        assert "Traceback" not in document["reason"]
        assert "\n" not in document["reason"]
    checked = vade.run("check", "--json").json
    assert (checked["ok"], checked["documents"]) == (True, len(files))
    again = vade.run("ingest", "--public", "--json", corpus)
    kept = [document for document in again.json["runs"][0]["documents"] if document["outcome"] == "failed"]
    assert (again.code, again.json["embedded"]) == (1, 0)
    assert {d["uri"]: d["reason"] for d in kept} == {d["uri"]: d["reason"] for d in failed}


def test_a_file_name_that_is_not_utf8_is_one_failure_and_no_traceback(vade: Vade, tmp_path: Path) -> None:
    docs = folder(tmp_path / "docs", good="The pump runs at 40 bar.")
    Path(os.fsdecode(os.fsencode(docs) + b"/caf\xe9.md")).write_text("The pump stands.", "utf-8")
    ended = vade.run("ingest", docs, "--public")
    assert ended.code == 1
    assert "Traceback" not in ended.out + ended.err
    assert f"{file_uri(docs)}/caf%E9.md" in ended.out
    assert r"its name is not UTF-8 (caf\xe9.md); rename it" in ended.out
    found = vade.run("search", "--json", "at how many bar does the pump run")
    assert [hit["uri"] for hit in found.json["hits"]] == [f"{file_uri(docs)}/good.md"]


def test_a_rule_that_is_missed_closes_its_part_and_is_told(vade: Vade, tmp_path: Path) -> None:
    docs = folder(tmp_path / "docs", open="The pump runs at 40 bar.")
    folder(docs / "pay", wages="The wages of the pump crew are 40 per hour.")
    (docs / "pay" / ".vade.yaml").symlink_to("/nowhere/rule")
    (docs / "vade.yml").write_text("read: [user:ann]")
    ended = vade.run("ingest", docs, "--public")
    assert ended.code == 1
    assert "pay/.vade.yaml\n    this rule cannot be read: it is a symbolic link" in ended.out
    assert "docs/vade.yml\n    this file is not in force as a rule" in ended.out
    found = vade.run("search", "--json", "pump", "--as", "user:eve")
    assert [hit["uri"] for hit in found.json["hits"]] == [f"{file_uri(docs)}/open.md"]
