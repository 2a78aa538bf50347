"""The command line of what is in force: `vade index …` and `vade golden …`."""

from pathlib import Path
from typing import Any

import click

from api.terminal import Terminal, exit_with_errors, json_option

_AS = click.option("--as", "user", metavar="user:NAME", help="Who asks it. Default: you.")
_GROUPS = click.option("--groups", default="", metavar="A,B", help="The groups that the asker is in.")
_SUBJECT = click.argument("subject", type=click.Choice(["documents", "embedder"]))


@click.group()
def golden() -> None:
    """Keep questions whose answers are known. They decide what comes into force.

    A run that brings much, by the setting ingest.gate_share, and another embedder come into force only
    if every golden question that held before still holds.
    """


@golden.command()
@click.argument("question")
@click.option(
    "--document", "documents", multiple=True, metavar="URI", help="Has to be cited; the end of a URI will do."
)
@click.option("--answer", "answers", multiple=True, metavar="TEXT", help="Has to stand in what is cited.")
@click.option("--refuse", is_flag=True, help="It has to be refused: no document says it.")
@_AS
@_GROUPS
@json_option
@click.pass_obj
@exit_with_errors
def add(data_dir: Path | None, as_json: bool, **options: Any) -> int:
    """Keep a question. Of several documents, or of several answers, one is enough."""
    from api.commands.golden import Asked, run_add

    return run_add(data_dir, Terminal(as_json), Asked(**options))


@golden.command(name="import")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path), metavar="FILE.jsonl")
@_AS
@_GROUPS
@json_option
@click.pass_obj
@exit_with_errors
def import_(data_dir: Path | None, as_json: bool, **options: Any) -> int:
    """Keep the questions of a file as `vade eval --answers` reads it, one a line."""
    from api.commands.golden import run_import

    return run_import(data_dir, Terminal(as_json), **options)


@golden.command(name="list")
@json_option
@click.pass_obj
@exit_with_errors
def list_goldens(data_dir: Path | None, as_json: bool) -> int:
    """List the questions."""
    from api.commands.golden import run_list

    return run_list(data_dir, Terminal(as_json))


@golden.command()
@click.argument("ids", nargs=-1, required=True, type=int, metavar="ID...")
@json_option
@click.pass_obj
@exit_with_errors
def remove(data_dir: Path | None, as_json: bool, ids: tuple[int, ...]) -> int:
    """Forget questions."""
    from api.commands.golden import run_remove

    return run_remove(data_dir, Terminal(as_json), ids)


@golden.command()
@json_option
@click.pass_obj
@exit_with_errors
def run(data_dir: Path | None, as_json: bool) -> int:
    """Ask all of them now, and say which do not hold."""
    from api.commands.golden import run_all

    return run_all(data_dir, Terminal(as_json))


@click.group()
def index() -> None:
    """See what is searched by and what waits; bring it into force, or go back."""


@index.command(name="list")
@json_option
@click.pass_obj
@exit_with_errors
def list_index(data_dir: Path | None, as_json: bool) -> int:
    """Show what is in force, what waits and why, and what can be gone back to."""
    from api.commands.index import run_list

    return run_list(data_dir, Terminal(as_json))


@index.command()
@json_option
@click.pass_obj
@exit_with_errors
def build(data_dir: Path | None, as_json: bool) -> int:
    """Embed everything by the embedder of the settings, beside what is in force, and let it come into force.

    It comes into force once every chunk has its vector and the golden questions hold; until then searches
    go on by the one before. Stopped half way, it goes on where it was. `vade sync` does the same.
    """
    from api.commands.index import run_build

    return run_build(data_dir, Terminal(as_json))


@index.command()
@_SUBJECT
@json_option
@click.pass_obj
@exit_with_errors
def promote(data_dir: Path | None, as_json: bool, subject: str) -> int:
    """Bring what waits into force, whatever the golden questions say."""
    from api.commands.index import run_promote

    return run_promote(data_dir, Terminal(as_json), subject)


@index.command()
@_SUBJECT
@json_option
@click.pass_obj
@exit_with_errors
def rollback(data_dir: Path | None, as_json: bool, subject: str) -> int:
    """Go back to what was in force before. What is taken back waits until it is promoted by name.

    Deletions and permissions are not gone back on, nor documents that have changed since.
    """
    from api.commands.index import run_rollback

    return run_rollback(data_dir, Terminal(as_json), subject)


@index.command()
@json_option
@click.pass_obj
@exit_with_errors
def confirm(data_dir: Path | None, as_json: bool) -> int:
    """Give up what could be gone back to, and free its room."""
    from api.commands.index import run_confirm

    return run_confirm(data_dir, Terminal(as_json))
