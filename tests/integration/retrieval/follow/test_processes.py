"""Two processes read while a third one writes, all over one data folder."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from fakes.application import make_app
from fakes.source import FakeSource
from fakes.waiting import wait_until

from api.app import App

TESTS = Path(__file__).resolve().parents[3]
READERS, ROUNDS, DOCUMENTS = 2, 6, 8


def reader(data: Path, stop: Path) -> subprocess.Popen[str]:
    """Start a process that searches until `stop` is there."""
    return subprocess.Popen(
        [sys.executable, "-m", "fakes.programs.one_reader", str(data), str(stop)],
        env=os.environ | {"PYTHONPATH": os.pathsep.join([str(TESTS), str(TESTS.parent)])},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def change(source: FakeSource, turn: int) -> None:
    """Bring documents in, write some anew, give some to others and take some away."""
    for number in range(DOCUMENTS):
        source.put(
            f"{turn}-{number}.md", f"The pump {turn} {number} runs.", "public" if number % 3 else "group:far"
        )
        if turn:
            source.put(
                f"{turn - 1}-{number}.md", f"The pump {turn} again.", ("user:ann", "user:bob")[number % 2]
            )
        if turn > 1 and number % 2:
            source.files.pop(f"{turn - 2}-{number}.md", None)


def wait_for(readers: list[subprocess.Popen[str]], folder: Path) -> None:
    """Wait until each reader has searched once."""
    wait_until(
        lambda: len(list(folder.glob("reader-*"))) == len(readers),
        runs=lambda: all(one.poll() is None for one in readers),
    )


def writer(data: Path, kind: str) -> App:
    return make_app(data, retrieval={"dense_index": kind}, ingest={"fuse_share": 1.0, "gate_share": 1000.0})


@pytest.mark.slow("three processes read and write beside one another")
def test_readers_stay_right_while_a_writer_ingests_and_changes_over_to_another_index(tmp_path: Path) -> None:
    stop, data = tmp_path / "stop", tmp_path / "data"
    source = FakeSource()
    change(source, 0)
    app = writer(data, "exact")
    app.ingestion.ingest(source)
    readers = [reader(data, stop) for _ in range(READERS)]
    try:
        wait_for(readers, tmp_path)
        for turn in range(1, ROUNDS):
            if turn == ROUNDS // 2:
                app.close()
                app = writer(data, "hnsw")
            change(source, turn)
            app.ingestion.ingest(source)
    finally:
        stop.touch()
        outputs = [one.communicate(timeout=120) for one in readers]
        app.close()
    for one, (out, err) in zip(readers, outputs, strict=True):
        assert one.returncode == 0, err
        found = json.loads(out)
        assert found["wrong"] == []
        assert found["searches"] >= ROUNDS
        assert found["seen"] > DOCUMENTS, "it saw the writer's work"
