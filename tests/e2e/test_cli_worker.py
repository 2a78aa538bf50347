"""`vade worker` as an operator's service meets it: it takes up what waits, and SIGTERM ends it well."""

import signal
import sqlite3
import subprocess
from contextlib import closing
from pathlib import Path

import pytest
from fakes.programs.command import Vade
from fakes.waiting import wait_until


def waiting(vade: Vade) -> int:
    uri = (vade.data_dir / "truth.db").as_uri()
    with closing(sqlite3.connect(f"{uri}?mode=ro", uri=True, timeout=5)) as connection:
        [(number,)] = connection.execute("SELECT count(*) FROM job")
    return int(number)


def last_words(worker: "subprocess.Popen[str]") -> str:
    """Wait for a worker's end; one that does not end tells where each of its threads stands."""
    try:
        return worker.communicate(timeout=60)[1]
    except subprocess.TimeoutExpired:
        worker.send_signal(signal.SIGABRT)
        pytest.fail(f"the worker did not end: {worker.communicate()[1]}")


@pytest.mark.slow("two processes load the embedder, and one is killed at work")
def test_a_worker_goes_on_with_what_a_killed_ingest_left_and_ends_when_told(tmp_path: Path) -> None:
    settings = (("VADE_INGEST__WINDOW_CHUNKS", "2"), ("PYTHONFAULTHANDLER", "1"))
    vade = Vade(tmp_path / "data", settings)
    manuals = tmp_path / "manuals"
    manuals.mkdir()
    for number in range(40):
        (manuals / f"{number}.md").write_text(f"# Manual {number}\n\nThe pump {number} runs.", "utf-8")
    assert vade.run("source", "add", "--public", manuals).code == 0
    with vade.start("sync", manuals) as killed:
        wait_until(lambda: waiting(vade), runs=lambda: killed.poll() is None)
        killed.kill()
    assert waiting(vade) > 0
    with vade.start("worker") as worker:
        wait_until(lambda: not waiting(vade), 90, runs=lambda: worker.poll() is None)
        worker.send_signal(signal.SIGTERM)
        told = last_words(worker)
    assert (worker.returncode, waiting(vade)) == (0, 0)
    assert "Stopping after the document at hand" in told
    checked = vade.run("check", "--deep", "--json")
    assert (checked.code, checked.json["findings"]) == (0, [])
    assert checked.json["documents"] == 40
