"""`vade source …`."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from api.cli.opening import opened
from api.cli.options import Owner, owner_options
from api.cli.terminal import DONE, WITH_FAILURES, Terminal, printing
from core.errors import InputError
from core.text.secrets import redacted, without_secrets

if TYPE_CHECKING:
    from admin.sources import AddedSource, SourceTrial
    from core.store.sources import RunEntry, SourceEntry


@click.group()
def source() -> None:
    """Add, try out, list and remove the sources of the nightly `vade sync`."""


@source.command()
@click.argument("place", metavar="DIR|URL")
@click.option(
    "--set", "options", multiple=True, metavar="KEY=VALUE", help="An option of this kind; repeatable."
)
@owner_options
@printing
def add(terminal: Terminal, place: str, options: tuple[str, ...], owner: Owner) -> int:
    """Add a source; nothing is read yet.

    A folder, or an address whose beginning says what is there: https: (pages or a sitemap),
    git+https: git+ssh: git+file:, webdav+https:, s3: s3+https:, imaps: maildir:, confluence+https:,
    jira+https:, jsonl: or langchain:. `docs/sources.md` lists the options of each. A password is never an
    option: --set password_env=NAME names the variable that holds it.
    """
    from admin.sources import add_source

    with opened(terminal.data_dir) as app:
        added = add_source(app.database, app.settings, place, _pairs(options), owner.reader)
    terminal.result({"source": added.uri, "read": sorted(added.readers)}, lambda: _added_text(added))
    return DONE


def _added_text(added: AddedSource) -> str:
    reader, before = ", ".join(sorted(added.readers)), ", ".join(sorted(added.before - added.readers))
    changed = f", no longer by {before}" if before else ""
    return (
        f"{added.uri} takes part in `vade sync`. "
        f"Documents whose readers it does not name are read by {reader}{changed}."
    )


@source.command(name="test")
@click.argument("uri", metavar="SOURCE")
@printing
def try_out(terminal: Terminal, uri: str) -> int:
    """Try a source out: list its first documents, who may read them, and fetch one. Nothing is kept."""
    from admin.sources import try_source

    with opened(terminal.data_dir) as app:
        trial = try_source(app.database, app.settings, uri)
    terminal.result(_trial_json(trial), lambda: "\n".join(_trial_lines(trial)))
    return DONE if trial.is_clean else WITH_FAILURES


@source.command(name="list")
@printing
def list_sources(terminal: Terminal) -> int:
    """List the sources, with the end of the last run over each."""
    from admin.sources import source_statuses

    with opened(terminal.data_dir) as app:
        statuses = source_statuses(app.database)
    terminal.result(
        [
            {**_entry_json(one.entry), "last_run": one.last_run and _run_json(one.last_run)}
            for one in statuses
        ],
        lambda: (
            "\n".join(_source_line(one.entry, one.last_run) for one in statuses) or "No source was added yet."
        ),
    )
    return DONE


@source.command()
@click.argument("uri", metavar="SOURCE")
@printing
def remove(terminal: Terminal, uri: str) -> int:
    """Take a source out of `vade sync`; its documents stay."""
    from admin.sources import remove_source

    with opened(terminal.data_dir) as app:
        removed = remove_source(app.database, uri)
    terminal.result(
        {"source": removed.uri},
        lambda: f"{redacted(removed.uri)} is left out of `vade sync`; its documents stay.",
    )
    return DONE


@source.command()
@click.argument("uri", required=False, metavar="[SOURCE]")
@click.option("--limit", default=1, show_default=True, type=click.IntRange(1, 100), help="Runs of each.")
@click.option(
    "--html",
    type=click.Path(dir_okay=False, path_type=Path),
    metavar="FILE",
    help="Write them as a page to read or to send on.",
)
@printing
def runs(terminal: Terminal, uri: str | None, limit: int, html: Path | None) -> int:
    """Show the reports of the last runs over a source, or over all of them."""
    from admin.sources import run_reports
    from api.report_page import report_page

    with opened(terminal.data_dir) as app:
        reports = run_reports(app.database, uri, limit)
    if html is not None:
        _write(html, report_page(reports))
    shown = f"Written to {html}." if html else "\n\n".join(_run_text(*pair) for pair in reports)
    terminal.result(
        [{"source": entry.uri, **_run_json(run)} for entry, run in reports],
        lambda: shown or "No run has ended yet.",
    )
    return DONE


def _write(path: Path, text: str) -> None:
    try:
        path.write_text(text, "utf-8")
    except OSError as error:
        raise InputError(f"{path} cannot be written: {error.strerror}") from error


def _pairs(options: Sequence[str]) -> dict[str, str]:
    """Return `KEY=VALUE` options by key. Raises: InputError."""
    pairs = [option.partition("=") for option in options]
    for key, equals, _ in pairs:
        if not equals or not key.strip():
            raise InputError(f"--set {key}: write KEY=VALUE")
    return {key.strip(): value for key, _, value in pairs}


def _trial_json(trial: SourceTrial) -> dict[str, Any]:
    fetched: dict[str, Any] = {}
    if one := trial.fetched:
        outcome = {"reason": one.reason} if one.reason else {"bytes": one.size_bytes}
        fetched = {"uri": one.uri, "name": one.name, **outcome}
    return {
        "source": trial.uri,
        "documents": [{"uri": one.uri, "read": sorted(one.principals)} for one in trial.documents],
        "problems": [{"uri": uri, "reason": reason} for uri, reason in trial.problems],
        "fetched": fetched,
    }


def _trial_lines(trial: SourceTrial) -> Iterator[str]:
    for listed in trial.documents:
        yield f"{listed.uri}\n    read: {', '.join(sorted(listed.principals)) or 'nobody'}"
    for uri, reason in trial.problems:
        yield f"{uri}\n    {reason}"
    if trial.fetched is None:
        yield "The source lists no document."
        return
    one = trial.fetched
    yield f"Fetched {one.uri}: {one.reason or f'{one.size_bytes:,} bytes, to be read as {one.name}'}."


def _run_json(run: RunEntry) -> dict[str, Any]:
    ended = run.finished_at.isoformat() if run.finished_at else None
    return {**asdict(run), "started_at": run.started_at.isoformat(), "finished_at": ended}


def _source_line(entry: SourceEntry, run: RunEntry | None) -> str:
    nightly = "nightly" if entry.scheduled else "by hand"
    last = f"{run.started_at:%Y-%m-%d %H:%M} {run.state} {run.reason}".rstrip() if run else "never run"
    line = f"{redacted(entry.uri)}  {nightly}  {last}"
    until = entry.readers_until
    if until is None or until > datetime.now(UTC):
        return line
    return (
        f"{line}\n    nobody may read its documents: its permissions were valid until "
        f"{until:%Y-%m-%d %H:%M}; a complete run renews them"
    )


def _entry_json(entry: SourceEntry) -> dict[str, Any]:
    until = entry.readers_until and entry.readers_until.isoformat()
    shown: dict[str, Any] = without_secrets(asdict(entry))
    return {**shown, "readers_until": until}


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
