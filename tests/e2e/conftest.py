"""The demo documents, ingested once by the command itself with the real embedder."""

import json
import os
from dataclasses import asdict
from pathlib import Path

import pytest
from fakes.programs.command import Ended, Vade
from filelock import FileLock

DEMO = Path(__file__).resolve().parents[2] / "deploy" / "demo"


@pytest.fixture(scope="session")
def demo_run(tmp_path_factory: pytest.TempPathFactory) -> tuple[Vade, Ended]:
    """The demo's data folder, and how its ingest ended: one for all test processes."""
    of_process = tmp_path_factory.getbasetemp()
    folder = (of_process.parent if "PYTEST_XDIST_WORKER" in os.environ else of_process) / "demo"
    folder.mkdir(exist_ok=True)
    vade, kept = Vade(folder / "data"), folder / "ended.json"
    with FileLock(folder / "lock"):
        if not kept.exists():
            ended = vade.run_cold("ingest", "--json", DEMO / "documents")
            kept.write_text(json.dumps(asdict(ended)), "utf-8")
    return vade, Ended(**json.loads(kept.read_text("utf-8")))


@pytest.fixture(scope="session")
def demo(demo_run: tuple[Vade, Ended]) -> Vade:
    """The demo's data folder; tests only read it."""
    vade, ended = demo_run
    assert ended.code == 0, ended.err
    return vade
