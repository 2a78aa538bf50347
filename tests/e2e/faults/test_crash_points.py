"""An ingest that dies, or whose disk fails, at the n-th durable call that it makes: at each n or a sample."""

import os
import shutil
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest
from fakes.application import make_app
from fakes.programs.one_ingest import one_ingest

from admin.checks.check import check
from core.permissions import scope_of
from core.store.documents.reading import list_documents

TESTS = Path(__file__).resolve().parents[2]
DURABLE = "fsync,fdatasync,rename,renameat2"

pytestmark = pytest.mark.skipif(
    shutil.which("strace") is None, reason="strace, which kills at a system call, is not here"
)


def ingest(data: Path, folder: Path, *before: str) -> int:
    """Ingest in a process of its own and return its exit code; negative if it was killed."""
    command = [*before, sys.executable, "-m", "fakes.programs.one_ingest", str(data), str(folder)]
    paths = os.pathsep.join([str(TESTS.parent), str(TESTS)])
    ended = subprocess.run(command, env={**os.environ, "PYTHONPATH": paths}, check=False, capture_output=True)
    return ended.returncode


def durable_calls(data: Path, folder: Path) -> int:
    """Ingest, and return the most calls of one thread that make something durable: each counts its own."""
    log = data.with_suffix(".calls")
    assert ingest(data, folder, "strace", "-f", "-qq", "-o", str(log), "-e", f"trace={DURABLE}") == 0
    called = (line.split()[0] for line in log.read_text().splitlines() if " resumed>" not in line)
    return max(Counter(called).values())


def ended_at(data: Path, folder: Path, point: int, fault: str) -> bool:
    """Ingest with a fault at the `point`-th call that makes something durable; return whether that ended it.

    One that cannot save an index for it says so and goes on: the truth is safe.
    """
    injection = f"inject={DURABLE}:{fault}:when={point}"
    trace = ("strace", "-f", "-qq", "-o", os.devnull, "-e", f"trace={DURABLE}", "-e", injection)
    return ingest(data, folder, *trace) != 0


def searchable(data: Path) -> dict[str, int]:
    """Prove that truth and followers agree; return each searchable document's version."""
    app = make_app(data)
    try:
        assert check(app.database, app.indexes).findings == ()
        with app.database.reading() as session:
            entries = list_documents(session, scope_of(None), 0, 100)
    finally:
        app.close()
    return {Path(entry.uri).name: entry.version for entry in entries if entry.state == "searchable"}


@pytest.mark.slow("each point is an ingest in a process that is traced")
@pytest.mark.timeout(3600)
@pytest.mark.parametrize("fault", ["signal=KILL", "error=EIO"])
def test_whenever_it_ends_each_document_is_there_once_or_not_yet(
    tmp_path: Path, every_crash_point: bool, fault: str
) -> None:
    folder = tmp_path / "manuals"
    folder.mkdir()
    for number in range(4):
        (folder / f"{number}.md").write_text(f"# Manual {number}\n\nPump {number} runs.\n", "utf-8")
    kept = tmp_path / "kept"
    assert ingest(kept, folder) == 0
    (folder / "0.md").write_text("# Manual 0\n\nPump 0 stands.\n", "utf-8")
    (folder / "4.md").write_text("# Manual 4\n\nPump 4 is new.\n", "utf-8")
    (folder / "1.md").unlink()
    counted = tmp_path / "counted"
    shutil.copytree(kept, counted)
    points = range(1, durable_calls(counted, folder) + 1)
    ended = 0
    for point in points if every_crash_point else points[2::7]:
        data = tmp_path / f"ended-{point}"
        shutil.copytree(kept, data)
        ended += ended_at(data, folder, point, fault)
        there = searchable(data)
        assert {"2.md", "3.md"} <= set(there) <= {"0.md", "1.md", "2.md", "3.md", "4.md"}, point
        one_ingest(data, folder)
        assert searchable(data) == {"0.md": 2, "2.md": 1, "3.md": 1, "4.md": 1}, point
        shutil.rmtree(data)
    assert ended >= 2, "too few of the points were reached to show anything"
