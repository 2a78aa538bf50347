"""The demo documents, ingested once by the command itself with the real embedder."""

from pathlib import Path

import pytest
from fakes.programs.command import Ended, Vade

DEMO = Path(__file__).resolve().parents[2] / "deploy" / "demo"


@pytest.fixture(scope="session")
def demo_run(tmp_path_factory: pytest.TempPathFactory) -> tuple[Vade, Ended]:
    vade = Vade(tmp_path_factory.mktemp("demo") / "data")
    return vade, vade.run("ingest", "--json", DEMO / "documents")


@pytest.fixture(scope="session")
def demo(demo_run: tuple[Vade, Ended]) -> Vade:
    """The demo's data folder; tests only read it."""
    vade, ended = demo_run
    assert ended.code == 0, ended.err
    return vade
