"""`vade ingest`."""

import resource
import sys
import time
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import asdict
from pathlib import Path
from typing import Any

from api.app import App
from api.commands.opening import opened, reader_named, user_named
from api.terminal import ALREADY_RUNNING, DONE, WITH_FAILURES, Terminal
from core.errors import AlreadyRunningError
from ingest.connectors.folder import FolderSource
from ingest.connectors.jsonl import StreamSource, holds_lines
from ingest.connectors.options import SourceOptions
from ingest.connectors.source import Source
from ingest.connectors.sources import SCHEMES, source_at
from ingest.run.listing_recorder import Plan
from ingest.run.report import Outcome, RunReport
from ingest.run.run import RunOptions
from ingest.schedule.night import NightReport, sync_each


def run(
    data_dir: Path | None,
    terminal: Terminal,
    places: Sequence[str],
    user: str | None,
    public: bool,
    dry_run: bool,
    **options: bool,
) -> int:
    """Ingest each path and report; the exit code tells whether every document was read."""
    owner = reader_named(user, public)
    with opened(data_dir) as app, ExitStack() as closing_all:
        sources = [_source(app, place, owner, user_named(user)) for place in places]
        for source in sources:
            closing_all.callback(source.close)
        if dry_run:
            return run_dry(app, sources, terminal, options["retry"])
        return run_sources(app, sources, terminal, RunOptions(**options))


def _source(app: App, place: str, owner: str, user: str) -> Source:
    """Return what is at a path or an address; `-` is what comes in."""
    settings, readers = app.settings, frozenset({owner})
    if place == "-":
        options = SourceOptions(url=place, read=(owner,))
        return StreamSource(sys.stdin.buffer, user.removeprefix("user:"), options, settings.ingest)
    if place.endswith(".jsonl") and ":" not in place and holds_lines(Path(place)):
        return source_at(f"jsonl://{Path(place).absolute()}", {}, readers, settings)
    if place.partition(":")[0].lower() in SCHEMES:
        return source_at(place, {}, readers, settings)
    return FolderSource(Path(place), readers, settings.ingest.max_file_bytes)


def run_sources(app: App, sources: Sequence[Source], terminal: Terminal, options: RunOptions) -> int:
    """Ingest each source and print one report of all; a source that fails does not keep the others.

    Raises: what the only source raised.
    """
    started = time.perf_counter()
    night = sync_each(sources, lambda source: ingest_shown(app, source, terminal, options))
    if len(sources) == 1 and night.errors:
        raise night.errors[0][1]
    return show_night(app, night, terminal, time.perf_counter() - started)


def ingest_shown(app: App, source: Source, terminal: Terminal, options: RunOptions) -> RunReport:
    """Ingest a source with a bar on the terminal. Raises: as `Ingestion.ingest`."""
    with terminal.progress("Ingesting") as advance:
        return app.ingestion.ingest(source, lambda document, listed: advance(listed), options)


def show_night(app: App, night: NightReport, terminal: Terminal, seconds: float) -> int:
    """Print one report of many runs and return the exit code."""
    summary = _summary(night.reports, seconds, app.embedder.forward_seconds)
    runs = [_run_json(report) for report in night.reports] + [
        {"source": uri, "error": {"code": error.code, "message": str(error)}} for uri, error in night.errors
    ]
    failed = [f"{uri}: {error}" for uri, error in night.errors]
    failed += [verdict.as_text() for verdict in night.verdicts]
    verdicts = [verdict.as_json() for verdict in night.verdicts]
    terminal.result(
        {**summary, "runs": runs, "verdicts": verdicts},
        lambda: "\n".join([_text(summary, night.reports), *failed]),
    )
    if not night.reports and all(isinstance(error, AlreadyRunningError) for _, error in night.errors):
        return ALREADY_RUNNING
    return DONE if night.is_clean else WITH_FAILURES


def run_dry(app: App, sources: Sequence[Source], terminal: Terminal, retry: bool) -> int:
    """Print what ingesting the sources would do."""
    plans = {source.uri: app.pipeline.plan(source, retry) for source in sources}
    terminal.result(
        {uri: {"fetch": [one.uri for one in plan.work], "delete": plan.gone} for uri, plan in plans.items()},
        lambda: "\n".join(_plan_text(uri, plan) for uri, plan in plans.items()),
    )
    return DONE


def _plan_text(uri: str, plan: Plan) -> str:
    lines = [f"{uri}: {len(plan.work)} to fetch, {len(plan.kept)} as they were, {len(plan.gone)} to delete."]
    lines += [f"  fetch   {listed.uri}" for listed in plan.work]
    return "\n".join([*lines, *(f"  delete  {gone}" for gone in plan.gone)])


def _summary(reports: Sequence[RunReport], wall: float, forward: float) -> dict[str, Any]:
    stages: dict[str, float] = {}
    for report in reports:
        for stage, seconds in report.seconds.items():
            stages[stage] = stages.get(stage, 0.0) + seconds
    documents = sum(len(report.documents) for report in reports)
    chunks = sum(report.chunks for report in reports)
    return {
        **{outcome.value: sum(report.count(outcome) for report in reports) for outcome in Outcome},
        "chunks": chunks,
        "embedded": sum(report.embedded for report in reports),
        "seconds": round(wall, 2),
        "documents_per_second": round(documents / wall, 1),
        "chunks_per_second": round(chunks / wall, 1),
        "seconds_by_stage": {stage: round(seconds, 2) for stage, seconds in stages.items()},
        "embedder_forward_share": round(forward / wall, 3),
        "peak_rss_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // (1024 if _IN_KIB else 2**20),
    }


# Linux counts the peak in KiB, macOS in bytes.
_IN_KIB = sys.platform != "darwin"


def _run_json(report: RunReport) -> dict[str, Any]:
    documents = [asdict(document) for document in report.documents]
    return {
        "source": report.source,
        "run": report.run,
        "suspicion": report.suspicion,
        "gate": report.gate,
        "documents": documents,
    }


def _text(summary: dict[str, Any], reports: Sequence[RunReport]) -> str:
    failed = [
        f"  {document.uri}\n    {document.reason}" for report in reports for document in report.failures
    ]
    counts = ", ".join(f"{summary[outcome.value]} {outcome.value}" for outcome in Outcome)
    lines = [
        f"{counts}.",
        f"{summary['chunks']} chunks in {summary['seconds']} s: "
        f"{summary['documents_per_second']} documents/s, {summary['chunks_per_second']} chunks/s, "
        f"{summary['embedder_forward_share']:.0%} of it in the embedder; "
        f"peak memory {summary['peak_rss_mb']} MB.",
    ]
    lines += [f"{report.source}: {report.suspicion}" for report in reports if report.suspicion]
    if failed:
        lines += ["Not read; the rest is searchable. Mend the file and ingest again:", *failed]
    documents = [document for report in reports for document in report.documents if document.notices]
    if documents:
        lines.append("Read, but look at these:")
    for document in documents:
        lines += [f"  {document.uri}", *(f"    {notice}" for notice in document.notices)]
    return "\n".join(lines)
