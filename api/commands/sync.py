"""`vade sync`."""

import time
from collections.abc import Sequence
from contextlib import ExitStack, closing
from pathlib import Path

from api.app import App
from api.commands.index import advance_by
from api.commands.ingest import ingest_shown, run_dry, show_night
from api.commands.opening import opened
from api.commands.source import named
from api.terminal import Terminal
from core.errors import InputError
from core.store.jobs import BACKGROUND
from core.store.sources import (
    SourceEntry,
    list_sources,
)
from ingest.connectors.sources import open_source
from ingest.run.report import RunReport
from ingest.run.run import RunOptions
from ingest.schedule.night import send_alert, settle, sync_each


def run(
    data_dir: Path | None, terminal: Terminal, sources: Sequence[str], dry_run: bool, **options: bool
) -> int:
    """Bring each source up to date; one that fails does not keep the others, and somebody is told."""
    with opened(data_dir) as app:
        entries = _chosen(app, sources)
        if dry_run:
            with ExitStack() as closing_all:
                opening = (closing(open_source(entry, app.settings)) for entry in entries)
                chosen = [closing_all.enter_context(source) for source in opening]
                return run_dry(app, chosen, terminal, options["retry"])

        def sync(entry: SourceEntry) -> RunReport:
            with closing(open_source(entry, app.settings)) as source:
                return ingest_shown(app, source, terminal, RunOptions(**options, priority=BACKGROUND))

        started = time.perf_counter()
        night = sync_each(entries, sync)
        with terminal.progress("Embedding") as advance:
            settle(night, lambda documents: app.ingestion.settle(documents, advance_by(advance)))
        if not night.is_clean:
            send_alert(night, app.settings.ingest.night)
        return show_night(app, night, terminal, time.perf_counter() - started)


def _chosen(app: App, names: Sequence[str]) -> list[SourceEntry]:
    if names:
        return [named(app, name) for name in names]
    with app.database.reading() as session:
        chosen = [entry for entry in list_sources(session) if entry.scheduled]
    if not chosen:
        raise InputError("no source takes part in `vade sync` yet; enter one with `vade source add DIR`")
    return chosen
