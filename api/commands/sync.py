"""`vade sync` and `vade source …`."""

import time
from collections.abc import Sequence
from contextlib import closing
from dataclasses import asdict
from pathlib import Path
from typing import Any

from api.app import App
from api.commands.ingest import ingest_shown, run_dry, show_night
from api.commands.opening import opened, user_named
from api.terminal import DONE, Terminal
from core.errors import InputError
from core.jobs import BACKGROUND
from core.permissions import PUBLIC, principal
from core.sources import (
    RunEntry,
    SourceEntry,
    find_source,
    list_sources,
    register,
    runs_of,
    schedule,
)
from ingest.folder import FolderSource
from ingest.night import sync_each, tell
from ingest.report import RunReport
from ingest.run import RunOptions
from ingest.sources import open_source


def run(
    data_dir: Path | None, terminal: Terminal, sources: Sequence[str], dry_run: bool, **options: bool
) -> int:
    """Bring each source up to date; one that fails does not keep the others, and somebody is told."""
    with opened(data_dir) as app:
        entries = _chosen(app, sources)
        if dry_run:
            chosen = [open_source(entry, app.settings.ingest) for entry in entries]
            return run_dry(app, chosen, terminal, options["retry"])

        def sync(entry: SourceEntry) -> RunReport:
            with closing(open_source(entry, app.settings.ingest)) as source:
                return ingest_shown(app, source, terminal, RunOptions(**options, priority=BACKGROUND))

        started = time.perf_counter()
        night = sync_each(entries, sync)
        if not night.is_clean:
            tell(night, app.settings.ingest.night)
        return show_night(app, night, terminal, time.perf_counter() - started)


def run_add(data_dir: Path | None, terminal: Terminal, path: Path, user: str | None, public: bool) -> int:
    """Enter a folder for `vade sync`."""
    owner = PUBLIC if public else principal(user_named(user))
    with opened(data_dir) as app:
        source = FolderSource(path, frozenset({owner}), app.settings.ingest.max_file_bytes)
        next(iter(source.listings("")))
        with app.database.writing() as session:
            register(session, source.uri, source.kind, source.config, scheduled=True)
    terminal.result({"source": source.uri}, lambda: f"{source.uri} takes part in `vade sync`.")
    return DONE


def run_list(data_dir: Path | None, terminal: Terminal) -> int:
    """List the sources and how the last run over each ended."""
    with opened(data_dir) as app, app.database.reading() as session:
        entries = [(entry, _last(runs_of(session, entry.id, 1))) for entry in list_sources(session)]
    terminal.result(
        [{**asdict(entry), "last_run": last and _run_json(last)} for entry, last in entries],
        lambda: "\n".join(_source_line(entry, last) for entry, last in entries) or "No source yet.",
    )
    return DONE


def run_remove(data_dir: Path | None, terminal: Terminal, uri: str) -> int:
    """Leave a source out of `vade sync`."""
    with opened(data_dir) as app:
        entry = _named(app, uri)
        with app.database.writing() as session:
            schedule(session, entry.uri, scheduled=False)
    terminal.result(
        {"source": entry.uri}, lambda: f"{entry.uri} is left out of `vade sync`; its documents stay."
    )
    return DONE


def run_reports(data_dir: Path | None, terminal: Terminal, uri: str, limit: int) -> int:
    """Show the last reports, the newest first."""
    with opened(data_dir) as app:
        entry = _named(app, uri)
        with app.database.reading() as session:
            runs = runs_of(session, entry.id, limit)
    terminal.result(
        [_run_json(run) for run in runs], lambda: "\n\n".join(map(_run_text, runs)) or "No run yet."
    )
    return DONE


def _chosen(app: App, named: Sequence[str]) -> list[SourceEntry]:
    if named:
        return [_named(app, name) for name in named]
    with app.database.reading() as session:
        chosen = [entry for entry in list_sources(session) if entry.scheduled]
    if not chosen:
        raise InputError("no source takes part in `vade sync` yet; enter one with `vade source add DIR`")
    return chosen


def _named(app: App, name: str) -> SourceEntry:
    """Return a source by its URI, or a folder by its path."""
    uri = name if ":" in name else FolderSource(Path(name), frozenset(), 0).uri
    with app.database.reading() as session:
        return find_source(session, uri)


def _last(runs: Sequence[RunEntry]) -> RunEntry | None:
    return runs[0] if runs else None


def _run_json(run: RunEntry) -> dict[str, Any]:
    ended = run.finished_at.isoformat() if run.finished_at else None
    return {**asdict(run), "started_at": run.started_at.isoformat(), "finished_at": ended}


def _source_line(entry: SourceEntry, run: RunEntry | None) -> str:
    nightly = "nightly" if entry.scheduled else "by hand"
    last = f"{run.started_at:%Y-%m-%d %H:%M} {run.state} {run.reason}".rstrip() if run else "never run"
    return f"{entry.uri}  {nightly}  {last}"


def _run_text(run: RunEntry) -> str:
    counts = ", ".join(f"{number} {name}" for name, number in run.report.get("counts", {}).items())
    ended = f"{run.finished_at:%H:%M:%S}" if run.finished_at else "now"
    lines = [
        f"Run {run.id}, {run.started_at:%Y-%m-%d %H:%M:%S} to {ended}: {run.state}. {run.reason}".rstrip()
    ]
    lines += [f"  {counts}."] if counts else []
    for one in run.report.get("documents", ()):
        lines += [
            f"  {one['outcome']:<11} {one['uri']}",
            *([f"              {one['reason']}"] if one["reason"] else []),
        ]
    return "\n".join(lines)
