"""`vade source …`."""

from collections.abc import Sequence
from contextlib import closing
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from api.app import App
from api.commands.opening import opened, reader_named
from api.report_page import report_page
from api.terminal import DONE, WITH_FAILURES, Terminal
from core.errors import FetchError, InputError, ParseError
from core.store.sources import (
    RunEntry,
    SourceEntry,
    find_source,
    list_sources,
    register,
    runs_of,
    schedule,
)
from ingest.connectors.folder import FolderSource
from ingest.connectors.source import Listing, Source
from ingest.connectors.sources import open_source, source_at


def run_add(
    data_dir: Path | None,
    terminal: Terminal,
    place: str,
    options: Sequence[str],
    user: str | None,
    public: bool,
) -> int:
    """Enter a source for `vade sync`."""
    owner = reader_named(user, public)
    with (
        opened(data_dir) as app,
        closing(source_at(place, _told(options), frozenset({owner}), app.settings)) as source,
    ):
        if isinstance(source, FolderSource):
            next(iter(source.listings("")))
        with app.database.writing() as session:
            register(session, source.uri, source.kind, source.config, scheduled=True)
    terminal.result({"source": source.uri}, lambda: f"{source.uri} takes part in `vade sync`.")
    return DONE


def run_test(data_dir: Path | None, terminal: Terminal, uri: str) -> int:
    """List a source's first documents and fetch the first that can be had."""
    with opened(data_dir) as app, closing(open_source(named(app, uri), app.settings)) as source:
        listing = next((part for part in source.listings("") if part.listed or part.unreadable), Listing())
        fetched = _fetched(source, listing)
    documents = [{"uri": one.uri, "read": sorted(one.principals)} for one in listing.listed]
    problems = [{"uri": uri, "reason": str(error)} for uri, error in listing.unreadable]
    terminal.result(
        {"source": source.uri, "documents": documents, "problems": problems, "fetched": fetched},
        lambda: "\n".join(_test_lines(documents, problems, fetched)),
    )
    return DONE if documents and not problems and "reason" not in fetched else WITH_FAILURES


def run_list(data_dir: Path | None, terminal: Terminal) -> int:
    """List the sources and how the last run over each ended."""
    with opened(data_dir) as app, app.database.reading() as session:
        entries = [(entry, _last(runs_of(session, entry.id, 1))) for entry in list_sources(session)]
    terminal.result(
        [{**_entry_json(entry), "last_run": last and _run_json(last)} for entry, last in entries],
        lambda: "\n".join(_source_line(entry, last) for entry, last in entries) or "No source yet.",
    )
    return DONE


def run_remove(data_dir: Path | None, terminal: Terminal, uri: str) -> int:
    """Leave a source out of `vade sync`."""
    with opened(data_dir) as app:
        entry = named(app, uri)
        with app.database.writing() as session:
            schedule(session, entry.uri, scheduled=False)
    terminal.result(
        {"source": entry.uri}, lambda: f"{entry.uri} is left out of `vade sync`; its documents stay."
    )
    return DONE


def run_reports(
    data_dir: Path | None, terminal: Terminal, uri: str | None, limit: int, html: Path | None
) -> int:
    """Show the last reports of a source or of each, the newest first; with `html`, write them as a page."""
    with opened(data_dir) as app:
        entries = [named(app, uri)] if uri else None
        with app.database.reading() as session:
            entries = entries or list_sources(session)
            runs = [(entry, run) for entry in entries for run in runs_of(session, entry.id, limit)]
    if html is not None:
        _write(html, report_page(runs))
    terminal.result(
        [{"source": entry.uri, **_run_json(run)} for entry, run in runs],
        lambda: (
            f"Written to {html}." if html else "\n\n".join(_run_text(*pair) for pair in runs) or "No run yet."
        ),
    )
    return DONE


def _write(path: Path, text: str) -> None:
    try:
        path.write_text(text, "utf-8")
    except OSError as error:
        raise InputError(f"{path} cannot be written: {error.strerror}") from error


def named(app: App, name: str) -> SourceEntry:
    """Return a source by its URI, a folder by its path, or any by the address that it was entered with.

    Raises: NotFoundError.
    """
    uri = name if ":" in name else FolderSource(Path(name), frozenset(), 0).uri
    with app.database.reading() as session:
        entered = (entry for entry in list_sources(session) if name in {entry.uri, entry.config.get("url")})
        return next(entered, None) or find_source(session, uri)


def _told(options: Sequence[str]) -> dict[str, str]:
    """Return `KEY=VALUE` options by key. Raises: InputError."""
    pairs = [option.partition("=") for option in options]
    for key, equals, _ in pairs:
        if not equals or not key.strip():
            raise InputError(f"--set {key}: write KEY=VALUE")
    return {key.strip(): value for key, _, value in pairs}


def _fetched(source: Source, listing: Listing) -> dict[str, Any]:
    for listed in listing.listed[:1]:
        try:
            return {"uri": listed.uri, "name": listed.name, "bytes": len(source.fetch(listed))}
        except (FetchError, ParseError) as error:
            return {"uri": listed.uri, "name": listed.name, "reason": str(error)}
    return {}


def _test_lines(
    documents: Sequence[dict[str, Any]], problems: Sequence[dict[str, str]], fetched: dict[str, Any]
) -> list[str]:
    lines = [f"{one['uri']}\n    read: {', '.join(one['read']) or 'nobody'}" for one in documents]
    lines += [f"{one['uri']}\n    {one['reason']}" for one in problems]
    if not documents:
        return [*lines, "It lists no document."]
    how = fetched.get("reason") or f"{fetched['bytes']:,} bytes, to be read as {fetched['name']}"
    return [*lines, f"Fetched {fetched['uri']}: {how}."]


def _last(runs: Sequence[RunEntry]) -> RunEntry | None:
    return runs[0] if runs else None


def _run_json(run: RunEntry) -> dict[str, Any]:
    ended = run.finished_at.isoformat() if run.finished_at else None
    return {**asdict(run), "started_at": run.started_at.isoformat(), "finished_at": ended}


def _source_line(entry: SourceEntry, run: RunEntry | None) -> str:
    nightly = "nightly" if entry.scheduled else "by hand"
    last = f"{run.started_at:%Y-%m-%d %H:%M} {run.state} {run.reason}".rstrip() if run else "never run"
    line = f"{entry.uri}  {nightly}  {last}"
    until = entry.readers_until
    if until is None or until > datetime.now(UTC):
        return line
    return (
        f"{line}\n    nobody reads its documents: who may was last said too long ago, "
        f"and counted until {until:%Y-%m-%d %H:%M}; a run over all of it mends that"
    )


def _entry_json(entry: SourceEntry) -> dict[str, Any]:
    until = entry.readers_until and entry.readers_until.isoformat()
    return {**asdict(entry), "readers_until": until}


def _run_text(entry: SourceEntry, run: RunEntry) -> str:
    counts = ", ".join(f"{number} {name}" for name, number in run.report.get("counts", {}).items() if number)
    ended = f"{run.finished_at:%H:%M:%S}" if run.finished_at else "now"
    lines = [
        entry.uri,
        f"Run {run.id}, {run.started_at:%Y-%m-%d %H:%M:%S} to {ended}: {run.state}. {run.reason}".rstrip(),
    ]
    lines += [f"  {counts}."] if counts else []
    for one in run.report.get("documents", ()):
        lines.append(f"  {one['outcome']:<11} {one['uri']}")
        lines += [f"              {line}" for line in (one["reason"], *one.get("notices", ())) if line]
    return "\n".join(lines)
