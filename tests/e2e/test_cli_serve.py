"""`vade serve` as a service manager meets it, and commands that Ctrl-C stops."""

import json
import signal
import socket
import subprocess
import urllib.request
from pathlib import Path

import httpx
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


def test_upload_that_was_accepted_is_read_by_the_next_process_after_a_kill(tmp_path: Path, port: int) -> None:
    vade = Vade(tmp_path / "data")
    with vade.start("serve", "--port", str(port), "--as", "user:ann") as served:
        assert served.stdout is not None
        served.stdout.readline()
        answers = [
            httpx.post(
                f"http://127.0.0.1:{port}/v1/documents",
                files={"file": (f"pump-{number}.md", f"The pump {number} runs at 2900 rpm.".encode())},
                timeout=60,
            )
            for number in range(3)
        ]
        served.kill()
    assert [answer.status_code for answer in answers] == [202] * 3
    with vade.start("worker") as worker:
        wait_until(
            lambda: len(vade.run("job", "list", "--state", "done", "--json").json) == len(answers), 120
        )
        worker.terminate()
        assert worker.wait(60) == 0
    found = vade.run("search", "--json", "--as", "user:ann", "At how many rpm does the pump run?").json
    assert sorted(hit["uri"] for hit in found["hits"]) == [f"upload:ann/pump-{n}.md" for n in range(3)]


def test_command_that_ctrl_c_stops_ends_with_its_own_exit_code(tmp_path: Path) -> None:
    vade = Vade(tmp_path / "data")
    command = [VADE, "--data-dir", str(vade.data_dir), "ingest", "-"]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as waiting:
        wait_until((vade.data_dir / "truth.db").exists, runs=lambda: waiting.poll() is None)
        waiting.send_signal(signal.SIGINT)
        assert waiting.wait(60) == 130
        assert waiting.stderr is not None
        assert waiting.stderr.read() == "vade: stopped; what was committed is kept\n"
