"""What ingesting did or would do, as JSON and as text for a person."""

from __future__ import annotations

import resource
import sys
import time
from collections.abc import Sequence
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from api.cli.terminal import ALREADY_RUNNING, DONE, WITH_FAILURES, Terminal, counted
from core.errors import AlreadyRunningError

if TYPE_CHECKING:
    from ingest.run.listing_recorder import Plan
    from ingest.run.report import RunReport
    from ingest.schedule.night import NightReport


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


def show_plans(plans: dict[str, Plan], terminal: Terminal) -> int:
    """Print what ingesting the sources would do."""
    terminal.result(
        {
            uri: {
                "fetch": [one.uri for one in plan.work],
                "delete": plan.gone,
                "readers": [change.as_json() for change in plan.readers],
            }
            for uri, plan in plans.items()
        },
        lambda: "\n".join(_plan_text(uri, plan) for uri, plan in plans.items()),
    )
    return DONE


def _plan_text(uri: str, plan: Plan) -> str:
    lines = [f"{uri}: {len(plan.work)} to fetch, {len(plan.kept)} unchanged, {len(plan.gone)} to delete."]
    lines += [f"  fetch   {listed.uri}" for listed in plan.work]
    lines += [f"  delete  {gone}" for gone in plan.gone]
    return "\n".join([*lines, *(f"  readers {change.as_text()}" for change in plan.readers)])


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


_WORDS = {"permissions": "with other readers"}
# Linux counts the peak in KiB, macOS in bytes.
_IN_KIB = sys.platform != "darwin"


def _run_json(report: RunReport) -> dict[str, Any]:
    documents = [asdict(document) for document in report.documents]
    return {
        "source": report.source,
        "run": report.run,
        "suspicion": report.suspicion,
        "readers": [change.as_json() for change in report.readers],
        "gate": report.gate,
        "documents": documents,
    }


def _speed_text(summary: dict[str, Any]) -> str:
    return (
        f"{counted(summary['chunks'], 'chunk')}: {summary['documents_per_second']} documents/s, "
        f"{summary['chunks_per_second']} chunks/s, {summary['embedder_forward_share']:.0%} of it in the "
        f"embedder; peak memory {summary['peak_rss_mb']} MB."
    )


def _text(summary: dict[str, Any], reports: Sequence[RunReport]) -> str:
    from ingest.run.report import Outcome

    failed = [
        f"  {document.uri}\n    {document.reason}" for report in reports for document in report.failures
    ]
    counts = ", ".join(
        f"{summary[outcome.value]:,} {_WORDS.get(outcome.value, outcome.value)}"
        for outcome in Outcome
        if summary[outcome.value]
    )
    lines = [f"{counts} in {summary['seconds']} s." if counts else "No document was found."]
    if summary["chunks"]:
        lines.append(_speed_text(summary))
    lines += [f"{change.as_text()}." for report in reports for change in report.readers]
    lines += [f"{report.source}: {report.suspicion}" for report in reports if report.suspicion]
    if failed:
        lines += ["Not read; the rest is searchable. Mend the file and ingest again:", *failed]
    documents = [document for report in reports for document in report.documents if document.notices]
    if documents:
        lines.append("Read, but look at these:")
    for document in documents:
        lines += [f"  {document.uri}", *(f"    {notice}" for notice in document.notices)]
    return "\n".join(lines)
