"""With the network cut off, every format is parsed, without an attempt to connect or a download."""

import json
import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[4]
SCRIPT = """
import json, socket, sys, urllib.request

attempts = []

def refuse(*arguments, **options):
    attempts.append(repr(arguments))
    raise OSError("the network is cut off")

socket.socket.connect = refuse
socket.socket.connect_ex = refuse
socket.create_connection = refuse
socket.getaddrinfo = refuse
urllib.request.urlopen = refuse

from unit.ingest.parsers.parser_samples import MAX_TEXT_BYTES, all_samples
from ingest.parsers.formats import parse

kinds = {name: len(parse(content, name, MAX_TEXT_BYTES).blocks) for name, content in all_samples().items()}
print(json.dumps({"attempts": attempts, "kinds": kinds, "model": "en_core_web_sm" in sys.modules}))
"""


def test_no_connection_is_attempted(tmp_path: Path) -> None:
    # No opt-out from outside: the adapter itself must see to it. HOME is empty, so no cache helps.
    environment = {"PATH": os.environ["PATH"], "HOME": str(tmp_path), "TMPDIR": str(tmp_path)}
    environment["PYTHONPATH"] = os.pathsep.join([str(ROOT), str(ROOT / "tests")])
    done = subprocess.run(
        [sys.executable, "-c", SCRIPT],
        env=environment,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    report = json.loads(done.stdout)
    assert report["attempts"] == []
    assert len(report["kinds"]) == 15
    assert all(report["kinds"].values())
    assert not report["model"]
    assert not list(tmp_path.rglob("*.whl"))
    assert "Downloading" not in done.stderr


def test_the_reader_of_one_format_is_not_imported_for_another() -> None:
    script = (
        "import sys; from ingest.parsers.formats import parse; parse(b'# a', 'a.md', 99);"
        " sys.exit(any(name in sys.modules for name in ('unstructured', 'openpyxl', 'oxmsg', 'pypdfium2')))"
    )
    done = subprocess.run([sys.executable, "-c", script], cwd=ROOT, timeout=60, check=False)
    assert done.returncode == 0
