"""`vade job …`."""

from collections.abc import Sequence
from contextlib import ExitStack, closing
from dataclasses import asdict
from datetime import datetime
from pathlib import Path
from typing import Any

from api.app import App
from api.commands.ingest import run_sources
from api.commands.opening import opened
from api.terminal import DONE, Terminal
from core.errors import InputError
from core.store.job_control import JobEntry, cancel, list_jobs, retry, show_job
from core.store.jobs import DOCUMENT, JobState
from core.store.sources import list_sources
from ingest.connectors.sources import open_source
from ingest.run.run import RunOptions

_GIVEN_UP = (JobState.FAILED, JobState.QUARANTINED)


def run_list(data_dir: Path | None, terminal: Terminal, states: Sequence[str]) -> int:
    """List jobs."""
    with opened(data_dir) as app, app.database.reading() as session:
        jobs = list_jobs(session, [JobState(state) for state in states])
    terminal.result([_json(job) for job in jobs], lambda: "\n".join(map(_line, jobs)) or "Nothing to do.")
    return DONE


def run_show(data_dir: Path | None, terminal: Terminal, job_id: int) -> int:
    """Show one job."""
    with opened(data_dir) as app, app.database.reading() as session:
        job = show_job(session, job_id)
    terminal.result(
        _json(job), lambda: "\n".join(f"{name:<12} {value}" for name, value in _json(job).items())
    )
    return DONE


def run_retry(data_dir: Path | None, terminal: Terminal, job_ids: Sequence[int], everything: bool) -> int:
    """Put jobs back into the line and do the work of their sources."""
    if everything == bool(job_ids):
        raise InputError("name the jobs to try again, or say --all")
    with opened(data_dir) as app:
        with app.database.writing() as session:
            chosen = (
                list_jobs(session, _GIVEN_UP) if everything else [show_job(session, one) for one in job_ids]
            )
            for job in chosen:
                retry(session, job.id)
        return _work(app, terminal, {job.source_id for job in chosen if job.kind == DOCUMENT})


def run_cancel(data_dir: Path | None, terminal: Terminal, job_id: int) -> int:
    """Cancel a job."""
    with opened(data_dir) as app, app.database.writing() as session:
        state = cancel(session, job_id)
    done = "cancelled" if state == JobState.CANCELLED else "its worker stops within seconds"
    terminal.result({"id": job_id, "state": state, "cancelling": True}, lambda: f"Job {job_id}: {done}.")
    return DONE


def _work(app: App, terminal: Terminal, source_ids: set[int]) -> int:
    with app.database.reading() as session:
        entries = [entry for entry in list_sources(session) if entry.id in source_ids]
    with ExitStack() as closing_all:
        sources = [closing_all.enter_context(closing(open_source(entry, app.settings))) for entry in entries]
        return run_sources(app, sources, terminal, RunOptions(retry=True, listing=False))


def _json(job: JobEntry) -> dict[str, Any]:
    return {
        name: value.isoformat() if isinstance(value, datetime) else value
        for name, value in asdict(job).items()
    }


def _line(job: JobEntry) -> str:
    what = job.stage or job.reason
    return f"{job.id:>6}  {job.state:<11}  {job.kind:<8}  {job.key}" + (f"\n        {what}" if what else "")
