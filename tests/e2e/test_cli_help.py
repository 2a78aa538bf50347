"""Every command explains itself, at once."""

import subprocess
import sys
from collections.abc import Iterator

import click
import pytest
from fakes.programs.command import VADE

from api.cli import main

HEAVY = ("torch", "transformers", "faiss", "tantivy", "sqlalchemy", "fastapi", "openpyxl", "unstructured")


def commands(command: click.Command, *path: str) -> Iterator[tuple[str, ...]]:
    yield path
    if isinstance(command, click.Group):
        for name, child in command.commands.items():
            yield from commands(child, *path, name)


@pytest.mark.parametrize("path", list(commands(main)), ids=lambda path: " ".join(("vade", *path)))
def test_every_command_explains_itself(path: tuple[str, ...]) -> None:
    shown = subprocess.run([VADE, *path, "--help"], capture_output=True, text=True, check=False)
    assert (shown.returncode, shown.stderr) == (0, "")
    assert shown.stdout.startswith(f"Usage: vade {' '.join(path)}".rstrip())
    assert len(shown.stdout.splitlines()) > 4


def test_help_loads_nothing_heavy() -> None:
    code = f"import sys, api.cli; print([name for name in {HEAVY} if name in sys.modules])"
    loaded = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert loaded.stdout.strip() == "[]"


def test_the_version_is_told() -> None:
    shown = subprocess.run([VADE, "--version"], capture_output=True, text=True, check=True)
    assert shown.stdout.strip()
