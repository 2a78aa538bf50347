"""The terminal of a command: results go to standard output, everything else to standard error."""

import functools
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Any, NoReturn

import click

from core.errors import (
    AlreadyRunningError,
    DeadlineExceededError,
    EngineClosedError,
    EngineFullError,
    InputError,
    ModelError,
    ModelUnavailableError,
    RequestInvalidError,
    RequestTooLongError,
    SettingsError,
    SourceError,
    StorageError,
    VadeError,
)
from core.events import ignore
from core.text.printable import printable, printable_json

DONE, WITH_FAILURES, USAGE, ALREADY_RUNNING = 0, 1, 2, 3
# As a shell has it for SIGINT.
STOPPED = 130
_USAGE_ERRORS = (SettingsError, SourceError, InputError, ModelError)
# A model that is chosen well may still fail at one question, or be too busy for it.
_MISHAPS = (ModelUnavailableError, DeadlineExceededError, EngineFullError, EngineClosedError)


class Terminal:
    """The terminal of one command: the data folder it was given, and how it prints.

    It prints for a person, or with `as_json` one JSON document for a program.
    """

    def __init__(self, as_json: bool, data_dir: Path | None = None) -> None:
        self.as_json = as_json
        self.data_dir = data_dir

    @property
    def asks(self) -> bool:
        """Whether a person can be asked: standard input and standard error are a terminal."""
        return not self.as_json and sys.stdin.isatty() and sys.stderr.isatty()

    def result(self, document: Any, text: Callable[[], str]) -> None:
        """Print the command's result."""
        echo(to_json(document) if self.as_json else text())

    def line(self, document: Any) -> None:
        """Print one line of a stream of JSON documents, at once."""
        echo(to_json(document))
        sys.stdout.flush()

    @contextmanager
    def progress(self, label: str) -> Iterator[Callable[[int, int], None]]:
        """Show a bar on standard error while that is a terminal.

        The function given takes how many things were done just now, and how many there are so far.
        """
        if self.as_json or not sys.stderr.isatty():
            yield ignore
            return
        with click.progressbar(length=1, label=label, file=sys.stderr) as bar:

            def advance(done: int, length: int) -> None:
                bar.length = max(1, length)
                bar.update(done)

            yield advance


def echo(text: str, *, err: bool = False, nl: bool = True) -> None:
    """Print a text so that nothing of it can steer the terminal; every command prints by this alone."""
    click.echo(printable(text), err=err, nl=nl)


def to_json(document: Any) -> str:
    """Return one line of JSON."""
    return printable_json(document)


def moment(iso: str) -> str:
    """Return a moment (ISO 8601, in UTC) to the minute, for a person."""
    return f"{datetime.fromisoformat(iso):%Y-%m-%d %H:%M} UTC"


def error_json(error: VadeError) -> dict[str, Any]:
    """Return an error as HTTP has it."""
    return {"error": {"code": error.code, "message": str(error)}}


def counted(number: int, thing: str) -> str:
    """Return a number of things in words: `1 document`, `2,000 documents`."""
    return f"{number:,} {thing}{'' if number == 1 else 's'}"


def printing(command: Callable[..., int]) -> Callable[..., Any]:
    """Add `--json`, call a command with the `Terminal` that it prints on, and exit with its code."""

    @click.option("--json", "as_json", is_flag=True, help="Print one JSON document on standard output.")
    @click.pass_obj
    @functools.wraps(command)
    def wrapped(data_dir: Path | None, /, as_json: bool, **options: Any) -> NoReturn:
        terminal = Terminal(as_json, data_dir)
        sys.exit(_code(lambda: command(terminal, **options), as_json))

    return wrapped


def exiting(command: Callable[..., int]) -> Callable[..., Any]:
    """Call a command that prints no result with the data folder, and exit with its code."""

    @click.pass_obj
    @functools.wraps(command)
    def wrapped(data_dir: Path | None, /, **options: Any) -> NoReturn:
        sys.exit(_code(lambda: command(data_dir, **options), as_json=False))

    return wrapped


def stopped() -> int:
    """Say that the command was stopped by Ctrl-C, and return its exit code."""
    echo("vade: stopped; what was committed is kept", err=True)
    return STOPPED


def exit_code(error: VadeError) -> int:
    """Return the exit code of an error."""
    if isinstance(error, AlreadyRunningError):
        return ALREADY_RUNNING
    usage = isinstance(error, _USAGE_ERRORS) and not isinstance(error, _MISHAPS)
    return USAGE if usage else WITH_FAILURES


def ends_all(error: VadeError) -> bool:
    """Return whether no other question can be answered either: settings, model or database are at fault."""
    of_one = (InputError, RequestInvalidError, RequestTooLongError, *_MISHAPS)
    return isinstance(error, (SettingsError, ModelError, StorageError)) and not isinstance(error, of_one)


def _code(run: Callable[[], int], as_json: bool) -> int:
    """Return the exit code of a command; an error of ours becomes one clear line."""
    try:
        return run()
    except VadeError as error:
        echo(f"vade: {error}", err=True)
        if as_json:
            echo(to_json(error_json(error)))
        return exit_code(error)
    except (KeyboardInterrupt, click.Abort):
        return stopped()
