"""`vade ingest` and `vade sync`."""

from __future__ import annotations

import sys
import time
from collections.abc import Sequence
from contextlib import ExitStack
from typing import TYPE_CHECKING

import click

from api.cli.opening import opened
from api.cli.options import Command, Owner, owner_options
from api.cli.run_reports import show_night, show_plans
from api.cli.terminal import Terminal, echo, printing
from core.errors import InputError

if TYPE_CHECKING:
    from ingest.run.reader_changes import ReaderChange


def _run_options(command: Command) -> Command:
    for option in (
        click.option("--dry-run", is_flag=True, help="Say what would be done, and do nothing."),
        click.option(
            "--allow-deletions",
            is_flag=True,
            help="Remove the documents that a source no longer lists, even if it lists none or far fewer "
            "than before. Without it, such a run removes nothing and says so.",
        ),
        click.option("--retry", is_flag=True, help="Try again what failed before and did not change."),
    ):
        command = option(command)
    return command


@click.command()
@click.argument("places", nargs=-1, required=True, metavar="PATH...")
@owner_options
@_run_options
@printing
def ingest(
    terminal: Terminal,
    places: tuple[str, ...],
    owner: Owner,
    retry: bool,
    allow_deletions: bool,
    dry_run: bool,
) -> int:
    """Ingest folders or files: what is new, changed or removed, and nothing else.

    `-` reads one document a line from standard input: {"uri", "title", "text" or "path", "acl", "meta"};
    a file FILE.jsonl of such lines is read alike. An address as `vade source add` takes it is read once.

    A `.vade.yaml` in a folder says who may read what is in it and below, the nearest one up the
    tree: `read: [group:field, user:ann]`, or `read: [public]`.
    """
    from admin.runs import ingest_sources, plan_sources, reader_changes
    from admin.sources import source_of
    from ingest.run.run import RunOptions

    started = time.perf_counter()
    with opened(terminal.data_dir) as app, ExitStack() as stack:
        sources = [
            source_of(place, app.settings, owner.reader, owner.name, sys.stdin.buffer) for place in places
        ]
        for source in sources:
            stack.callback(source.close)
        if dry_run:
            return show_plans(plan_sources(app.pipeline, sources, retry), terminal)
        if terminal.asks and not owner.is_named:
            _ask_about(reader_changes(app.pipeline, sources, owner.reader))
        options = RunOptions(retry=retry, allow_deletions=allow_deletions)
        night = ingest_sources(app.ingestion, sources, options, terminal.progress)
        return show_night(night, terminal, started, app.indexes.forward_seconds)


@click.command()
@click.argument("names", nargs=-1, metavar="[SOURCE]...")
@_run_options
@printing
def sync(
    terminal: Terminal, names: tuple[str, ...], retry: bool, allow_deletions: bool, dry_run: bool
) -> int:
    """Bring sources up to date: those named, or all that `vade source add` added. For the night.

    Each source has one run at a time, on whatever machine. A source that cannot be listed does not keep
    the others; the exit code is 1 if anything failed or looked suspicious.
    """
    from admin.runs import opened_sources, plan_sources, sync_sources
    from admin.sources import sources_to_sync
    from core.store.jobs import BACKGROUND
    from ingest.run.run import RunOptions

    started = time.perf_counter()
    with opened(terminal.data_dir) as app:
        entries = sources_to_sync(app.database, names)
        if dry_run:
            with opened_sources(entries, app.settings) as sources:
                return show_plans(plan_sources(app.pipeline, sources, retry), terminal)
        options = RunOptions(retry=retry, allow_deletions=allow_deletions, priority=BACKGROUND)
        night = sync_sources(app.ingestion, entries, app.settings, options, terminal.progress)
        return show_night(night, terminal, started, app.indexes.forward_seconds)


def _ask_about(changes: Sequence[ReaderChange]) -> None:
    """Ask on a terminal whether documents shall get other readers because no option names any.

    Raises: InputError if they shall not.
    """
    if not changes:
        return
    for change in changes:
        echo(f"{change.as_text()}.", err=True)
    if not click.confirm("Neither --public nor --as is given. Change their readers?", err=True):
        raise InputError("nothing was ingested; name the readers with --public or --as")
