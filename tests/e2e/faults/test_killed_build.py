"""A re-embedding that is killed half way: the old embedder serves on, and the next build goes on."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from fakes.application import make_app
from fakes.embedder import FakeEmbedder
from fakes.programs.one_build import reopened
from fakes.source import FakeSource

from admin.checks.check import check
from admin.checks.truth import Expected
from api.app import App
from core.permissions import scope_of
from core.store.embedders import EmbedderEntry, count_unembedded

TESTS = Path(__file__).resolve().parents[2]
CHUNKS = 24


def left(app: App) -> int:
    with app.database.reading() as session:
        return count_unembedded(session, EmbedderEntry(model_id="fake@2", dimension=32, config={}))


def finds(app: App) -> set[int]:
    """Search for each document by its own words, and return those that come first."""
    found = [
        app.searcher.search(f"pump {number}", scope_of(None), 1).passages[0].uri for number in range(CHUNKS)
    ]
    return {number for number, uri in enumerate(found) if uri.endswith(f"/{number:02}.md")}


@pytest.mark.parametrize("batches", [0, 1, 3, 5])
def test_a_build_killed_after_so_many_batches(tmp_path: Path, batches: int) -> None:
    app = make_app(tmp_path)
    source = FakeSource()
    for number in range(CHUNKS):
        source.put(f"{number:02}.md", f"The pump {number} runs.")
    app.ingestion.ingest(source)
    before = finds(app)
    killed = subprocess.run(
        [sys.executable, "-m", "fakes.programs.one_build", str(tmp_path), str(batches)],
        cwd=TESTS, env={**os.environ, "PYTHONPATH": str(TESTS)}, check=False,
    )  # fmt: skip
    assert killed.returncode == -signal.SIGKILL
    assert left(app) == CHUNKS - 4 * batches
    assert (app.indexes.embedder.model_id, finds(app)) == ("fake@1", before)
    half_way = check(app.database, app.indexes, deep=Expected("fake@2", 32)).findings
    assert [one.name for one in half_way] == ["the settings choose another embedder than the one in force"]

    second = FakeEmbedder("fake@2", 32)
    again = make_app(tmp_path, second, reopened)
    assert finds(again) == before, "another process too searches by the embedder in force"
    second.texts.clear()
    assert again.embedder_promotion.judge() is not None
    assert len(second.texts) == CHUNKS - 4 * batches
    assert (again.indexes.embedder.model_id, app.indexes.embedder.model_id) == ("fake@2", "fake@2")
    assert check(again.database, again.indexes, deep=Expected("fake@2", 32)).findings == ()
    again.close()
    app.close()
