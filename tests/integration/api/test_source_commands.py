"""`vade source …` and `vade ingest -` in this process: what is entered, shown and tried out."""

import io
import json
from pathlib import Path
from typing import Any

import pytest


def feed(tmp_path: Path, *lines: object) -> Path:
    path = tmp_path / "feed.jsonl"
    path.write_text("\n".join(map(json.dumps, lines)), "utf-8")
    return path


def test_a_source_is_entered_tried_out_and_left_out(vade: Any, tmp_path: Path) -> None:
    path = feed(tmp_path, {"uri": "a", "text": "Pump."}, {"uri": "b", "text": "t", "acl": []})
    place = f"jsonl://{path}"
    assert vade("source", "add", place, "--as", "group:field", "--json") == (
        0,
        {"source": place, "read": ["group:field"]},
    )
    code, tried = vade("source", "test", place, "--json")
    assert code == 0
    assert tried["documents"] == [
        {"uri": f"{place}/a", "read": ["group:field"]},
        {"uri": f"{place}/b", "read": []},
    ]
    assert tried["fetched"] == {"uri": f"{place}/a", "name": "a.txt", "bytes": 5}
    _, text = vade("source", "test", place)
    assert "read: nobody" in text
    assert vade("source", "list", "--json")[1][0]["config"] == {"read": ["group:field"], "url": place}
    assert vade("source", "remove", place)[0] == 0
    assert vade("source", "list", "--json")[1][0]["scheduled"] is False


def test_a_folder_is_entered_as_ever(vade: Any, tmp_path: Path) -> None:
    (tmp_path / "manuals").mkdir()
    (tmp_path / "manuals" / "a.md").write_text("Pump.", "utf-8")
    code, entered = vade("source", "add", str(tmp_path / "manuals"), "--public", "--json")
    assert (code, entered["source"]) == (0, f"file://{tmp_path}/manuals")
    assert vade("source", "test", str(tmp_path / "manuals"))[0] == 0
    code, said = vade("source", "add", str(tmp_path / "manuals"), "--as", "user:ann")
    assert (code, "are read by user:ann, no longer by public.\n" in said) == (0, True)
    assert vade("source", "add", str(tmp_path / "manuals"), "--as", "user:ann")[1].endswith("by user:ann.\n")
    assert vade("source", "add", str(tmp_path / "gone"))[0] == 2


def test_folder_that_does_not_exist_is_not_kept_as_a_source(vade: Any, tmp_path: Path) -> None:
    missing = str(tmp_path / "gone")
    assert vade("ingest", missing) == (2, f"vade: {missing} does not exist; nothing was changed\n")
    (tmp_path / "a.md").write_text("Pump.", "utf-8")
    code, report = vade("ingest", "--json", missing, str(tmp_path / "a.md"))
    assert (code, report["added"], report["runs"][1]["source"]) == (1, 1, f"file://{missing}")
    assert [one["uri"] for one in vade("source", "list", "--json")[1]] == [f"file://{tmp_path}/a.md"]


def test_a_site_is_found_by_its_address_and_refused_inside(vade: Any) -> None:
    place = "http://127.0.0.1:9/docs/sitemap.xml"
    code, entered = vade("source", "add", place, "--set", "max_pages=5", "--json")
    assert (code, entered["source"]) == (0, "http://127.0.0.1:9/docs")
    code, failed = vade("source", "test", place, "--json")
    assert code == 2
    assert "not a public address" in failed["error"]["message"]


@pytest.mark.parametrize(
    ("words", "reason"),
    [
        (["gopher://example.com"], "a source is a folder, or begins with one of"),
        (["https://example.com/", "--set", "colour=red"], "option 'colour'"),
        ([".", "--set", "colour=red"], "a folder takes no options"),
        (["https://example.com/", "--set", "depth"], "write KEY=VALUE"),
        (["https://example.com/", "--set", "password=hunter2"], "password_env=NAME"),
        (["https://ann:hunter2@example.com/"], "password_env=NAME"),
        (["imaps://mail.example/INBOX", "--set", "password_env=NOT_SET"], "NOT_SET is not set"),
        (["langchain:x", "--set", "loader=os:system"], "not allowed"),
    ],
)
def test_what_cannot_be_entered_says_why(vade: Any, words: list[str], reason: str) -> None:
    code, said = vade("source", "add", *words)
    assert code == 2
    assert reason in said
    assert "hunter2" not in said
    assert said.count("\n") == 1


def test_lines_come_from_a_file_or_from_standard_input(
    vade: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = feed(tmp_path, {"uri": "a", "text": "Pump."})
    _, plan = vade("ingest", "--dry-run", "--json", str(path))
    assert plan == {f"jsonl://{path}": {"fetch": [f"jsonl://{path}/a"], "delete": [], "readers": []}}
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(path.read_bytes())))
    _, plan = vade("ingest", "--dry-run", "--json", "--as", "user:ann", "-")
    assert plan == {"stream:ann": {"fetch": ["stream:ann/a"], "delete": [], "readers": []}}
    other = feed(tmp_path, {"_id": "1", "text": "A corpus, not ours."})
    _, plan = vade("ingest", "--dry-run", "--json", str(other))
    assert list(plan) == [f"file://{other}"]
