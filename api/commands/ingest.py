"""`vade ingest`."""

import resource
import sys
import time
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from api.app import App
from api.commands.opening import opened, user_named
from api.terminal import DONE, WITH_FAILURES, Terminal
from core.permissions import PUBLIC, principal
from ingest.folder import FolderSource
from ingest.report import Outcome, RunReport


def run(
    data_dir: Path | None,
    terminal: Terminal,
    paths: Sequence[Path],
    user: str | None,
    **options: bool,
) -> int:
    """Ingest each path and report; the exit code tells whether every document was read."""
    owner = PUBLIC if options["public"] else principal(user_named(user))
    with opened(data_dir) as app:
        started = time.perf_counter()
        reports = [
            _ingest(
                app,
                FolderSource(
                    path, frozenset({owner}), app.settings.ingest.max_file_bytes, options["allow_empty"]
                ),
                terminal,
                options["retry"],
            )
            for path in paths
        ]
        wall = time.perf_counter() - started
        summary = _summary(reports, wall, app.embedder.forward_seconds)
    terminal.result(
        {**summary, "runs": [_run_json(report) for report in reports]}, lambda: _text(summary, reports)
    )
    return WITH_FAILURES if any(report.failures for report in reports) else DONE


def _ingest(app: App, source: FolderSource, terminal: Terminal, retry: bool) -> RunReport:
    with terminal.progress(len(source.list()), "Ingesting") as advance:
        return app.ingest(source, lambda report: advance(), retry)


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
    return {"source": report.source, "documents": [asdict(document) for document in report.documents]}


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
    if failed:
        lines += ["Not read; the rest is searchable. Mend the file and ingest again:", *failed]
    return "\n".join(lines)
