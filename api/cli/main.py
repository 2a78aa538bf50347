"""The command `vade`: its groups and commands, each imported when it runs, so that help answers at once."""

import io
import os
import sys
from pathlib import Path
from typing import Any

import click

from api.cli.lazy import LazyGroup
from api.cli.terminal import echo, stopped, to_json


class CommandLine(LazyGroup):
    """The command line, whose usage errors are JSON too if `--json` was given."""

    def __call__(self, *args: Any, **options: Any) -> Any:
        """Run the command line and exit with its code; arguments and options are those of `main`."""
        if not options.get("standalone_mode", True):
            return super().__call__(*args, **options)
        given = args[0] if args else sys.argv[1:]
        try:
            code = super().__call__(*args, **{**options, "standalone_mode": False})
        except click.ClickException as error:
            shown = io.StringIO()
            error.show(shown)
            echo(shown.getvalue(), err=True, nl=False)
            if "--json" in given:
                echo(to_json({"error": {"code": "usage", "message": error.format_message()}}))
            sys.exit(error.exit_code)
        except click.Abort:
            sys.exit(stopped())
        sys.exit(code)


@click.group(
    cls=CommandLine, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100}
)
@click.option(
    "--data-dir",
    type=click.Path(path_type=Path),
    metavar="DIR",
    help="Where everything is kept. Default: VADE_DATA_DIR or ~/.local/share/vademecum.",
)
@click.version_option(package_name="vademecum")
@click.pass_context
def main(context: click.Context, data_dir: Path | None) -> None:
    """Answer questions from your own documents, with the passage that proves each sentence.

    Exit codes: 0 done, 1 done with failures that are listed, 2 usage or configuration, 3 already
    running, 130 stopped by Ctrl-C. What was committed by then is kept, and the next run does the rest.
    Commands that run until they are stopped (up, serve, worker) end with 0.
    """
    context.obj = data_dir
    # Threads that wait for one another sleep instead of spinning: on a machine with other work an
    # answer takes two thirds of the time. Read once, when the neural library is loaded.
    os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")


@main.lazy("ask", "Answer a question with citations, or say that the documents do not.")
def _ask() -> click.Command:
    from api.cli.commands.ask import ask

    return ask


@main.lazy("check", "Prove that database and indexes agree, or name what does not, and the remedy.")
def _check() -> click.Command:
    from api.cli.commands.check import check

    return check


@main.lazy("document", "Show a document and what is inside it, or erase it for good.")
def _document() -> click.Command:
    from api.cli.commands.document import document

    return document


@main.lazy("eval", "Measure searches or answers on questions whose answers are known.")
def _evaluate() -> click.Command:
    from api.cli.commands.evaluate import evaluate

    return evaluate


@main.lazy("golden", "Keep questions whose answers are known; they decide what comes into force.")
def _golden() -> click.Command:
    from api.cli.commands.golden import golden

    return golden


@main.lazy("group", "Put accounts into groups, and take them out.")
def _group() -> click.Command:
    from api.cli.commands.identity.group import group

    return group


@main.lazy("index", "Show what is in force and what waits; promote it, or roll back.")
def _index() -> click.Command:
    from api.cli.commands.index import index

    return index


@main.lazy("ingest", "Ingest folders or files: what is new, changed or removed, and nothing else.")
def _ingest() -> click.Command:
    from api.cli.commands.ingest import ingest

    return ingest


@main.lazy("job", "Show the jobs that wait, run or failed; retry or cancel them.")
def _job() -> click.Command:
    from api.cli.commands.job import job

    return job


@main.lazy("key", "Issue, list and revoke the keys with which programs ask.")
def _key() -> click.Command:
    from api.cli.commands.identity.key import key

    return key


@main.lazy("model", "Choose, fetch and try out models that write, embed or rerank; serve those that write.")
def _model() -> click.Command:
    from api.cli.commands.model import model

    return model


@main.lazy("search", "Find the passages that fit a question best.")
def _search() -> click.Command:
    from api.cli.commands.ask import search

    return search


@main.lazy("serve", "Serve the page and the HTTP interface; leave ingestion to `vade worker`.")
def _serve() -> click.Command:
    from api.cli.commands.serve import serve

    return serve


@main.lazy("session", "Show who is signed in where, and end sessions.")
def _session() -> click.Command:
    from api.cli.commands.identity.session import session

    return session


@main.lazy("source", "Add, try out, list and remove the sources of the nightly `vade sync`.")
def _source() -> click.Command:
    from api.cli.commands.source import source

    return source


@main.lazy("sync", "Bring sources up to date: those named, or all that `vade source add` added.")
def _sync() -> click.Command:
    from api.cli.commands.ingest import sync

    return sync


@main.lazy("up", "Serve the page and the HTTP interface, and ingest documents beside them.")
def _up() -> click.Command:
    from api.cli.commands.serve import up

    return up


@main.lazy("user", "Keep the accounts of people, and of the services that use keys.")
def _user() -> click.Command:
    from api.cli.commands.identity.user import user

    return user


@main.lazy("worker", "Work on the jobs of all sources and run the nightly sync, until stopped.")
def _worker() -> click.Command:
    from api.cli.commands.serve import worker

    return worker
