"""Two machines over one database: each keeps its own indexes."""

import shutil
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from fakes.application import make_app
from fakes.source import FakeSource

from admin.checks.check import check
from api.app import App
from core.errors import StorageError
from core.permissions import scope_of
from retrieval.follow.generations import place_of


@pytest.fixture
def machines(tmp_path: Path) -> Iterator[tuple[App, App]]:
    url = f"sqlite:///{tmp_path / 'shared.db'}"
    first = make_app(tmp_path / "first", database_url=url)
    second = make_app(tmp_path / "second", database_url=url)
    yield first, second
    first.close()
    second.close()


def found(app: App) -> set[str]:
    passages = app.searcher.search("pump", scope_of(None), 50).passages
    return {passage.uri.rsplit("/", 1)[-1] for passage in passages}


def findings(app: App) -> tuple[object, ...]:
    return tuple(check(app.database, app.indexes).findings)


def test_both_machines_search_everything_that_either_ingests(machines: tuple[App, App]) -> None:
    first, second = machines
    source = FakeSource()
    for turn in range(4):
        source.put(f"{turn}.md", f"The pump {turn} runs.")
        (first, second)[turn % 2].ingestion.ingest(source)
        wanted = {f"{number}.md" for number in range(turn + 1)}
        assert found(first) == found(second) == wanted
        assert findings(first) == findings(second) == ()
    for app in machines:
        app.indexes.bring_up_to_date()
    del source.files["0.md"]
    first.ingestion.ingest(source)
    assert "0.md" not in found(first) | found(second)


def test_what_one_drops_the_other_keeps(machines: tuple[App, App], tmp_path: Path) -> None:
    first, second = machines
    source = FakeSource()
    for turn in range(3):
        source.put(f"{turn}.md", f"The pump {turn} runs.")
        first.ingestion.ingest(source)
    second.indexes.bring_up_to_date()
    kept = sorted((tmp_path / "second" / "index").glob("*/gen-*"))
    assert kept
    for app in machines:
        for follower in app.indexes.followers().values():
            follower.drop_older_generations()
    assert sorted((tmp_path / "second" / "index").glob("*/gen-*")) == kept
    assert findings(first) == findings(second) == ()


def test_a_folder_keeps_its_name_where_it_is_copied_to(tmp_path: Path) -> None:
    root = tmp_path / "index"
    name = place_of(root)
    assert place_of(root) == name
    shutil.copytree(root, tmp_path / "copy")
    assert place_of(tmp_path / "copy") == name
    (root / "place").write_text("")  # its process died in the middle
    assert len(place_of(root)) == len(name)
    assert place_of(root) != name


def test_a_folder_that_cannot_be_used_is_said_in_one_line(tmp_path: Path) -> None:
    (tmp_path / "index").write_text("a file")
    with (
        pytest.raises(StorageError, match=r"the folder .*/index cannot be used"),
        closing(make_app(tmp_path)),
    ):
        pass
