"""Sources and runs at an operator's request, over one application with a fake embedder."""

import io
from collections.abc import Iterator
from pathlib import Path

import pytest
from fakes.application import make_app

from admin.runs import ingest_sources, plan_sources, reader_changes, sync_sources
from admin.sources import (
    SourceTrial,
    add_source,
    named_source,
    remove_source,
    run_reports,
    source_of,
    source_statuses,
    sources_to_sync,
    try_source,
)
from api.app import App
from core.errors import InputError, NotFoundError, SourceError
from ingest.connectors.source import Source
from ingest.run.reader_changes import ReaderChange
from ingest.run.run import RunOptions

ANN, PUBLIC = frozenset({"user:ann"}), frozenset({"public"})


@pytest.fixture
def app(tmp_path: Path) -> Iterator[App]:
    app = make_app(tmp_path / "data")
    yield app
    app.close()


@pytest.fixture
def folders(tmp_path: Path) -> tuple[str, str]:
    for name in ("a", "b"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "pump.md").write_text(f"The pump {name} runs.", "utf-8")
    return str(tmp_path / "a"), str(tmp_path / "b")


def source(app: App, place: str, reader: str = "public") -> Source:
    return source_of(place, app.settings, reader, "user:ann", io.BytesIO(b""))


def test_added_source_says_whose_its_documents_are_and_were(app: App, folders: tuple[str, str]) -> None:
    first, second = folders
    for place, reader, before in (
        (first, "public", frozenset[str]()),
        (second, "user:ann", frozenset[str]()),
        (first, "user:ann", PUBLIC),
        (first, "user:ann", ANN),
    ):
        added = add_source(app.database, app.settings, place, {}, reader)
        assert (added.uri, added.readers, added.before) == (f"file://{place}", frozenset({reader}), before)
    with pytest.raises(SourceError):
        add_source(app.database, app.settings, f"{first}/gone", {}, "public")
    assert [one.entry.uri for one in source_statuses(app.database)] == [f"file://{one}" for one in folders]
    assert all(one.entry.scheduled and one.last_run is None for one in source_statuses(app.database))


def test_source_is_named_by_path_uri_or_address(app: App, folders: tuple[str, str]) -> None:
    place = f"jsonl://{folders[0]}/feed.jsonl"
    add_source(app.database, app.settings, folders[0], {}, "public")
    add_source(app.database, app.settings, place, {}, "public")
    for name, uri in (
        (folders[0], f"file://{folders[0]}"),
        (f"file://{folders[0]}", f"file://{folders[0]}"),
        (place, place),
    ):
        assert named_source(app.database, name).uri == uri
    for name in (folders[1], "jsonl:///elsewhere"):
        with pytest.raises(NotFoundError):
            named_source(app.database, name)


def test_sync_takes_the_named_sources_or_all_that_take_part(app: App, folders: tuple[str, str]) -> None:
    with pytest.raises(InputError, match="no source takes part"):
        sources_to_sync(app.database, [])
    for place in folders:
        add_source(app.database, app.settings, place, {}, "public")
    removed = remove_source(app.database, folders[1])
    assert removed.uri == f"file://{folders[1]}"
    assert [one.uri for one in sources_to_sync(app.database, [])] == [f"file://{folders[0]}"]
    assert [one.uri for one in sources_to_sync(app.database, [folders[1]])] == [f"file://{folders[1]}"]


def test_reports_are_the_last_runs_of_one_source_or_of_each(app: App, folders: tuple[str, str]) -> None:
    first, second = (source(app, place) for place in folders)
    for one in (first, first, second):
        assert ingest_sources(app.ingestion, [one], RunOptions()).is_clean
    shown = [(entry.uri, run.id) for entry, run in run_reports(app.database, None, 2)]
    assert shown == [(first.uri, 2), (first.uri, 1), (second.uri, 3)]
    assert [run.id for _, run in run_reports(app.database, folders[0], 1)] == [2]
    assert [run.id for _, run in run_reports(app.database, None, 1)] == [2, 3]
    assert [one.last_run and one.last_run.id for one in source_statuses(app.database)] == [2, 3]


def test_one_failed_source_does_not_keep_the_others(
    app: App, folders: tuple[str, str], tmp_path: Path
) -> None:
    missing, good = source(app, str(tmp_path / "gone")), source(app, folders[0])
    night = ingest_sources(app.ingestion, [missing, good], RunOptions())
    assert ([uri for uri, _ in night.errors], [one.source for one in night.reports]) == (
        [missing.uri],
        [good.uri],
    )
    with pytest.raises(SourceError):
        ingest_sources(app.ingestion, [missing], RunOptions())
    assert [one.entry.uri for one in source_statuses(app.database)] == [good.uri]
    add_source(app.database, app.settings, folders[1], {}, "public")
    (Path(folders[1]) / "pump.md").unlink()
    Path(folders[1]).rmdir()
    entries = sources_to_sync(app.database, folders)
    night = sync_sources(app.ingestion, entries, app.settings, RunOptions())
    assert ([uri for uri, _ in night.errors], len(night.reports)) == ([f"file://{folders[1]}"], 1)


def test_trial_is_clean_if_documents_are_listed_read_and_fetched(app: App, folders: tuple[str, str]) -> None:
    add_source(app.database, app.settings, folders[0], {}, "public")
    trial = try_source(app.database, app.settings, folders[0])
    assert trial.is_clean
    assert trial.fetched is not None
    assert (trial.fetched.name, trial.fetched.size_bytes, trial.fetched.reason) == ("pump.md", 16, "")
    assert trial.documents[0].principals == PUBLIC
    (Path(folders[0]) / "pump.md").unlink()
    empty = try_source(app.database, app.settings, folders[0])
    assert (empty.is_clean, empty.fetched, empty.documents) == (False, None, ())
    unreadable = SourceTrial(
        uri="", documents=trial.documents, problems=(("a", "why"),), fetched=trial.fetched
    )
    assert not unreadable.is_clean


def test_changes_of_readers_are_those_to_the_reader_alone_in_folders(
    app: App, folders: tuple[str, str]
) -> None:
    for place in folders:
        ingest_sources(app.ingestion, [source(app, place)], RunOptions())
    (Path(folders[1]) / ".vade.yaml").write_text("read: ['group:hr']", "utf-8")
    again = [source(app, place, "user:ann") for place in folders]
    assert reader_changes(app.pipeline, again, "user:ann") == [ReaderChange(PUBLIC, ANN, 1)]
    assert reader_changes(app.pipeline, [*again, source(app, "-")], "user:bo") == []
    plans = plan_sources(app.pipeline, again, retry=False)
    assert [len(plan.readers) for plan in plans.values()] == [1, 1]
    assert reader_changes(app.pipeline, [source(app, folders[0])], "public") == []


def test_place_is_a_folder_lines_or_an_address(app: App, folders: tuple[str, str]) -> None:
    lines = Path(folders[0]) / "feed.jsonl"
    lines.write_text('{"uri": "a", "text": "Pump."}\n', "utf-8")
    other = Path(folders[0]) / "other.jsonl"
    other.write_text("no lines of documents\n", "utf-8")
    for place, kind, uri in (
        (folders[0], "folder", f"file://{folders[0]}"),
        (str(lines), "jsonl", f"jsonl://{lines}"),
        (str(other), "folder", f"file://{other}"),
        (f"jsonl://{lines}", "jsonl", f"jsonl://{lines}"),
        ("-", "stream", "stream:ann"),
    ):
        one = source(app, place)
        assert (one.kind, one.uri) == (kind, uri)
        one.close()
