"""Runs over sources at an operator's request: ingest, sync, and what either would do."""

import os
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, closing, contextmanager

from admin.progress import ShowProgress, unseen
from core.errors import SourceError
from core.settings import Settings
from core.store.sources import SourceEntry
from ingest.connectors.folder import FolderSource
from ingest.connectors.source import Source
from ingest.connectors.sources import open_source
from ingest.ingestion import Ingestion
from ingest.pipeline import Pipeline
from ingest.run.listing_recorder import Plan
from ingest.run.reader_changes import ReaderChange
from ingest.run.report import RunReport
from ingest.run.run import RunOptions
from ingest.schedule.night import NightReport, send_alert, settle, sync_each
from ingest.uris import file_path


def ingest_sources(
    ingestion: Ingestion, sources: Sequence[Source], options: RunOptions, show: ShowProgress = unseen
) -> NightReport:
    """Ingest each source; one that fails does not keep the others from running.

    A folder or file that does not exist is not kept as a source. Raises: the error of the only source.
    """
    ingest = _ingesting(ingestion, options, show)

    def ingest_existing(source: Source) -> RunReport:
        if isinstance(source, FolderSource) and not os.path.lexists(file_path(source.uri)):
            raise SourceError(f"{file_path(source.uri)} does not exist; nothing was changed")
        return ingest(source)

    night = sync_each(sources, ingest_existing)
    if len(sources) == 1 and night.errors:
        raise night.errors[0][1]
    return night


def sync_sources(
    ingestion: Ingestion,
    entries: Sequence[SourceEntry],
    settings: Settings,
    options: RunOptions,
    show: ShowProgress = unseen,
) -> NightReport:
    """Bring registered sources up to date, decide on what waits, and send an alert if anything failed.

    A source that fails does not keep the others from running.
    """
    ingest = _ingesting(ingestion, options, show)

    def sync(entry: SourceEntry) -> RunReport:
        with closing(open_source(entry, settings)) as source:
            return ingest(source)

    night = sync_each(entries, sync)
    with show("Embedding") as advance:
        settle(night, lambda documents: ingestion.settle(documents, advance))
    if not night.is_clean:
        send_alert(night, settings.ingest.night)
    return night


def plan_sources(pipeline: Pipeline, sources: Sequence[Source], retry: bool) -> dict[str, Plan]:
    """Return what a run over each source would do, by URI; nothing is done."""
    return {source.uri: pipeline.plan(source, retry) for source in sources}


def reader_changes(pipeline: Pipeline, sources: Sequence[Source], reader: str) -> list[ReaderChange]:
    """Return the changes of readers by which documents in folders would come to be read by `reader` alone.

    Other sources are not listed in advance; the report of a run names their changes.
    """
    folders = [source for source in sources if isinstance(source, FolderSource)]
    plans = plan_sources(pipeline, folders, retry=False).values()
    return [change for plan in plans for change in plan.readers if change.after == {reader}]


@contextmanager
def opened_sources(entries: Sequence[SourceEntry], settings: Settings) -> Iterator[list[Source]]:
    """Open registered sources, and close them in the end. Raises: SourceError."""
    with ExitStack() as stack:
        yield [stack.enter_context(closing(open_source(entry, settings))) for entry in entries]


def _ingesting(
    ingestion: Ingestion, options: RunOptions, show: ShowProgress
) -> Callable[[Source], RunReport]:
    def ingest(source: Source) -> RunReport:
        with show("Ingesting") as advance:
            return ingestion.ingest(source, lambda document, listed: advance(1, listed), options)

    return ingest
