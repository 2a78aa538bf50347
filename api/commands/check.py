"""`vade check`."""

from dataclasses import asdict
from pathlib import Path

from admin.checks.check import CheckReport, check
from admin.checks.truth import Expected
from api.app import App
from api.commands.opening import opened
from api.terminal import DONE, WITH_FAILURES, Terminal
from core.store.jobs import owners


def run(data_dir: Path | None, terminal: Terminal, repair: bool, deep: bool) -> int:
    """Check, and say what was found."""
    with opened(data_dir) as app:
        if repair:
            app.models.drop_beside()
        wanted = _expected(app) if deep else None
        report = check(app.database, app.embedder.model_id, app.followers, repair, wanted)
    terminal.result({"ok": not report.findings, **asdict(report)}, lambda: _text(report))
    return WITH_FAILURES if report.findings else DONE


def _expected(app: App) -> Expected:
    chosen = app.models.chosen.embedder
    with app.database.reading() as session:
        return Expected(chosen.model_id, chosen.dimension, app.life.dead(owners(session)))


def _text(report: CheckReport) -> str:
    counted = f"{report.documents} documents, {report.versions} versions, {report.chunks} chunks"
    if not report.findings:
        return f"{counted}: database and indexes agree."
    found = (f"  {finding.name}: {finding.detail}; {finding.remedy}" for finding in report.findings)
    return "\n".join([f"{counted}; not everything agrees:", *found])
