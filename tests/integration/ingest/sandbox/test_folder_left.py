"""What a killed service left of the files that it read is removed by the next one, and nothing else."""

import os
import subprocess
import sys
import tempfile
import time
from contextlib import closing
from pathlib import Path

import pytest

from core.settings import IngestSettings
from ingest.sandbox.folder import ParserFolder, remove_abandoned
from ingest.sandbox.pool import ParserSandbox

LONG_AGO = time.time() - 3_600


@pytest.fixture(autouse=True)
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    return tmp_path


def aged(folder: Path) -> Path:
    os.utime(folder, (LONG_AGO, LONG_AGO))
    return folder


def left_by_a_killed_service(place: Path) -> Path:
    """Return the folder, with part of a document in it, of a process that was killed."""
    code = (
        "import os, signal; from ingest.sandbox.folder import ParserFolder; held = ParserFolder();"
        "print(held.name, flush=True); os.kill(os.getpid(), signal.SIGKILL)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code],
        env={**os.environ, "TMPDIR": str(place)},
        capture_output=True,
        text=True,
        check=False,
    )
    folder = Path(done.stdout.strip())
    (folder / "page.bin").write_bytes(b"secret")
    return folder


def test_a_killed_services_folder_is_removed_with_the_next_file_read(place: Path) -> None:
    left = left_by_a_killed_service(place)
    with closing(ParserSandbox(IngestSettings(parser_processes=1))) as sandbox:
        sandbox.parse(b"Stop the pump.", "a.md")
        assert left.exists(), "it may be of a service that just starts"
    aged(left)
    with closing(ParserSandbox(IngestSettings(parser_processes=1))) as sandbox:
        sandbox.parse(b"Stop the pump.", "a.md")
        assert not left.exists()
    assert list(place.iterdir()) == []


def test_what_lives_or_is_not_ours_stays(place: Path) -> None:
    (place / "other").mkdir()
    (place / "vade-parser-link").symlink_to(place / "other", target_is_directory=True)
    with closing(ParserFolder()) as held:
        aged(Path(held.name))
        assert remove_abandoned() == 0
        assert Path(held.name).exists()
    assert not Path(held.name).exists()
    assert {path.name for path in place.iterdir()} == {"other", "vade-parser-link"}
