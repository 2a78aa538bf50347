"""`vade job …`."""

from __future__ import annotations

import time
from dataclasses import asdict
from datetime import datetime
from typing import TYPE_CHECKING, Any

import click

from api.cli.opening import opened
from api.cli.run_reports import show_night
from api.cli.terminal import DONE, Terminal, printing
from core.errors import InputError

if TYPE_CHECKING:
    from core.store.job_control import JobEntry


@click.group()
def job() -> None:
    """Show the jobs that wait, run or failed; retry or cancel them."""


@job.command(name="list")
@click.option(
    "--state",
    "states",
    multiple=True,
    type=click.Choice(["queued", "running", "failed", "quarantined", "cancelled", "done"]),
    help="Only these; may be given several times.",
)
@printing
def list_jobs(terminal: Terminal, states: tuple[str, ...]) -> int:
    """List jobs, the running ones first."""
    from admin.jobs import find_jobs
    from core.store.jobs import JobState

    with opened(terminal.data_dir) as app:
        jobs = find_jobs(app.database, [JobState(state) for state in states])
    terminal.result([_json(job) for job in jobs], lambda: "\n".join(map(_line, jobs)) or "There is no job.")
    return DONE


@job.command()
@click.argument("job_id", type=int, metavar="ID")
@printing
def show(terminal: Terminal, job_id: int) -> int:
    """Show all that is known of a job."""
    from admin.jobs import find_job

    with opened(terminal.data_dir) as app:
        shown = _json(find_job(app.database, job_id))
    terminal.result(shown, lambda: "\n".join(f"{name:<12} {value}" for name, value in shown.items()))
    return DONE


@job.command()
@click.argument("job_ids", nargs=-1, type=int, metavar="[ID]...")
@click.option("--all", "everything", is_flag=True, help="All that failed or are quarantined.")
@printing
def retry(terminal: Terminal, job_ids: tuple[int, ...], everything: bool) -> int:
    """Try jobs again, now, as if they had never been tried."""
    from admin.jobs import retry_jobs

    if everything == bool(job_ids):
        raise InputError("name the jobs to try again, or say --all")
    started = time.perf_counter()
    with opened(terminal.data_dir) as app:
        night = retry_jobs(app.database, app.ingestion, app.settings, job_ids, terminal.progress)
        return show_night(night, terminal, started, app.indexes.forward_seconds)


@job.command()
@click.argument("job_id", type=int, metavar="ID")
@printing
def cancel(terminal: Terminal, job_id: int) -> int:
    """Cancel a job: at once if it waits, within seconds if it runs. A run takes its documents along."""
    from admin.jobs import cancel_job
    from core.store.jobs import JobState

    with opened(terminal.data_dir) as app:
        state = cancel_job(app.database, job_id)
    done = "cancelled" if state == JobState.CANCELLED else "its worker stops within seconds"
    terminal.result({"id": job_id, "state": state, "cancelling": True}, lambda: f"Job {job_id}: {done}.")
    return DONE


def _json(job: JobEntry) -> dict[str, Any]:
    return {
        name: value.isoformat() if isinstance(value, datetime) else value
        for name, value in asdict(job).items()
    }


def _line(job: JobEntry) -> str:
    what = job.stage or job.reason
    return f"{job.id:>6}  {job.state:<11}  {job.kind:<8}  {job.key}" + (f"\n        {what}" if what else "")
