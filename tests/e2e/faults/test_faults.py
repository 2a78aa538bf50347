"""Disks that are full or cannot be written, and a worker that sleeps through its lease."""

import os
import signal
import sqlite3
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from fakes.application import make_app
from fakes.programs.command import Vade

from admin.checks.check import check
from api.app import App
from core.errors import SandboxError, StorageError
from core.permissions import PUBLIC, scope_of
from core.settings import IngestSettings
from core.store.documents.reading import list_documents
from ingest.connectors.folder import FolderSource
from ingest.sandbox.pool import ParserSandbox

TESTS = Path(__file__).resolve().parents[2]
EVERYBODY = scope_of(None)
LEASE_SECONDS = 1.0


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A disk of a few megabytes, in memory."""
    place = tmp_path / "disk"
    place.mkdir()
    mounted = ["mount", "-t", "tmpfs", "-o", "size=6m,nr_inodes=500", "tmpfs", str(place)]
    if os.geteuid() != 0 or subprocess.run(mounted, check=False, capture_output=True).returncode:
        pytest.skip("only root, where it may mount, can make a small disk")
    yield place
    subprocess.run(["umount", "--lazy", str(place)], check=True)


def write(folder: Path, first: int, last: int) -> FolderSource:
    folder.mkdir(exist_ok=True)
    for number in range(first, last):
        parts = "\n\n".join(f"## Part {part}\n\nPump {number} runs {part} hours." for part in range(20))
        (folder / f"{number:02}.md").write_text(f"# Pump {number}\n\n{parts}\n", "utf-8")
    return FolderSource(folder, frozenset({PUBLIC}), 2**20)


def searchable(app: App) -> dict[str, int]:
    """Prove that truth and followers agree; return each searchable document's version."""
    assert check(app.database, app.indexes).findings == ()
    with app.database.reading() as session:
        entries = list_documents(session, EVERYBODY, 0, 100)
    return {Path(entry.uri).name: entry.version for entry in entries if entry.state == "searchable"}


def fill(disk: Path) -> Path:
    """Take all that is free on a disk."""
    ballast = disk / "ballast"
    with ballast.open("wb", buffering=0) as file:
        try:
            while True:
                file.write(b"\0" * 4096)
        except OSError:
            return ballast


@pytest.mark.parametrize("full", ["everything", "index"])
def test_a_full_disk_stops_ingestion_and_no_answer_and_heals(
    small_disk: Path, tmp_path: Path, full: str
) -> None:
    data = small_disk / "data" if full == "everything" else tmp_path / "data"
    if full == "index":
        data.mkdir()
        (data / "index").symlink_to(small_disk, target_is_directory=True)
    with closing(make_app(data)) as app:
        app.ingestion.ingest(write(tmp_path / "manuals", 0, 3))
        ballast = fill(small_disk)
        with pytest.raises(StorageError) as told:
            app.ingestion.ingest(write(tmp_path / "manuals", 3, 9))
        assert "\n" not in str(told.value)
        assert app.searcher.search("Pump 1", EVERYBODY, 5).passages, "answers go on"
        ballast.unlink()
        app.ingestion.ingest(write(tmp_path / "manuals", 9, 10))
        assert searchable(app) == {f"{number:02}.md": 1 for number in range(10)}


def test_a_temporary_folder_that_takes_no_file_stops_reading_and_heals(
    small_disk: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(small_disk))
    with closing(ParserSandbox(IngestSettings(parser_processes=1))) as sandbox:
        ballast = list(iter(lambda: made(small_disk), None))
        with pytest.raises(SandboxError, match="No space left"):
            sandbox.parse(b"Stop the pump.", "a.md")
        for place in filter(None, ballast):
            place.rmdir()
        assert sandbox.parse(b"Stop the pump.", "a.md").text == "Stop the pump."


def made(disk: Path) -> Path | None:
    """Take one file of those that a disk has left; None if it has none."""
    try:
        return Path(tempfile.mkdtemp(dir=disk))
    except OSError:
        return None


def test_a_disk_that_cannot_be_written_is_one_clear_line(small_disk: Path, tmp_path: Path) -> None:
    data = small_disk / "data"
    with closing(make_app(data)) as app:
        app.ingestion.ingest(write(tmp_path / "manuals", 0, 2))
    remount = ["mount", "-o", "remount,ro", str(small_disk)]
    subprocess.run(remount, check=True)
    ended = Vade(data).run("ingest", "--public", tmp_path / "manuals")
    assert ended.code in {1, 2}
    assert (ended.err.startswith("vade: "), ended.err.count("\n")) == (True, 1), ended.err
    remount[2] = "remount,rw"
    subprocess.run(remount, check=True)
    with closing(make_app(data)) as app:
        app.ingestion.ingest(write(tmp_path / "manuals", 2, 3))
        assert len(searchable(app)) == 3


def commits(data: Path) -> int:
    """Return how many changes are committed; -1 while somebody is writing."""
    try:
        with closing(sqlite3.connect(data / "truth.db", timeout=0.05, isolation_level=None)) as connection:
            connection.execute("BEGIN IMMEDIATE")
            newest = connection.execute("SELECT max(seq) FROM change").fetchone()[0] or 0
            connection.execute("ROLLBACK")
            return int(newest)
    except sqlite3.OperationalError:
        return -1


def stop_between_commits(process: "subprocess.Popen[bytes]", data: Path) -> None:
    """Freeze an ingest after its first commit, while it holds a lease and no lock of the database."""
    while process.poll() is None:
        process.send_signal(signal.SIGSTOP)
        if commits(data) > 0:
            return
        process.send_signal(signal.SIGCONT)
        time.sleep(0.01)  # its next stretch of work
    pytest.fail("the ingest ended before it could be stopped")


def test_a_worker_that_slept_through_its_lease_writes_nothing_when_it_wakes(tmp_path: Path) -> None:
    data, folder = tmp_path / "data", tmp_path / "manuals"
    source = write(folder, 0, 30)
    command = [sys.executable, "-m", "fakes.programs.one_ingest", str(data), str(folder), str(LEASE_SECONDS)]
    paths = os.pathsep.join([str(TESTS.parent), str(TESTS)])
    with subprocess.Popen(
        command, env={**os.environ, "PYTHONPATH": paths}, stderr=subprocess.PIPE
    ) as sleeper:
        stop_between_commits(sleeper, data)
        time.sleep(LEASE_SECONDS * 1.5)  # the lease runs out by the database's clock
        with closing(make_app(data)) as app:
            app.ingestion.ingest(source)
            whole = searchable(app)
            assert whole == {f"{number:02}.md": 1 for number in range(30)}
            sleeper.send_signal(signal.SIGCONT)
            _, said = sleeper.communicate(timeout=60)
            assert (sleeper.returncode != 0, b"LeaseLostError" in said) == (True, True), said[-500:]
            assert searchable(app) == whole
