"""The command `vade` as a user runs it: a process of its own, with settings from the test alone."""

import atexit
import json
import os
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

VADE = str(Path(sys.executable).with_name("vade"))
_TESTS = Path(__file__).resolve().parents[2]


@dataclass(frozen=True)
class Ended:
    """How a command ended."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        """The one JSON document on standard output; nothing else may stand there."""
        return json.loads(self.out)

    @property
    def lines(self) -> list[Any]:
        """The JSON documents on standard output, one a line."""
        return [json.loads(line) for line in self.out.splitlines()]


@dataclass(frozen=True)
class Vade:
    """Runs commands over one data folder."""

    data_dir: Path
    settings: tuple[tuple[str, str], ...] = ()

    def run(self, *arguments: str | Path) -> Ended:
        """Run a command to its end, in a process that begins with the libraries loaded."""
        return _warm().run(self._words(*arguments), self._environment)

    def run_cold(self, *arguments: str | Path) -> Ended:
        """Run a command to its end, from the first import on."""
        with self.start(*arguments) as process:
            out, err = process.communicate()
        return Ended(process.returncode, out, err)

    def start(self, *arguments: str | Path) -> "subprocess.Popen[str]":
        """Start a command and return its process."""
        return subprocess.Popen(
            self._words(*arguments), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
            encoding="utf-8", env=self._environment,
        )  # fmt: skip

    def _words(self, *arguments: str | Path) -> list[str]:
        return [VADE, "--data-dir", str(self.data_dir), *map(str, arguments)]

    @property
    def _environment(self) -> dict[str, str]:
        return {**os.environ, **dict(self.settings)}


class _Warm:
    """The program of `fakes.programs.warm`, which commands are forked from."""

    def __init__(self) -> None:
        paths = os.pathsep.join([str(_TESTS.parent), str(_TESTS)])
        self._process = subprocess.Popen(
            [sys.executable, "-m", "fakes.programs.warm"], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
            text=True, env={**os.environ, "PYTHONPATH": paths},
        )  # fmt: skip

    def run(self, words: list[str], environment: dict[str, str]) -> Ended:
        """Run a command to its end."""
        with tempfile.NamedTemporaryFile() as out, tempfile.NamedTemporaryFile() as err:
            request = {
                "words": words,
                "environment": environment,
                "folder": str(Path.cwd()),
                "out": out.name,
                "err": err.name,
            }
            assert self._process.stdin is not None
            assert self._process.stdout is not None
            print(json.dumps(request), file=self._process.stdin, flush=True)
            code = int(self._process.stdout.readline())
            return Ended(code, out.read().decode(), err.read().decode())

    def close(self) -> None:
        """End the program."""
        self._process.kill()
        self._process.communicate()


@cache
def _warm() -> _Warm:
    """Return the program of this test process."""
    program = _Warm()
    atexit.register(program.close)
    return program
