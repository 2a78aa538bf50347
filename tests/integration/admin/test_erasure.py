from collections.abc import Iterator
from pathlib import Path

import pytest
from fakes.application import make_app
from fakes.containers import packed
from fakes.embedder import FakeEmbedder
from fakes.programs.one_build import reopened
from fakes.source import FakeSource

from admin.checks.check import check
from admin.erasure import erase_document, finish_erasures, still_there
from api.app import App
from core.errors import NotFoundError, StorageError
from core.permissions import scope_of
from core.store.embedders import FIRST
from core.store.erasures import erase, receipts
from retrieval.follow.reembedding import embed_missing

SECRET = "zyxwv-4711"
EVERYBODY = scope_of(None)


@pytest.fixture
def app(tmp_path: Path, database_url: str) -> Iterator[App]:
    app = make_app(tmp_path, database_url=database_url)
    yield app
    app.close()


def ingest(app: App, *texts: str) -> str:
    """Ingest one version after the other of a document, beside another one; return its URI."""
    source = FakeSource()
    source.put("b.md", "The valve leaks.")
    for text in texts:
        uri = source.put("a.md", text)
        app.ingestion.ingest(source)
    return uri


def found(app: App) -> list[str]:
    return [passage.uri for passage in app.searcher.search(f"code {SECRET}", EVERYBODY, 10).passages]


def holding(folder: Path) -> list[str]:
    """Return the files in which the secret stands, as text or as an index term."""
    return [
        path.name
        for path in folder.rglob("*")
        if path.is_file() and SECRET.encode() in path.read_bytes().lower()
    ]


def test_an_erased_document_is_gone_from_search_and_from_every_file(app: App) -> None:
    uri = ingest(app, f"The old code is {SECRET}.", f"The code is {SECRET}.", f"The new code is {SECRET}!")
    data = app.settings.data_dir
    assert uri in found(app)
    assert holding(data) or app.settings.database_url  # PostgreSQL's files are elsewhere
    receipt = erase_document(app.database, app.indexes, uri)
    assert uri not in found(app)
    assert holding(data) == []
    assert (receipt.versions, len(receipt.chunks), receipt.vectors) == ((1, 2, 3), 1, 1)
    assert receipt.unsearchable_at <= receipt.completed_at
    assert set(receipt.indexes) == {"dense", "lexical"}
    assert still_there(app.database, app.indexes, receipt) == {}
    with app.database.reading() as session:
        assert receipts(session, receipt.id) == [receipt]


def test_an_erasure_that_was_cut_off_is_unsearchable_at_once_and_finished_later(app: App) -> None:
    uri = ingest(app, f"The code is {SECRET}.")
    with app.database.writing() as session:
        erase(session, uri)  # and then the process dies
    assert uri not in found(app)
    [finding] = check(app.database, app.indexes).findings
    assert (finding.name, uri in finding.detail) == ("an erasure was cut off", True)
    [receipt] = finish_erasures(app.database, app.indexes)
    assert receipt.completed_at
    assert check(app.database, app.indexes).findings == ()
    assert finish_erasures(app.database, app.indexes) == []
    assert still_there(app.database, app.indexes, receipt) == {}


def test_a_full_disk_delays_the_receipt_but_not_the_deletion(
    app: App, monkeypatch: pytest.MonkeyPatch
) -> None:
    uri = ingest(app, f"The code is {SECRET}.")

    def full(*arguments: object) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr("os.fsync", full)
        with pytest.raises(StorageError, match="documents are safe"):
            erase_document(app.database, app.indexes, uri)
    assert uri not in found(app)
    [receipt] = finish_erasures(app.database, app.indexes)
    assert receipt.uri == uri


def test_what_is_ingested_again_is_not_mistaken_for_what_was_erased(app: App) -> None:
    uri = ingest(app, f"The code is {SECRET}.")
    receipt = erase_document(app.database, app.indexes, uri)
    ingest(app, f"The code is {SECRET}.")
    assert uri in found(app)
    assert still_there(app.database, app.indexes, receipt) == {}


def test_erasure_of_a_missing_document_is_refused(app: App) -> None:
    uri = ingest(app, "The pump runs.")
    erase_document(app.database, app.indexes, uri)
    for missing in (uri, "fake:shelf/never.md"):
        with pytest.raises(NotFoundError, match="no content of"):
            erase_document(app.database, app.indexes, missing)


def test_what_is_inside_an_erased_document_goes_with_it(app: App) -> None:
    source = FakeSource()
    uri = source.put("mail.zip", packed({"a.md": f"The code is {SECRET}.", "b.md": "The valve leaks."}))
    app.ingestion.ingest(source)
    assert f"{uri}!/a.md" in found(app)
    receipt = erase_document(app.database, app.indexes, uri)
    assert receipt.members == (f"{uri}!/a.md", f"{uri}!/b.md")
    assert (receipt.versions, len(receipt.chunks)) == ((1, 1, 1), 3)
    assert (found(app), holding(app.settings.data_dir)) == ([], [])
    assert still_there(app.database, app.indexes, receipt) == {}


@pytest.mark.parametrize("cut_off", [False, True])
def test_an_erased_document_is_gone_from_an_index_that_is_built_beside(
    app: App, tmp_path: Path, cut_off: bool
) -> None:
    uri = ingest(app, f"The code is {SECRET}.")
    in_force = dense_indexes(app)
    url = app.settings.database_url
    builder = make_app(tmp_path, FakeEmbedder("fake@2", 32), reopened, database_url=url)
    beside = builder.indexes.models.chosen[FIRST]
    embed_missing(builder.database, beside, followed=False)
    beside.dense.bring_up_to_date()
    beside.dense.close()
    assert len(dense_indexes(app)) == 2
    if cut_off:
        with app.database.writing() as session:
            erase(session, uri)
        [receipt] = finish_erasures(app.database, app.indexes)
    else:
        receipt = erase_document(app.database, app.indexes, uri)
    assert dense_indexes(app) == in_force
    with beside.dense.index() as index:
        assert not set(index.ids().tolist()) & set(receipt.chunks)
    builder.close()


def dense_indexes(app: App) -> list[str]:
    """Return the names of the dense indexes on the disk."""
    folders = (app.settings.data_dir / "index").glob("dense*")
    return sorted(folder.name for folder in folders if folder.is_dir())
