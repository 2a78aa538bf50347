"""`vade ingest` and `vade sync`."""

from __future__ import annotations

import resource
import sys
import time
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

import click

from api.cli.opening import opened
from api.cli.options import Command, Owner, owner_options
from api.cli.terminal import ALREADY_RUNNING, DONE, WITH_FAILURES, Terminal, printing
from core.errors import AlreadyRunningError

if TYPE_CHECKING:
    from ingest.run.listing_recorder import Plan
    from ingest.run.report import RunReport
    from ingest.schedule.night import NightReport


def _run_options(command: Command) -> Command:
    for option in (
        click.option("--dry-run", is_flag=True, help="Say what would be done, and do nothing."),
        click.option(
            "--allow-deletions",
            is_flag=True,
            help="Believe a source that lists nothing, or much less than before.",
        ),
        click.option("--retry", is_flag=True, help="Try again what failed before and did not change."),
    ):
        command = option(command)
    return command


@click.command()
@click.argument("places", nargs=-1, required=True, metavar="PATH...")
@owner_options
@_run_options
@printing
def ingest(
    terminal: Terminal,
    places: tuple[str, ...],
    owner: Owner,
    retry: bool,
    allow_deletions: bool,
    dry_run: bool,
) -> int:
    """Ingest folders or files: what is new, changed or removed, and nothing else.

    `-` reads one document a line from standard input: {"uri", "title", "text" or "path", "acl", "meta"};
    a file FILE.jsonl of such lines is read alike. An address as `vade source add` takes it is read once.

    A `.vade.yaml` in a folder says who may read what is in it and below, the nearest one up the
    tree: `read: [group:field, user:ann]`, or `read: [public]`.
    """
    from admin.runs import ingest_sources, plan_sources
    from admin.sources import source_of
    from ingest.run.run import RunOptions

    started = time.perf_counter()
    with opened(terminal.data_dir) as app, ExitStack() as stack:
        sources = [
            source_of(place, app.settings, owner.reader, owner.name, sys.stdin.buffer) for place in places
        ]
        for source in sources:
            stack.callback(source.close)
        if dry_run:
            return _show_plans(plan_sources(app.pipeline, sources, retry), terminal)
        options = RunOptions(retry=retry, allow_deletions=allow_deletions)
        night = ingest_sources(app.ingestion, sources, options, terminal.progress)
        return show_night(night, terminal, started, app.indexes.embedder.forward_seconds)


@click.command()
@click.argument("names", nargs=-1, metavar="[SOURCE]...")
@_run_options
@printing
def sync(
    terminal: Terminal, names: tuple[str, ...], retry: bool, allow_deletions: bool, dry_run: bool
) -> int:
    """Bring sources up to date: those named, or all that `vade source add` added. For the night.

    Each source has one run at a time, on whatever machine. A source that cannot be listed does not keep
    the others; the exit code is 1 if anything failed or looked suspicious.
    """
    from admin.runs import opened_sources, plan_sources, sync_sources
    from admin.sources import sources_to_sync
    from core.store.jobs import BACKGROUND
    from ingest.run.run import RunOptions

    started = time.perf_counter()
    with opened(terminal.data_dir) as app:
        entries = sources_to_sync(app.database, names)
        if dry_run:
            with opened_sources(entries, app.settings) as sources:
                return _show_plans(plan_sources(app.pipeline, sources, retry), terminal)
        options = RunOptions(retry=retry, allow_deletions=allow_deletions, priority=BACKGROUND)
        night = sync_sources(app.ingestion, entries, app.settings, options, terminal.progress)
        return show_night(night, terminal, started, app.indexes.embedder.forward_seconds)


def show_night(night: NightReport, terminal: Terminal, started: float, forward_seconds: float) -> int:
    """Print one report of many runs, begun at the performance counter `started`; return the exit code."""
    summary = _summary(night.reports, time.perf_counter() - started, forward_seconds)
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


def _show_plans(plans: dict[str, Plan], terminal: Terminal) -> int:
    """Print what ingesting the sources would do."""
    terminal.result(
        {uri: {"fetch": [one.uri for one in plan.work], "delete": plan.gone} for uri, plan in plans.items()},
        lambda: "\n".join(_plan_text(uri, plan) for uri, plan in plans.items()),
    )
    return DONE


def _plan_text(uri: str, plan: Plan) -> str:
    lines = [f"{uri}: {len(plan.work)} to fetch, {len(plan.kept)} unchanged, {len(plan.gone)} to delete."]
    lines += [f"  fetch   {listed.uri}" for listed in plan.work]
    return "\n".join([*lines, *(f"  delete  {gone}" for gone in plan.gone)])


def _summary(reports: Sequence[RunReport], wall: float, forward: float) -> dict[str, Any]:
    from ingest.run.report import Outcome

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
    from ingest.run.report import Outcome

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
