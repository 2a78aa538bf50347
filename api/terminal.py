"""How the command line speaks: results on standard output, everything else on standard error."""

import functools
import json
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
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
    SettingsError,
    SourceError,
    VadeError,
)

DONE, WITH_FAILURES, USAGE, ALREADY_RUNNING = 0, 1, 2, 3
_USAGE_ERRORS = (SettingsError, SourceError, InputError, ModelError)
# A model that is well chosen may still fail, or have too much to do, at one question.
_MISHAPS = (ModelUnavailableError, DeadlineExceededError, EngineFullError, EngineClosedError)


json_option = click.option(
    "--json", "as_json", is_flag=True, help="Print one JSON document on standard output."
)


class Terminal:
    """Prints for a person, or with `as_json` one JSON document for a program."""

    def __init__(self, as_json: bool) -> None:
        self.as_json = as_json

    def result(self, document: Any, text: Callable[[], str]) -> None:
        """Print the command's result."""
        click.echo(to_json(document) if self.as_json else text())

    def line(self, document: Any) -> None:
        """Print one line of a stream of JSON documents, at once."""
        click.echo(to_json(document))
        sys.stdout.flush()

    @contextmanager
    def progress(self, label: str) -> Iterator[Callable[[int], None]]:
        """Show a bar on standard error while it is a terminal.

        The function given advances it by one, and is told how many there are as far as is known.
        """
        if self.as_json or not sys.stderr.isatty():
            yield lambda length: None
            return
        with click.progressbar(length=1, label=label, file=sys.stderr) as bar:

            def advance(length: int) -> None:
                bar.length = max(1, length)
                bar.update(1)

            yield advance


def to_json(document: Any) -> str:
    """Return one line of JSON."""
    return json.dumps(document, ensure_ascii=False)


def exit_with_errors(command: Callable[..., int]) -> Callable[..., NoReturn]:
    """Make a command end with its exit code, and one of our errors with one clear line."""

    @functools.wraps(command)
    def wrapped(*args: Any, **kwargs: Any) -> NoReturn:
        try:
            code = command(*args, **kwargs)
        except VadeError as error:
            click.echo(f"vade: {error}", err=True)
            if kwargs.get("as_json"):
                click.echo(to_json({"error": {"code": error.code, "message": str(error)}}))
            code = exit_code(error)
        except KeyboardInterrupt:
            click.echo("vade: stopped; what was committed is kept", err=True)
            code = 130
        sys.exit(code)

    return wrapped


def exit_code(error: VadeError) -> int:
    """Return the exit code that the design gives an error."""
    if isinstance(error, AlreadyRunningError):
        return ALREADY_RUNNING
    usage = isinstance(error, _USAGE_ERRORS) and not isinstance(error, _MISHAPS)
    return USAGE if usage else WITH_FAILURES
