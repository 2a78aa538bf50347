"""Ingesting again with other readers says whose the documents become, and asks on a terminal."""

import os
import pty
import subprocess
from pathlib import Path
from typing import Any

import pytest
from fakes.programs.command import VADE

PUBLIC = {"before": ["public"], "after": ["user:ann"], "documents": 2}


@pytest.fixture
def manuals(tmp_path: Path) -> Path:
    folder = tmp_path / "manuals"
    (folder / "open").mkdir(parents=True)
    (folder / "pump.md").write_text("The pump runs.", "utf-8")
    (folder / "valve.md").write_text("The valve leaks.", "utf-8")
    (folder / "open" / "canteen.md").write_text("The canteen opens at noon.", "utf-8")
    (folder / "open" / ".vade.yaml").write_text("read: [public]", "utf-8")
    return folder


def readers(report: Any) -> Any:
    [run] = report["runs"]
    return run["readers"]


def test_report_says_whose_documents_become(vade: Any, manuals: Path) -> None:
    assert readers(vade("ingest", "--json", "--public", str(manuals))[1]) == []
    (manuals / "valve.md").write_text("The valve is tight.", "utf-8")
    code, planned = vade("ingest", "--json", "--dry-run", "--as", "user:ann", str(manuals))
    assert (code, planned[f"file://{manuals}"]["readers"]) == (0, [PUBLIC])
    assert readers(vade("ingest", "--json", "--as", "user:ann", str(manuals))[1]) == [PUBLIC]
    code, text = vade("ingest", "--public", str(manuals))
    assert code == 0
    assert text.startswith("2 with other readers, 1 unchanged in ")
    assert "2 documents: read by user:ann before, by public from now on.\n" in text
    code, text = vade("ingest", "--dry-run", "--as", "group:field", str(manuals / "pump.md"))
    assert "  readers 1 document: read by public before, by group:field from now on\n" in text


def test_run_that_finds_no_document_says_so(vade: Any, tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    assert vade("ingest", str(tmp_path / "empty")) == (0, "No document was found.\n")


def test_deleted_document_has_no_readers_to_lose(vade: Any, manuals: Path) -> None:
    assert vade("ingest", "--public", str(manuals))[0] == 0
    (manuals / "valve.md").rename(manuals / ".valve.md")
    assert vade("ingest", "--public", str(manuals))[0] == 0
    (manuals / ".valve.md").rename(manuals / "valve.md")
    changed = {**PUBLIC, "documents": 1}
    assert readers(vade("ingest", "--json", "--as", "user:ann", str(manuals))[1]) == [changed]


def on_a_terminal(data: Path, answer: str, *words: str) -> tuple[int, str]:
    """Run a command whose input and output are a terminal; return its code and what the terminal showed."""
    ours, theirs = pty.openpty()
    command = [VADE, "--data-dir", str(data), *words]
    os.write(ours, answer.encode())
    with subprocess.Popen(command, stdin=theirs, stdout=theirs, stderr=theirs) as process:
        os.close(theirs)
        shown = b""
        while True:
            try:
                part = os.read(ours, 4096)
            except OSError:  # the command has closed its side
                break
            if not part:
                break
            shown += part
    os.close(ours)
    return process.returncode, shown.decode().replace("\r\n", "\n")


def test_terminal_is_asked_before_documents_get_other_readers(
    vade: Any, tmp_path: Path, manuals: Path
) -> None:
    assert vade("ingest", "--public", str(manuals))[0] == 0
    code, shown = on_a_terminal(tmp_path / "data", "n\n", "ingest", str(manuals))
    assert "2 documents: read by public before, by user:" in shown
    assert "Neither --public nor --as is given. Change their readers? [y/N]:" in shown
    assert "nothing was ingested; name the readers with --public or --as" in shown
    assert code == 2
    assert len(vade("search", "--json", "--as", "user:eve", "The valve leaks.")[1]["hits"]) == 3
    code, shown = on_a_terminal(tmp_path / "data", "", "ingest", "--public", str(manuals))
    assert (code, "[y/N]" in shown) == (0, False), "who names the readers is not asked"
    code, shown = on_a_terminal(tmp_path / "data", "y\n", "ingest", str(manuals))
    assert (code, "2 with other readers" in shown) == (0, True)
    assert len(vade("search", "--json", "--as", "user:eve", "The valve leaks.")[1]["hits"]) == 1
    code, shown = on_a_terminal(tmp_path / "data", "", "ingest", str(manuals))
    assert (code, "[y/N]" in shown) == (0, False), "nothing changes any more"
