"""What a source said about who may read counts for a time; then nobody reads it, by no way at all."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from fakes.application import make_app
from fakes.source import FakeSource

from api.app import App
from api.cli.main import main
from core.errors import NotFoundError
from core.permissions import scope_of
from core.store.documents.reading import count_documents, list_documents, read_cited_text, read_document
from core.store.sources import cursor_of, hold_readers, list_sources
from ingest.connectors.source import Listing

NOBODY = scope_of(None)


class Mirrored(FakeSource):
    """Its permissions count for an hour; without `complete` it tells only what changed."""

    hours = 1.0
    complete = True

    def listings(self, cursor: str) -> Iterator[Listing]:
        for listing in super().listings(cursor):
            yield replace(listing, complete=self.complete, readers_hours=self.hours, cursor="1")


@pytest.fixture
def app(tmp_path: Path, database_url: str) -> Iterator[App]:
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "vade.toml").write_text(f'database_url = "{database_url}"', "utf-8")
    app = make_app(tmp_path / "data")
    yield app
    app.close()


@pytest.fixture
def shelf() -> Mirrored:
    source = Mirrored(stamped=True)
    source.put("pump.md", "Pump nine runs at 40 bar.")
    return source


def until(app: App) -> datetime | None:
    with app.database.reading() as session:
        [entry] = list_sources(session)
    return entry.readers_until


def age(app: App) -> None:
    with app.database.writing() as session:
        [entry] = list_sources(session)
        hold_readers(session, entry.id, datetime.now(UTC) - timedelta(seconds=1), renew=True)


def seen(app: App) -> int:
    """Return by how many ways the document is seen."""
    with app.database.reading() as session:
        ways = [len(list_documents(session, NOBODY, 0, 10)), count_documents(session, NOBODY)]
        for look in (
            lambda: read_document(session, NOBODY, 1),
            lambda: read_cited_text(session, NOBODY, 1, 1, (0, 4)),
        ):
            try:
                ways.append(1 if look() else 0)
            except NotFoundError:
                ways.append(0)
    ways.append(len(app.searcher.search("Pump nine", NOBODY, 5).passages))
    assert len(set(ways)) == 1, "all ways alike"
    return ways[0]


def test_permissions_that_were_not_heard_again_in_time_show_the_document_to_nobody(
    app: App, shelf: Mirrored, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    app.ingestion.ingest(shelf)
    assert seen(app) == 1
    age(app)
    assert seen(app) == 0
    with pytest.raises(SystemExit):
        main(["--data-dir", str(tmp_path / "data"), "source", "list"])
    assert "nobody may read its documents: its permissions were valid until" in capsys.readouterr().out
    app.ingestion.ingest(shelf)
    assert seen(app) == 1


def test_only_a_complete_listing_makes_permissions_new(app: App, shelf: Mirrored) -> None:
    app.ingestion.ingest(shelf)
    age(app)
    shelf.complete = False
    app.ingestion.ingest(shelf)
    assert seen(app) == 0
    shelf.complete = True
    app.ingestion.ingest(shelf)
    assert seen(app) == 1


def test_what_is_listed_before_a_first_complete_listing_ages_too(app: App, shelf: Mirrored) -> None:
    shelf.complete = False
    app.ingestion.ingest(shelf)
    first = until(app)
    assert first is not None
    assert timedelta(minutes=50) < first - datetime.now(UTC) < timedelta(minutes=61)
    app.ingestion.ingest(shelf)
    assert until(app) == first


def test_a_source_without_a_limit_counts_for_ever(app: App, shelf: Mirrored) -> None:
    app.ingestion.ingest(shelf)
    shelf.hours = 0.0
    app.ingestion.ingest(shelf)
    assert until(app) is None
    with app.database.reading() as session:
        assert cursor_of(session, shelf.uri) == "1"
