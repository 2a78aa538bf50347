"""The model in force beside the one that the settings choose, and what of both stays on the disk."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from fakes.application import make_app
from fakes.embedder import FakeEmbedder
from fakes.source import FakeSource
from sqlalchemy import select

from api.app import App
from core.errors import ModelError, ModelUnavailableError
from core.store.embedders import FIRST, EmbedderEntry
from core.store.tables import FollowerTable


def reopen(entry: EmbedderEntry) -> FakeEmbedder:
    return FakeEmbedder(entry.model_id, entry.dimension)


def lose(entry: EmbedderEntry) -> FakeEmbedder:
    raise ModelError("the folder is not there")


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """Return a data folder with a document, and the embedder `fake@1` in force."""
    app, source = make_app(tmp_path), FakeSource()
    source.put("a.md", "The pump runs.")
    app.ingestion.ingest(source)
    app.indexes.bring_up_to_date()
    app.close()
    return tmp_path


@pytest.fixture
def changed(data: Path) -> Iterator[App]:
    """Yield an application whose settings choose `fake@2`, which has no vectors yet."""
    app = make_app(data, FakeEmbedder("fake@2"), reopen=reopen)
    yield app
    app.close()


def followed(app: App) -> set[str]:
    """Return the names of the indexes that the database has a generation of."""
    with app.database.reading() as session:
        return {name.partition("@")[0] for name in session.scalars(select(FollowerTable.name))}


def test_the_old_embedder_serves_until_the_new_one_is_promoted(changed: App) -> None:
    assert changed.indexes.embedder.model_id == "fake@1"
    assert changed.indexes.dense is changed.indexes.dense, "its index is opened once"
    with changed.indexes.dense.index() as index:
        assert len(index.ids()) == 1


def test_only_the_dense_index_in_force_stays_on_the_disk(changed: App, data: Path) -> None:
    beside = changed.indexes.models.chosen[FIRST].dense
    beside.rebuild()
    kept = changed.indexes.dense.name
    assert followed(changed) == {beside.name, kept, "lexical"}
    beside.close()
    changed.indexes.drop_beside()
    assert [path.name for path in (data / "index").glob("dense*") if path.is_dir()] == [kept]
    assert followed(changed) == {kept, "lexical"}


def test_an_embedder_that_is_lost_refuses_each_question_and_names_the_reason(data: Path) -> None:
    app = make_app(data, FakeEmbedder("fake@2"), reopen=lose)
    with pytest.raises(ModelUnavailableError, match=r"fake@1, cannot be opened: the folder is not there"):
        app.indexes.embedder.embed_question("How fast?", ())
    app.close()
