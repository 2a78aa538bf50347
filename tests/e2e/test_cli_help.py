"""Every command explains itself, at once."""

import subprocess
import sys
from collections.abc import Iterator

import click
import pytest
from fakes.programs.command import VADE

from api.cli.main import main

HEAVY = ("torch", "transformers", "faiss", "tantivy", "sqlalchemy", "fastapi", "openpyxl", "unstructured")


def commands(command: click.Command, *path: str) -> Iterator[tuple[str, ...]]:
    yield path
    if isinstance(command, click.Group):
        context = click.Context(command)
        for name in command.list_commands(context):
            child = command.get_command(context, name)
            assert child is not None
            yield from commands(child, *path, name)


@pytest.mark.parametrize("path", list(commands(main)), ids=lambda path: " ".join(("vade", *path)))
def test_every_command_explains_itself(path: tuple[str, ...]) -> None:
    shown = subprocess.run([VADE, *path, "--help"], capture_output=True, text=True, check=False)
    assert (shown.returncode, shown.stderr) == (0, "")
    assert shown.stdout.startswith(f"Usage: vade {' '.join(path)}".rstrip())
    assert len(shown.stdout.splitlines()) > 4


def test_help_loads_nothing_heavy() -> None:
    asked = "main(['--help'], standalone_mode=False)"
    assert loaded(f"from api.cli.main import main; {asked}") == []


def test_help_of_a_command_loads_nothing_heavy() -> None:
    load = "from api.cli.main import main; import click; context = click.Context(main)"
    every = "[main.get_command(context, name) for name in main.list_commands(context)]"
    assert loaded(f"{load}; {every}") == []


def loaded(code: str) -> list[str]:
    """Return the heavy packages that are loaded once a program has run."""
    shown = f"import sys; {code}; print('\\n', *[name for name in {HEAVY} if name in sys.modules])"
    ran = subprocess.run([sys.executable, "-c", shown], capture_output=True, text=True, check=True)
    return ran.stdout.splitlines()[-1].split()


def test_the_version_is_shown() -> None:
    shown = subprocess.run([VADE, "--version"], capture_output=True, text=True, check=True)
    assert shown.stdout.strip()
