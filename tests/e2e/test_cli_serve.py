"""`vade serve` as a service manager meets it, and commands that Ctrl-C stops."""

import json
import signal
import socket
import subprocess
import urllib.request
from pathlib import Path

import pytest
from fakes.programs.command import VADE, Vade
from fakes.waiting import wait_until


@pytest.fixture
def port() -> int:
    """A port that is free now."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        return int(free.getsockname()[1])


def test_server_that_ctrl_c_stops_ends_well_and_a_second_one_has_no_port(tmp_path: Path, port: int) -> None:
    vade = Vade(tmp_path / "data")
    with vade.start("serve", "--port", str(port), "--as", "user:ann") as served:
        assert served.stdout is not None
        assert served.stdout.readline() == f"Vademecum answers at http://127.0.0.1:{port}/ as user:ann\n"
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/livez", timeout=60) as answered:
            assert (answered.status, json.load(answered)) == (200, {"status": "ok"})
        second = Vade(tmp_path / "other").run("up", "--port", str(port))
        assert (second.code, second.out) == (2, "")
        assert second.err.startswith(f"vade: port {port} of 127.0.0.1 is taken")
        served.send_signal(signal.SIGINT)
        assert served.wait(60) == 0


def test_command_that_ctrl_c_stops_ends_with_its_own_exit_code(tmp_path: Path) -> None:
    vade = Vade(tmp_path / "data")
    command = [VADE, "--data-dir", str(vade.data_dir), "ingest", "-"]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as waiting:
        wait_until((vade.data_dir / "truth.db").exists, runs=lambda: waiting.poll() is None)
        waiting.send_signal(signal.SIGINT)
        assert waiting.wait(60) == 130
        assert waiting.stderr is not None
        assert waiting.stderr.read() == "vade: stopped; what was committed is kept\n"
