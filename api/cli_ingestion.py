"""The command line of ingestion: `vade ingest`, `sync`, `source …` and `job …`."""

from pathlib import Path
from typing import Any

import click

from api.terminal import Terminal, exit_with_errors, json_option

_OWNER = click.option(
    "--as",
    "user",
    metavar="user:NAME|group:NAME",
    help="Who reads what the source says nothing about. Default: you.",
)
_PUBLIC = click.option("--public", is_flag=True, help="Everybody reads what the source says nothing about.")
_RETRY = click.option("--retry", is_flag=True, help="Try again what failed before and did not change.")
_DELETIONS = click.option(
    "--allow-deletions", is_flag=True, help="Believe a source that lists nothing, or much less than before."
)
_DRY_RUN = click.option("--dry-run", is_flag=True, help="Say what would be done, and do nothing.")


@click.command()
@click.argument("places", nargs=-1, required=True, metavar="PATH...")
@_PUBLIC
@_OWNER
@_RETRY
@_DELETIONS
@_DRY_RUN
@json_option
@click.pass_obj
@exit_with_errors
def ingest(data_dir: Path | None, as_json: bool, **options: Any) -> int:
    """Bring folders or files in: new, changed and removed files, and nothing else.

    `-` reads one document a line from standard input: {"uri", "title", "text" or "path", "acl", "meta"};
    a file FILE.jsonl of such lines is read alike. An address as `vade source add` takes it is read once.

    A `.vade.yaml` in a folder says who may read what is in it and below, the nearest one up the
    tree: `read: [group:field, user:ann]`, or `read: [public]`.
    """
    from api.commands.ingest import run

    return run(data_dir, Terminal(as_json), **options)


@click.command()
@click.argument("sources", nargs=-1, metavar="[SOURCE]...")
@_RETRY
@_DELETIONS
@_DRY_RUN
@json_option
@click.pass_obj
@exit_with_errors
def sync(data_dir: Path | None, as_json: bool, **options: Any) -> int:
    """Bring sources up to date: those named, or all that `vade source add` entered. For the night.

    One run over a source at a time, on whatever machine. A source that cannot be listed does not keep
    the others; the exit code is 1 if anything failed or looked suspicious.
    """
    from api.commands.sync import run

    return run(data_dir, Terminal(as_json), **options)


@click.group()
def source() -> None:
    """Enter, try out, list and leave out the sources of the nightly `vade sync`."""


@source.command()
@click.argument("place", metavar="DIR|URL")
@click.option(
    "--set", "options", multiple=True, metavar="KEY=VALUE", help="An option of this kind; repeatable."
)
@_PUBLIC
@_OWNER
@json_option
@click.pass_obj
@exit_with_errors
def add(data_dir: Path | None, as_json: bool, **options: Any) -> int:
    """Enter a source; nothing is read yet.

    A folder, or an address whose beginning says what is there: https: (pages or a sitemap),
    git+https: git+ssh: git+file:, webdav+https:, s3: s3+https:, imaps: maildir:, confluence+https:,
    jira+https:, jsonl: or langchain:. `docs/sources.md` lists the options of each. A password is never an
    option: --set password_env=NAME names the variable that holds it.
    """
    from api.commands.source import run_add

    return run_add(data_dir, Terminal(as_json), **options)


@source.command(name="test")
@click.argument("uri", metavar="SOURCE")
@json_option
@click.pass_obj
@exit_with_errors
def try_out(data_dir: Path | None, as_json: bool, uri: str) -> int:
    """Try a source out: list its first documents, who may read them, and fetch one. Nothing is kept."""
    from api.commands.source import run_test

    return run_test(data_dir, Terminal(as_json), uri)


@source.command(name="list")
@json_option
@click.pass_obj
@exit_with_errors
def list_all(data_dir: Path | None, as_json: bool) -> int:
    """List the sources, with the end of the last run over each."""
    from api.commands.source import run_list

    return run_list(data_dir, Terminal(as_json))


@source.command()
@click.argument("uri", metavar="SOURCE")
@json_option
@click.pass_obj
@exit_with_errors
def remove(data_dir: Path | None, as_json: bool, uri: str) -> int:
    """Leave a source out of `vade sync`; its documents stay."""
    from api.commands.source import run_remove

    return run_remove(data_dir, Terminal(as_json), uri)


@source.command()
@click.argument("uri", required=False, metavar="[SOURCE]")
@click.option("--limit", default=1, show_default=True, type=click.IntRange(1, 100), help="Runs of each.")
@click.option(
    "--html",
    type=click.Path(dir_okay=False, path_type=Path),
    metavar="FILE",
    help="Write them as a page to read or to send on.",
)
@json_option
@click.pass_obj
@exit_with_errors
def runs(data_dir: Path | None, as_json: bool, **options: Any) -> int:
    """Show the reports of the last runs over a source, or over all of them."""
    from api.commands.source import run_reports

    return run_reports(data_dir, Terminal(as_json), **options)


@click.group()
def job() -> None:
    """See the work that is waiting, at work or given up; try it again or cancel it."""


@job.command(name="list")
@click.option(
    "--state",
    "states",
    multiple=True,
    type=click.Choice(["queued", "running", "failed", "quarantined", "cancelled"]),
    help="Only these; may be given several times.",
)
@json_option
@click.pass_obj
@exit_with_errors
def list_jobs(data_dir: Path | None, as_json: bool, states: tuple[str, ...]) -> int:
    """List jobs, those at work first."""
    from api.commands.job import run_list

    return run_list(data_dir, Terminal(as_json), states)


@job.command()
@click.argument("job_id", type=int, metavar="ID")
@json_option
@click.pass_obj
@exit_with_errors
def show(data_dir: Path | None, as_json: bool, job_id: int) -> int:
    """Show all that is known of a job."""
    from api.commands.job import run_show

    return run_show(data_dir, Terminal(as_json), job_id)


@job.command()
@click.argument("job_ids", nargs=-1, type=int, metavar="[ID]...")
@click.option("--all", "everything", is_flag=True, help="All that failed or are quarantined.")
@json_option
@click.pass_obj
@exit_with_errors
def retry(data_dir: Path | None, as_json: bool, job_ids: tuple[int, ...], everything: bool) -> int:
    """Try jobs again, now, as if they had never been tried."""
    from api.commands.job import run_retry

    return run_retry(data_dir, Terminal(as_json), job_ids, everything)


@job.command()
@click.argument("job_id", type=int, metavar="ID")
@json_option
@click.pass_obj
@exit_with_errors
def cancel(data_dir: Path | None, as_json: bool, job_id: int) -> int:
    """Cancel a job: at once if it waits, within seconds if it runs. A run takes its documents along."""
    from api.commands.job import run_cancel

    return run_cancel(data_dir, Terminal(as_json), job_id)
