"""Nights over real folders: what fails does not keep the rest, and somebody is told."""

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, time, timedelta
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any

import pytest
from fakes.application import make_app
from fakes.embedder import FakeEmbedder

from api.app import App
from core.settings import NightSettings
from core.store.sources import register, schedule
from ingest.connectors.folder import FolderSource
from ingest.run.report import Outcome
from ingest.schedule.night import Schedule

READERS = frozenset({"public"})


@pytest.fixture
def app(tmp_path: Path, database_url: str) -> Iterator[App]:
    app = make_app(tmp_path / "data", FakeEmbedder(), database_url=database_url)
    yield app
    app.close()


def enter(app: App, folder: Path) -> FolderSource:
    folder.mkdir()
    (folder / "a.md").write_text("The pump runs.", "utf-8")
    source = FolderSource(folder, READERS, 2**20)
    with app.database.writing() as session:
        register(session, source.uri, source.kind, source.config, scheduled=True)
    return source


def nightly(app: App, **settings: Any) -> Schedule:
    return Schedule(
        app.database, NightSettings(at=time(2, 15), **settings), app.ingestion.sync, app.ingestion.settle
    )


@contextmanager
def listening() -> Iterator[tuple[str, list[dict[str, Any]]]]:
    """Take webhooks on a loopback port."""
    received: list[dict[str, Any]] = []

    class Hook(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            received.append(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
            self.send_response(204)
            self.end_headers()

        def log_message(self, *arguments: object) -> None:
            """Say nothing."""

    with HTTPServer(("127.0.0.1", 0), Hook) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}/", received
        finally:
            server.shutdown()
            thread.join()


def test_each_entered_source_is_synced_once_a_night(app: App, tmp_path: Path) -> None:
    first, second = enter(app, tmp_path / "one"), enter(app, tmp_path / "two")
    night, now = nightly(app), datetime.now().astimezone()
    report = night.run_due(now)
    assert report is not None
    assert {run.source: run.count(Outcome.ADDED) for run in report.reports} == {first.uri: 1, second.uri: 1}
    assert night.run_due(now) is None
    with app.database.writing() as session:
        schedule(session, second.uri, scheduled=False)
    again = night.run_due(now + timedelta(days=1))
    assert again is not None
    assert [run.source for run in again.reports] == [first.uri]


def test_a_source_that_is_away_does_not_keep_the_others_and_is_told(app: App, tmp_path: Path) -> None:
    away, there = enter(app, tmp_path / "away"), enter(app, tmp_path / "there")
    (tmp_path / "away" / "a.md").unlink()
    (tmp_path / "away").rmdir()
    with listening() as (url, received):
        report = nightly(app, webhook=url).run_due(datetime.now().astimezone())
    assert report is not None
    assert [run.source for run in report.reports] == [there.uri]
    [told] = received
    assert told["ok"] is False
    assert [run["error"]["code"] for run in told["runs"] if run["source"] == away.uri] == ["source"]
    assert "does not exist; nothing was changed" in report.as_text()


def test_nobody_is_told_of_a_good_night_and_a_deaf_webhook_ends_nothing(app: App, tmp_path: Path) -> None:
    enter(app, tmp_path / "one")
    with listening() as (url, received):
        report = nightly(app, webhook=url).run_due(datetime.now().astimezone())
    assert (report is not None and report.is_clean, received) == (True, [])
    (tmp_path / "one" / "b.pdf").write_bytes(b"%PDF-1.7 and nothing more")
    deaf = nightly(app, webhook=url, mail_to="ann@localhost", smtp_port=1)
    bad = deaf.run_due(datetime.now().astimezone() + timedelta(days=1))
    assert bad is not None
    assert not bad.is_clean
