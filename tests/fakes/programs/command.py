"""The command `vade` as a user runs it: a process of its own, with settings from the test alone."""

import json
import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

VADE = str(Path(sys.executable).with_name("vade"))


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
        """Run a command to its end."""
        with self.start(*arguments) as process:
            out, err = process.communicate()
        return Ended(process.returncode, out, err)

    def start(self, *arguments: str | Path) -> "subprocess.Popen[str]":
        """Start a command and return its process."""
        return subprocess.Popen(
            [VADE, "--data-dir", str(self.data_dir), *map(str, arguments)],
            stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, encoding="utf-8",
            env={**os.environ, **dict(self.settings)},
        )  # fmt: skip
