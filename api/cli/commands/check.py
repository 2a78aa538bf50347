"""`vade check`."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING

import click

from api.cli.opening import opened
from api.cli.terminal import DONE, WITH_FAILURES, Terminal, counted, printing

if TYPE_CHECKING:
    from admin.checks.check import CheckReport


@click.command()
@click.option("--repair", is_flag=True, help="Rebuild what does not agree with the database.")
@click.option("--deep", is_flag=True, help="Look at every vector, word, reader, page, version and job.")
@printing
def check(terminal: Terminal, repair: bool, deep: bool) -> int:
    """Prove that database and indexes agree, or name what does not, and the remedy."""
    from admin.checks.check import check
    from admin.checks.truth import expected

    with opened(terminal.data_dir) as app:
        wanted = expected(app.database, app.indexes.models, app.life) if deep else None
        report = check(app.database, app.indexes, repair, wanted)
    terminal.result({"ok": not report.findings, **asdict(report)}, lambda: _text(report))
    return WITH_FAILURES if report.findings else DONE


def _text(report: CheckReport) -> str:
    size = ", ".join([
        counted(report.documents, "document"),
        counted(report.versions, "version"),
        counted(report.chunks, "chunk"),
    ])  # fmt: skip
    if not report.findings:
        return f"{size}: database and indexes agree."
    found = (f"  {finding.name}: {finding.detail}; {finding.remedy}" for finding in report.findings)
    return "\n".join([f"{size}; not everything agrees:", *found])
