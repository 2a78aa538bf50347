"""The one suite that every connector passes: a night, a change, a deletion, permissions, a failure."""

import json
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from fakes.application import make_app
from fakes.embedder import FakeEmbedder
from integration.ingest.connectors.partners import LOOPBACK, READERS, SHELF_LOADER, Partner, open_partner

from api.app import App
from core.errors import SourceError
from core.store.documents.snapshot import DocumentSnapshot, document_snapshots
from core.values.documents import DocumentState
from ingest.run.report import Outcome, RunReport
from ingest.run.run import PLAIN, RunOptions

NAMES = [f"pump-{number}.md" for number in range(6)]


class ConnectorContract:
    """Subclasses give a `partner`. Where `changed_is_new`, no document changes: another takes its place."""

    changed_is_new = False

    @pytest.fixture
    def app(self, tmp_path: Path) -> Iterator[App]:
        connectors = {**LOOPBACK, "request_seconds": 20, "loaders": [SHELF_LOADER]}
        app = make_app(
            tmp_path / "data", FakeEmbedder(), ingest={"connectors": connectors, "retry_seconds": 3600}
        )
        yield app
        app.close()

    @pytest.fixture
    def stocked(self, partner: Partner) -> Partner:
        for name in NAMES:
            partner.put(name, text_of(name, "runs"))
        return partner

    def test_nothing_secret_is_kept_of_it(self, app: App, partner: Partner) -> None:
        with closing(open_partner(app, partner)) as source:
            assert json.loads(json.dumps(dict(source.config))) == source.config
            assert "hunter2" not in json.dumps(source.config)

    def test_from_the_first_night_to_a_deletion(self, app: App, stocked: Partner) -> None:
        first = night(app, stocked)
        assert counts(first) == {Outcome.ADDED: 6}, first.failures
        second = night(app, stocked)
        assert counts(second) == {Outcome.UNCHANGED: 6}, "nothing changed"
        stocked.put(NAMES[1], text_of(NAMES[1], "stands"))
        stocked.put("new.md", text_of("new.md", "hums"))
        stocked.remove(NAMES[2])
        third = night(app, stocked)
        one, other = (
            {Outcome.ADDED: 1, Outcome.CHANGED: 1, Outcome.DELETED: 1},
            {Outcome.ADDED: 2, Outcome.DELETED: 2},
        )
        assert changes(third) == (other if self.changed_is_new else one)
        assert searchable(app, stocked) == 6
        assert changes(night(app, stocked)) == {}

    def test_every_document_lies_below_its_source_and_is_read_by_who_may(
        self, app: App, stocked: Partner
    ) -> None:
        with closing(open_partner(app, stocked)) as source:
            listed = [one for part in source.listings("") for one in part.listed]
            assert len(listed) == len({one.uri for one in listed}) == 6
            assert all(one.uri.startswith(f"{source.uri}/") for one in listed)
            assert all(len(one.stamp) <= 255 for one in listed)
            content = source.fetch(listed[0])
        assert b"Pump" in content
        if not stocked.grants:
            assert {one.principals for one in listed} == {READERS}

    def test_permissions_change_without_a_new_version(self, app: App, stocked: Partner) -> None:
        night(app, stocked)
        if not stocked.grants:
            pytest.skip("the place says nothing about who may read")
        wanted = stocked.grant(NAMES[3], "office")
        report = night(app, stocked)
        assert changes(report) == {Outcome.PERMISSIONS: 1}
        assert [one.principals for one in known(app, stocked).values()].count(wanted) == 1

    def test_what_cannot_be_had_is_told_and_fetched_in_the_next_night(
        self, app: App, stocked: Partner
    ) -> None:
        with stocked.away(NAMES[4]):
            report = night(app, stocked)
            assert report.count(Outcome.FAILED) == 1, counts(report)
            assert "Traceback" not in report.failures[0].reason
        assert searchable(app, stocked) == 5
        report = night(app, stocked, RunOptions(retry=True))
        assert report.is_clean
        assert searchable(app, stocked) == 6

    def test_a_place_that_is_down_loses_nothing(self, app: App, stocked: Partner) -> None:
        night(app, stocked)
        with stocked.down(), pytest.raises(SourceError):
            night(app, stocked)
        assert searchable(app, stocked) == 6
        assert counts(night(app, stocked)) == {Outcome.UNCHANGED: 6}


def text_of(name: str, what: str) -> str:
    return f"Pump {name.removesuffix('.md')} {what} at 40 bar."


def night(app: App, partner: Partner, options: RunOptions = PLAIN) -> RunReport:
    with closing(open_partner(app, partner)) as source:
        return app.pipeline.ingest(source, options=options)


def counts(report: RunReport) -> dict[Outcome, int]:
    return {outcome: report.count(outcome) for outcome in Outcome if report.count(outcome)}


def changes(report: RunReport) -> dict[Outcome, int]:
    return {outcome: number for outcome, number in counts(report).items() if outcome != Outcome.UNCHANGED}


def known(app: App, partner: Partner) -> dict[str, DocumentSnapshot]:
    with closing(open_partner(app, partner)) as source, app.database.reading() as session:
        return document_snapshots(session, source.uri)


def searchable(app: App, partner: Partner) -> int:
    return sum(one.state == DocumentState.SEARCHABLE for one in known(app, partner).values())
