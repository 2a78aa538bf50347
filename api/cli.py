"""The command line. Heavy packages are loaded by the command that needs them: `--help` answers at once."""

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import click

from api.cli_document import document
from api.cli_filter import filter_of, filter_options
from api.cli_index import golden, index
from api.cli_ingestion import ingest, job, source, sync
from api.cli_model import model
from api.terminal import Terminal, exit_with_errors, json_option

_AS = click.option("--as", "user", metavar="user:NAME", help="Ask as this user. Default: you.")
_GROUPS = click.option("--groups", default="", metavar="A,B", help="The groups that the asker is in.")
_FILE = click.Path(exists=True, dir_okay=False, path_type=Path)
_FOLDER = click.Path(exists=True, file_okay=False, path_type=Path)


@click.group(context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
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
    running.
    """
    context.obj = data_dir
    # Threads that wait for one another sleep instead of spinning: on a machine with other work an
    # answer takes two thirds of the time. Read once, when the neural library is loaded.
    os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")


@main.command()
@click.argument("question", required=False)
@click.option("--queries", type=_FILE, metavar="FILE.jsonl", help='Search for each line: {"id", "question"}.')
@click.option("--limit", default=10, show_default=True, type=click.IntRange(1, 100), help="Hits shown.")
@filter_options
@_AS
@_GROUPS
@json_option
@click.pass_obj
@exit_with_errors
def search(data_dir: Path | None, as_json: bool, **options: Any) -> int:
    """Find the passages that fit a question best."""
    from api.commands.ask import run_search

    return run_search(data_dir, Terminal(as_json), within=filter_of(options), **options)


@main.command()
@click.argument("question", required=False)
@click.option("--questions", type=_FILE, metavar="FILE.jsonl", help='Answer each line: {"id", "question"}.')
@click.option("--after", "earlier", multiple=True, metavar="QUESTION", help="Asked before; the oldest first.")
@filter_options
@_AS
@_GROUPS
@json_option
@click.pass_obj
@exit_with_errors
def ask(data_dir: Path | None, as_json: bool, **options: Any) -> int:
    """Answer a question with citations, or say that the documents do not.

    With --questions, one JSON line comes out for each line that goes in: its id and the answer.
    """
    from api.commands.ask import run_ask

    return run_ask(data_dir, Terminal(as_json), within=filter_of(options), **options)


@main.command(name="eval")
@click.argument("folder", required=False, type=_FOLDER, metavar="[DIR]")
@click.option("--split", default="test", show_default=True, help="Which qrels/SPLIT.tsv to judge by.")
@click.option("--answers", type=_FILE, metavar="FILE.jsonl", help="Measure answers to these questions.")
@click.option("--documents", type=_FOLDER, metavar="DIR", help="Ask over this folder, not over your data.")
@click.option(
    "--compare", multiple=True, metavar="KEY=VALUE", help="Measure again with this setting; repeatable."
)
@_AS
@_GROUPS
@json_option
@click.pass_obj
@exit_with_errors
def evaluate(data_dir: Path | None, as_json: bool, **options: Any) -> int:
    """Measure the search on a folder in BEIR layout: corpus.jsonl, queries.jsonl, qrels/*.tsv.

    Or measure answers and refusals: --answers names a file with one question a line, {"id",
    "question", "answers": [...], "answerable": true, "gold_documents": [...]}.

    A corpus, or --documents, is ingested into a data folder of its own, once; search and answers
    are the real ones. Every figure comes with its 95 % bootstrap interval. With --compare
    retrieval.dense_weight=0 both configurations stand side by side, with a paired test.
    """
    from api.commands.evaluate import Request, run

    return run(data_dir, Terminal(as_json), Request(**options))


@main.command()
@click.option("--repair", is_flag=True, help="Rebuild what does not agree with the database.")
@click.option("--deep", is_flag=True, help="Look at every vector, word, reader, page, version and job.")
@json_option
@click.pass_obj
@exit_with_errors
def check(data_dir: Path | None, as_json: bool, **options: Any) -> int:
    """Prove that database and indexes agree, or name what does not, and what to do about it."""
    from api.commands.check import run

    return run(data_dir, Terminal(as_json), **options)


def _serving(command: Callable[..., Any]) -> Callable[..., Any]:
    for option in (
        click.option("--groups", default="", metavar="A,B", help="The groups that the asker is in."),
        click.option("--as", "user", metavar="user:NAME", help="Who asks through the page. Default: you."),
        click.option("--port", type=click.IntRange(1, 65535), help="Default: 8000."),
        click.option("--host", help="Address to listen on. Default: 127.0.0.1."),
    ):
        command = option(command)
    return command


@main.command()
@_serving
@click.pass_obj
@exit_with_errors
def up(data_dir: Path | None, **options: Any) -> int:
    """Serve the page and the HTTP interface on this machine, and work on the documents beside it."""
    from api.commands.up import run

    return run(data_dir, **options)


@main.command()
@_serving
@click.pass_obj
@exit_with_errors
def serve(data_dir: Path | None, **options: Any) -> int:
    """Serve the page and the HTTP interface, and leave the documents to `vade worker`."""
    from api.commands.up import run

    return run(data_dir, works=False, **options)


@main.command()
@click.pass_obj
@exit_with_errors
def worker(data_dir: Path | None) -> int:
    """Work on what waits in the job ledger, of all sources, and run the nights, until stopped.

    Several may run, on one machine or many that share a database: each takes another source. SIGTERM
    ends it with the document at hand.
    """
    from api.commands.worker import run

    return run(data_dir)


for command in (ingest, sync, source, job, document, index, golden, model):
    main.add_command(command)
