"""The nightly run: sources one after the other at a set time, and an alert if one of them fails."""

import smtplib
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, time, timedelta
from email.message import EmailMessage
from typing import Any, Protocol, TypeVar

import httpx
import structlog

from core.errors import VadeError
from core.settings import NightSettings
from core.store.database import Database
from core.store.sources import SourceEntry, list_sources, runs_of
from ingest.run.report import RunReport
from retrieval.judge.golden import Verdict

log = structlog.get_logger()
_NOTIFY_SECONDS = 20.0


@dataclass
class NightReport:
    """The report of a night."""

    reports: list[RunReport] = field(default_factory=list)
    """One for each run."""
    errors: list[tuple[str, VadeError]] = field(default_factory=list)
    """The sources that could not be brought up to date, each with its error."""
    verdicts: list[Verdict] = field(default_factory=list)
    """The verdicts on documents and the embedder that waited before the night began."""

    @property
    def is_clean(self) -> bool:
        """Whether every run succeeded without suspicion, and every verdict is positive."""
        passed = all(verdict.passed for verdict in self.verdicts)
        return passed and not self.errors and all(report.is_clean for report in self.reports)

    def as_json(self) -> dict[str, Any]:
        """Return every run's report, every source's error, and every verdict."""
        errors = [{"source": uri, "error": {"code": e.code, "message": str(e)}} for uri, e in self.errors]
        return {
            "ok": self.is_clean,
            "runs": [*(report.as_json() for report in self.reports), *errors],
            "verdicts": [verdict.as_json() for verdict in self.verdicts],
        }

    def as_text(self) -> str:
        """Return the failures as text, one a line."""
        lines = [f"{uri}: {error}" for uri, error in self.errors]
        for report in self.reports:
            lines += [f"{report.source}: {report.suspicion}"] if report.suspicion else []
            lines += [f"{one.uri}: {one.reason}" for one in report.failures]
        lines += [verdict.as_text() for verdict in self.verdicts if not verdict.passed]
        return "\n".join(lines)


class Named(Protocol):
    """A source, or its entry."""

    @property
    def uri(self) -> str:
        """The address of the source."""
        ...


AnySource = TypeVar("AnySource", bound=Named)


Decide = Callable[[bool], Sequence[Verdict]]
"""Judges what waits to come into force; the argument says whether waiting documents are judged too."""


def settle(night: NightReport, decide: Decide) -> None:
    """Judge what waits for the golden questions; documents only if no run of this night judged them."""
    try:
        night.verdicts.extend(decide(not any(report.gate for report in night.reports)))
    except VadeError as error:
        night.errors.append(("waiting documents and embedder", error))


def sync_each(sources: Sequence[AnySource], sync: Callable[[AnySource], RunReport]) -> NightReport:
    """Sync each source; if one fails, the others go on."""
    night = NightReport()
    for source in sources:
        try:
            night.reports.append(sync(source))
        except VadeError as error:
            night.errors.append((source.uri, error))
    return night


def is_due(now: datetime, at: time, last: datetime | None) -> bool:
    """Return whether the time of day `at` has passed since the last run began; all in local time.

    A missed night is made up for, and a clock that is put back causes no second run.
    """
    moment = now.replace(hour=at.hour, minute=at.minute, second=0, microsecond=0)
    if moment > now:
        moment -= timedelta(days=1)
    return last is None or last < moment


class Schedule:
    """Syncs every night the sources that `vade source add` entered, when its worker looks at the clock."""

    def __init__(
        self,
        database: Database,
        settings: NightSettings,
        sync: Callable[[SourceEntry], RunReport],
        decide: Decide,
    ) -> None:
        self._database = database
        self._settings = settings
        self._sync = sync
        self._decide = decide

    def run_due(self, now: datetime) -> NightReport | None:
        """Sync the sources that are due, and alert on failure; None if none is due or no time is set."""
        if self._settings.at is None or not (due := self._due(now, self._settings.at)):
            return None
        night = sync_each(due, self._sync)
        settle(night, self._decide)
        log.info("night.done", sources=len(due), ok=night.is_clean)
        if not night.is_clean:
            send_alert(night, self._settings)
        return night

    def _due(self, now: datetime, at: time) -> list[SourceEntry]:
        with self._database.reading() as session:
            entries = [entry for entry in list_sources(session) if entry.scheduled]
            last = {entry.id: runs_of(session, entry.id, 1) for entry in entries}
        return [
            entry
            for entry in entries
            if is_due(now, at, last[entry.id][0].started_at if last[entry.id] else None)
        ]


def send_alert(night: NightReport, settings: NightSettings) -> None:
    """Send the report of a failed night to the webhook and by mail; log an error if it cannot be sent."""
    if settings.webhook:
        try:
            httpx.post(settings.webhook, json=night.as_json(), timeout=_NOTIFY_SECONDS).raise_for_status()
        except httpx.HTTPError as error:
            log.error("night.webhook_failed", url=settings.webhook, error=str(error))
    if settings.mail_to:
        try:
            with smtplib.SMTP(settings.smtp_host, settings.smtp_port, timeout=_NOTIFY_SECONDS) as server:
                server.send_message(_mail(night, settings))
        except OSError as error:  # smtplib's own errors are among them
            log.error("night.mail_failed", to=settings.mail_to, error=str(error))


def _mail(night: NightReport, settings: NightSettings) -> EmailMessage:
    mail = EmailMessage()
    mail["Subject"] = "Vademecum: the nightly run needs attention"
    mail["From"], mail["To"] = settings.mail_from, settings.mail_to
    mail.set_content(night.as_text())
    return mail
