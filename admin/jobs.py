"""Jobs of the ledger: what waits, runs or failed; retrying and cancelling it."""

from collections.abc import Collection, Sequence

from admin.progress import ShowProgress, unseen
from admin.runs import ingest_sources, opened_sources
from core.errors import InputError
from core.settings import Settings
from core.store.database import Database
from core.store.job_control import JobEntry, cancel, list_jobs, retry, show_job
from core.store.jobs import DOCUMENT, UPLOAD, JobState
from core.store.sources import SourceEntry, list_sources
from ingest.ingestion import Ingestion
from ingest.run.run import RunOptions
from ingest.schedule.night import NightReport

_GIVEN_UP = (JobState.FAILED, JobState.QUARANTINED)


def find_jobs(database: Database, states: Collection[JobState] = ()) -> list[JobEntry]:
    """Return jobs, the running ones first; with `states`, only these."""
    with database.reading() as session:
        return list_jobs(session, states)


def find_job(database: Database, job_id: int) -> JobEntry:
    """Return one job. Raises: NotFoundError."""
    with database.reading() as session:
        return show_job(session, job_id)


def cancel_job(database: Database, job_id: int) -> JobState:
    """Cancel a job and return its state: a running one ends within seconds. Raises: NotFoundError."""
    with database.writing() as session:
        return cancel(session, job_id)


def retry_jobs(
    database: Database,
    ingestion: Ingestion,
    settings: Settings,
    job_ids: Sequence[int] = (),
    show: ShowProgress = unseen,
) -> NightReport:
    """Queue jobs as if they had never been tried, and work on their sources; without ids, all that failed.

    Raises: NotFoundError if a job is unknown; InputError if it is of an upload; SourceError if a source
    cannot be opened again.
    """
    entries = _queue_again(database, job_ids)
    with opened_sources(entries, settings) as sources:
        return ingest_sources(ingestion, sources, RunOptions(retry=True, listing=False), show)


def _queue_again(database: Database, job_ids: Sequence[int]) -> list[SourceEntry]:
    """Put jobs back into the queue and return the sources of their documents."""
    with database.writing() as session:
        chosen = [show_job(session, one) for one in job_ids] if job_ids else list_jobs(session, _GIVEN_UP)
        if job_ids and any(job.kind == UPLOAD for job in chosen):
            raise InputError("an upload is not kept after its end; upload the file again")
        chosen = [job for job in chosen if job.kind != UPLOAD]
        for job in chosen:
            retry(session, job.id)
        source_ids = {job.source_id for job in chosen if job.kind == DOCUMENT}
        return [entry for entry in list_sources(session) if entry.id in source_ids]
