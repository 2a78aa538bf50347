"""The sandbox against a parser that has been taken over: each deed costs one file and nothing else."""

import os
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import ExitStack, closing
from pathlib import Path

import pytest
from fakes.servers.server import Canary
from fakes.waiting import wait_for_end, wait_until

from core.errors import NotReadyError, OverLimitError, ParseError, ReaderCrashError, SandboxError
from core.settings import IngestSettings
from ingest.parsers.formats import parse
from ingest.sandbox.pool import ParserSandbox

LIMITS = IngestSettings(
    parser_processes=1,
    parser_memory_bytes=300 * 2**20,
    parser_cpu_seconds=1,
    parser_wall_seconds=30,
    max_text_bytes=10 * 2**20,
)
QUICK = LIMITS.model_copy(update={"parser_wall_seconds": 0.5})
GOOD = b"# Pump\n\nStop the pump."
ON_LINUX = pytest.mark.skipif(sys.platform != "linux", reason="the kernel's refusals are Linux's")


class Sandboxes:
    """Makes sandboxes around the hostile parser, and closes them."""

    def __init__(self) -> None:
        self._stack = ExitStack()

    def __call__(self, settings: IngestSettings = LIMITS, *hidden: Path, module: str = "") -> ParserSandbox:
        sandbox = ParserSandbox(settings, hidden, module or "fakes.programs.hostile_reader")
        return self._stack.enter_context(closing(sandbox))

    def close(self) -> None:
        self._stack.close()


@pytest.fixture
def hostile() -> Iterator[Sandboxes]:
    with closing(Sandboxes()) as sandboxes:
        yield sandboxes


@pytest.fixture(scope="module")
def sandbox() -> Iterator[ParserSandbox]:
    with closing(Sandboxes()) as sandboxes:
        yield sandboxes()


def says(sandbox: ParserSandbox, deed: str) -> str:
    return sandbox.parse(deed.encode(), "a.md").text


def fails(sandbox: ParserSandbox, deed: str, kind: type[ParseError], words: str) -> None:
    """A deed ends in this error, and the next file is read as if nothing had been."""
    with pytest.raises(kind, match=words) as caught:
        says(sandbox, deed)
    assert str(caught.value).endswith(".")
    assert sandbox.parse(GOOD, "a.md") == parse(GOOD, "a.md", 10**6)


def resident() -> int:
    return int(Path("/proc/self/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")


def runs(pid: int) -> bool:
    """Return whether a process runs; one that has ended and was not waited for does not."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False


@pytest.mark.parametrize(
    ("deed", "kind", "words"),
    [
        ("segfault", ReaderCrashError, "SIGSEGV"),
        ("abort", ReaderCrashError, "SIGABRT"),
        ("leave", ReaderCrashError, "status 3"),
        ("burn", OverLimitError, "more computing time than 1 s"),
        ("fill-memory", OverLimitError, "more than 0.29 GB of memory"),
        ("map-memory", OverLimitError, "more than 0.29 GB of memory"),
        ("write-much 70000000", ReaderCrashError, "far too much"),
        ("write-much 11000000", ReaderCrashError, "not a document"),
        ("flood", ReaderCrashError, "not a document"),
        ("say-length", ReaderCrashError, "far too much"),
        ("write-large-file", ParseError, "File too large"),
    ],
)
def test_a_deed_costs_its_own_file_only(
    sandbox: ParserSandbox, deed: str, kind: type[ParseError], words: str
) -> None:
    before = resident()
    fails(sandbox, deed, kind, words)
    assert resident() - before < 30 * 2**20


def test_a_hang_ends_by_the_clock(hostile: Sandboxes) -> None:
    sandbox = hostile(QUICK)
    began = time.monotonic()
    with pytest.raises(OverLimitError, match=r"longer than 0\.5 s"):
        says(sandbox, "hang")
    assert time.monotonic() - began < 10


def test_a_process_is_kept_from_file_to_file_and_replaced_when_it_dies(sandbox: ParserSandbox) -> None:
    says(sandbox, "state")
    [pid] = sandbox.pids
    says(sandbox, "state")
    assert sandbox.pids == [pid]
    fails(sandbox, "segfault", ReaderCrashError, "SIGSEGV")
    assert pid not in sandbox.pids


def test_a_process_that_was_killed_while_idle_costs_no_file(sandbox: ParserSandbox) -> None:
    says(sandbox, "state")
    [pid] = sandbox.pids
    os.kill(pid, signal.SIGKILL)
    wait_for_end(pid)
    assert "PATH" in says(sandbox, "state")


def test_a_process_killed_at_work_gets_a_second_try_and_no_third(hostile: Sandboxes) -> None:
    sandbox = hostile()
    with ThreadPoolExecutor(1) as thread:
        result = thread.submit(says, sandbox, "hang")
        first = wait_for_other(sandbox, 0)
        os.kill(first, signal.SIGKILL)
        second = wait_for_other(sandbox, first)
        assert not result.done()
        os.kill(second, signal.SIGKILL)
        with pytest.raises(ReaderCrashError, match="stopped from outside"):
            result.result(30)


def wait_for_other(sandbox: ParserSandbox, pid: int) -> int:
    """Return the id of the process that works after `pid`, once it had time to take its file."""
    wait_until(lambda: sandbox.pids not in ([], [pid]))
    time.sleep(0.2)  # no event says that it has taken its file
    return sandbox.pids[0]


def test_a_process_knows_nothing_and_is_small(hostile: Sandboxes, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("VADE_LLM__REMOTE__API_KEY", "secret")
    fresh = hostile()
    variables, modules, files = (part.split() for part in says(fresh, "state").split("|"))
    assert not [name for name in variables if name.startswith(("VADE", "AWS", "PYTEST"))]
    assert not {"torch", "sqlalchemy", "faiss", "transformers", "pydantic", "numpy"}.intersection(modules)
    assert files == []
    [process] = fresh._started
    assert process.resident_bytes < 40 * 2**20


def test_what_a_file_leaves_is_gone_for_the_next_one(sandbox: ParserSandbox) -> None:
    assert set(says(sandbox, "leave-files").rpartition("|")[2].split()) == {"a.bin", "deep", "link"}
    assert says(sandbox, "state").rpartition("|")[2].split() == []


@pytest.mark.parametrize(
    "deed",
    "connect 9,resolve,program,shell,fork,signal,write {},remove {},rename {},link {}".split(","),
)
def test_python_refuses_what_reaches_outside(sandbox: ParserSandbox, deed: str, tmp_path: Path) -> None:
    kept = tmp_path / "kept.txt"
    kept.write_text("kept")
    assert says(sandbox, deed.format(kept)).startswith("refused: a parser must not")
    assert [path.name for path in tmp_path.iterdir()] == ["kept.txt"]
    assert kept.read_text() == "kept"


@ON_LINUX
@pytest.mark.parametrize("deed", ["socket", "open {}", "creat {}", "unlink {}", "execl", "kill", "ptrace"])
def test_the_kernel_refuses_it_to_a_library_in_c(sandbox: ParserSandbox, deed: str, tmp_path: Path) -> None:
    kept = tmp_path / "kept.txt"
    kept.write_text("kept")
    result, _, reason = says(sandbox, "raw-" + deed.format(kept)).partition(" ")
    if lacking(sandbox):
        pytest.skip(f"this kernel or container does not allow: {', '.join(lacking(sandbox))}")
    assert (int(result), int(reason) in (1, 13)) == (-1, True)  # EPERM, EACCES
    assert kept.read_text() == "kept"


def lacking(sandbox: ParserSandbox) -> list[str]:
    [process] = sandbox._started
    return process.lacking


@ON_LINUX
def test_secrets_are_out_of_reach(hostile: Sandboxes, tmp_path: Path) -> None:
    data = tmp_path / "data"
    data.mkdir()
    (data / "truth.db").write_text("secret")
    # As an operator may do it: the data folder lies beside the code.
    sys.path.append(str(tmp_path))
    (tmp_path / "plain.txt").write_text("plain")
    sandbox = hostile(LIMITS, data)
    try:
        says(sandbox, "state")
        if "no files" in lacking(sandbox):
            pytest.skip("this kernel has no Landlock")
        assert says(sandbox, f"read {tmp_path / 'plain.txt'}") == "done plain"
        for secret in (data / "truth.db", "/etc/passwd", f"/proc/{os.getpid()}/environ"):
            assert says(sandbox, f"read {secret}").startswith("refused")
    finally:
        sys.path.remove(str(tmp_path))


def test_nothing_reaches_a_server_on_this_machine(sandbox: ParserSandbox) -> None:
    with Canary() as canary:
        assert says(sandbox, f"connect {canary.port}").startswith("refused")
        assert canary.visits == 0


def test_many_threads_share_the_processes(hostile: Sandboxes) -> None:
    sandbox = hostile(LIMITS.model_copy(update={"parser_processes": 2}))
    files = [f"# Pump {number}\n\nStop pump {number}.".encode() for number in range(60)]
    files[10], files[30] = b"segfault", b"leave"
    with ThreadPoolExecutor(6) as threads:
        results = [threads.submit(sandbox.parse, content, "a.md") for content in files]
    for content, result in zip(files, results, strict=True):
        if content.startswith(b"#"):
            assert result.result() == parse(content, "a.md", 10**6)
        else:
            assert isinstance(result.exception(), ReaderCrashError)
    assert len(sandbox.pids) == 2


def test_close_ends_every_process_and_leaves_no_file(
    hostile: Sandboxes, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    sandbox = hostile(LIMITS.model_copy(update={"parser_processes": 2}))
    with ThreadPoolExecutor(3) as threads:
        results: list[Future[str]] = [threads.submit(says, sandbox, "hang") for _ in range(3)]
        wait_until(lambda: len(sandbox.pids) == 2)
        pids = sandbox.pids
        sandbox.close()
        assert all(isinstance(result.exception(10), NotReadyError) for result in results)
    assert not any(runs(pid) for pid in pids)
    assert list(tmp_path.iterdir()) == []
    with pytest.raises(NotReadyError):
        sandbox.parse(GOOD, "a.md")


def test_no_process_outlives_a_service_that_is_killed() -> None:
    script = (
        "import os, threading, time\n"
        "from fakes.waiting import wait_until\n"
        "from core.settings import IngestSettings\n"
        "from ingest.sandbox.pool import ParserSandbox\n"
        "sandbox = ParserSandbox(IngestSettings(), module='fakes.programs.hostile_reader')\n"
        "threading.Thread(target=sandbox.parse, args=(b'hang', 'a.md'), daemon=True).start()\n"
        "wait_until(lambda: sandbox.pids)\n"
        "time.sleep(0.2)\n"  # as above
        "print(*sandbox.pids, flush=True)\n"
        "os.kill(os.getpid(), 9)\n"
    )
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    done = subprocess.run(
        [sys.executable, "-c", script],
        env=environment,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == -signal.SIGKILL, done.stderr
    for pid in map(int, done.stdout.split()):
        wait_for_end(pid)


def test_a_process_outlives_the_thread_that_asked_for_it(sandbox: ParserSandbox, hostile: Sandboxes) -> None:
    fails(sandbox, "segfault", ReaderCrashError, "SIGSEGV")
    fresh = hostile()
    asking = threading.Thread(target=says, args=(fresh, "state"))
    asking.start()
    asking.join()
    [pid] = fresh.pids
    time.sleep(0.1)  # in which it would be killed, if it hung on that thread
    assert says(fresh, "state")
    assert fresh.pids == [pid]


def test_a_process_that_cannot_start_says_why_and_fails_no_file(hostile: Sandboxes) -> None:
    sandbox = hostile(module="fakes.no_such_module")
    for _ in range(2):
        with pytest.raises(SandboxError, match="No module named"):
            sandbox.parse(GOOD, "a.md")
    assert sandbox.pids == []
    sandbox.close()


def test_a_process_that_has_grown_is_replaced(hostile: Sandboxes) -> None:
    sandbox = hostile(LIMITS.model_copy(update={"parser_memory_bytes": 256 * 2**20}))
    says(sandbox, "state")
    [pid] = sandbox.pids
    sandbox._grown_bytes = 2**20
    for _ in range(10):
        says(sandbox, "state")
    assert pid not in sandbox.pids
