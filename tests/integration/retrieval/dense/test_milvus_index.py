"""Milvus as the dense index: filters without text in them, its refusals, and builds beside one another."""

import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TypeVar

import numpy as np
import pytest
from fakes.application import make_app
from fakes.embedder import embedding
from fakes.entries import DIMENSION, entry
from fakes.servers.milvus_server import REFUSALS, Servicer, milvus_server
from fakes.source import FakeSource
from hypothesis import given, settings
from hypothesis import strategies as st
from pymilvus import MilvusClient

from api.app import App
from core.errors import IndexServerError, IndexUnusableError, SettingsError
from core.permissions import scope_of
from core.settings import MilvusSettings, load_settings
from core.store.changes import live_chunk_ids
from core.values.search import AccessScope
from llm.servers.circuit import CircuitBreaker
from retrieval.dense.milvus_index import MilvusIndex
from retrieval.index import DenseIndex

PUBLIC = AccessScope(frozenset({"public"}))
QUERY = embedding("pump", DIMENSION)
T = TypeVar("T")
Running = tuple[MilvusSettings, Servicer]


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    with milvus_server(tmp_path_factory.mktemp("milvus")) as running:
        yield running


def held(index: DenseIndex) -> list[int]:
    ids: list[int] = index.ids().tolist()
    return ids


def saved(running: Running, folder: Path, name: str) -> MilvusIndex:
    """Return an index of one chunk, saved in a folder."""
    index = MilvusIndex(DIMENSION, running[0], name)
    index.replace({1}, [entry(1, "pump", "public")])
    folder.mkdir()
    index.save(folder)
    return index


def collections(running: Running, name: str) -> list[str]:
    client = MilvusClient(running[0].url)
    try:
        return sorted(each for each in client.list_collections() if name in each)
    finally:
        client.close()


NAMES = st.one_of(
    st.sampled_from(['") or true or ("', "*", "{held}", "user:o'neil", "a\\", '["public"]', "user:阿", "\n"]),
    st.text(min_size=1, max_size=20),
)


@given(names=st.lists(NAMES, min_size=1, max_size=4, unique=True), asker=NAMES)
@settings(max_examples=20)
def test_a_name_is_a_value_whatever_characters_it_holds(
    running: Running, names: list[str], asker: str
) -> None:
    settings, servicer = running
    servicer.filters.clear()
    index = MilvusIndex(DIMENSION, settings, "names")
    entries = [
        entry(n, "pump", f"user:{name}", labels=frozenset({f"tag:{name}"})) for n, name in enumerate(names, 1)
    ]
    index.replace({each.document_id for each in entries}, entries)
    for number, name in enumerate(names, 1):
        scope = AccessScope(frozenset({f"user:{name}"}))
        assert [hit.chunk_id for hit in index.search(QUERY, scope, 10)] == [number]
        assert [hit.chunk_id for hit in index.search(QUERY, scope, 10, (frozenset({f"tag:{name}"}),))] == [
            number
        ]
    found = index.search(QUERY, AccessScope(frozenset({f"user:{asker}"})), 10)
    assert len(found) == (asker in names)
    assert set(servicer.filters) == {
        "ARRAY_CONTAINS_ANY(principals, {held})",
        "ARRAY_CONTAINS_ANY(principals, {held}) and ARRAY_CONTAINS_ANY(labels, {wanted_0})",
    }
    index.close()


def test_empty_principals_and_empty_labels_find_no_chunk(running: Running) -> None:
    index = MilvusIndex(DIMENSION, running[0], "nobody")
    index.replace({1}, [entry(1, "pump", "public", labels=frozenset({"tag:a"}))])
    assert index.search(QUERY, AccessScope(frozenset()), 10) == []
    assert index.search(QUERY, PUBLIC, 10, (frozenset(),)) == []
    index.close()


def test_what_one_applies_is_its_own_until_it_saves(running: Running, tmp_path: Path) -> None:
    index = saved(running, tmp_path / "saved", "own")
    copy = MilvusIndex(DIMENSION, running[0], "own", tmp_path / "saved")
    copy.replace({1, 2}, [entry(2, "valve", "public")])
    assert held(copy) == [2]
    assert [hit.chunk_id for hit in copy.search(QUERY, PUBLIC, 10)] == [2]
    assert held(index) == [1], "a copy that is tried out changes nothing"
    (tmp_path / "later").mkdir()
    copy.save(tmp_path / "later")
    assert held(copy) == held(index) == [2], "now the server has it, and everybody"
    index.replace({1, 2}, [entry(1, "pump", "public")])
    assert [hit.chunk_id for hit in index.search(QUERY, PUBLIC, 10)] == [1]
    for one in (index, copy):
        one.close()


def test_an_index_made_anew_takes_the_place_of_the_old_one_when_it_is_saved(
    running: Running, tmp_path: Path
) -> None:
    old = saved(running, tmp_path / "old", "anew")
    given_up = MilvusIndex(DIMENSION, running[0], "anew")
    given_up.close()
    new = MilvusIndex(DIMENSION, running[0], "anew")
    new.replace({5}, [entry(5, "valve", "public")])
    assert held(old) == [1]
    assert len(collections(running, "anew")) == 2
    (tmp_path / "new").mkdir()
    new.save(tmp_path / "new")
    assert len(collections(running, "anew")) == 1, "nothing of an older build is left"
    assert held(old) == held(new) == [5]
    for one in (old, new):
        one.close()


def test_a_restarted_server_loads_the_collection_again(tmp_path: Path) -> None:
    with milvus_server(tmp_path / "data") as (settings, servicer):
        saved((settings, servicer), tmp_path / "saved", "restart").close()
        patient = CircuitBreaker(1000, 1.0, time.monotonic)
        index = MilvusIndex(DIMENSION, settings, "restart", tmp_path / "saved", patient)
        port = int(settings.url.rpartition(":")[2])
    with pytest.raises(IndexServerError, match=settings.url):
        index.search(QUERY, PUBLIC, 10)
    with milvus_server(tmp_path / "data", port) as (settings, servicer):
        servicer.forget("vademecum_restart")
        found = when_it_is_back(lambda: index.search(QUERY, PUBLIC, 10))
        assert [hit.chunk_id for hit in found] == [1]
        index.close()


@pytest.mark.parametrize("code", sorted(REFUSALS))
def test_a_refusal_has_the_servers_words_and_a_failing_server_is_left_alone(
    running: Running, tmp_path: Path, code: int
) -> None:
    _, servicer = running
    index = saved(running, tmp_path / "saved", f"refused_{code}")
    servicer.refusing = code
    try:
        for _ in range(3):
            with pytest.raises(IndexServerError, match=REFUSALS[code].partition("[")[0]):
                index.search(QUERY, PUBLIC, 10)
        with pytest.raises(IndexServerError, match="next try in"):
            index.search(QUERY, PUBLIC, 10)
    finally:
        servicer.refusing = 0


def test_a_collection_that_is_gone_or_of_another_length_is_built_anew(
    running: Running, tmp_path: Path
) -> None:
    index = saved(running, tmp_path / "saved", "gone")
    with pytest.raises(IndexUnusableError, match="vectors of 16 values, not 8"):
        MilvusIndex(8, running[0], "gone", tmp_path / "saved")
    with pytest.raises(IndexUnusableError, match="the settings name vademecum_other"):
        MilvusIndex(DIMENSION, running[0], "other", tmp_path / "saved")
    client = MilvusClient(running[0].url)
    client.drop_alias("vademecum_gone")
    client.drop_collection(collections(running, "gone")[0])
    client.close()
    with pytest.raises(IndexUnusableError, match="gone"):
        index.search(QUERY, PUBLIC, 10)
    with pytest.raises(IndexUnusableError, match="gone"):
        MilvusIndex(DIMENSION, running[0], "gone", tmp_path / "saved")


def test_vectors_come_in_the_order_asked_for_from_wherever_they_are(running: Running, tmp_path: Path) -> None:
    index = saved(running, tmp_path / "saved", "vectors")
    index.replace({2}, [entry(2, "valve", "public")])
    shown = index.vectors(np.array([2, 1, 2]))
    expected = [1.5 * embedding(word, DIMENSION) for word in ("valve", "pump", "valve")]
    assert shown == pytest.approx(np.array(expected), abs=1e-5)
    index.close()


def test_the_settings_must_name_a_server(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match=r"retrieval.milvus.url"):
        load_settings(tmp_path, retrieval={"dense_index": "milvus"})


def when_it_is_back(call: Callable[[], T]) -> T:
    """Return what a call gives once the client has found its server again: gRPC waits between tries."""
    deadline = time.monotonic() + 30
    while True:
        try:
            return call()
        except IndexServerError:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.2)  # gRPC pauses between its own tries


def kind(app: App) -> str:
    with app.indexes.dense.index() as index:
        return index.kind  # type: ignore[attr-defined, no-any-return]


def test_the_settings_change_the_store_and_the_documents_stay_found(running: Running, tmp_path: Path) -> None:
    source = FakeSource()
    milvus = {"url": running[0].url, "collection": "moved"}
    for number, store in enumerate(("exact", "milvus", "hnsw")):
        app = make_app(tmp_path, retrieval={"dense_index": store, "milvus": milvus})
        source.put(f"{number}.md", "The pump runs.", "public")
        source.put(f"secret-{number}.md", "The pump code.", "user:ann")
        app.ingestion.ingest(source)
        assert kind(app) == store
        with app.database.reading() as session, app.indexes.dense.index() as index:
            assert held(index) == live_chunk_ids(session, app.indexes.embedder.model_id)
        assert len(app.searcher.search("pump", scope_of(None), 10).passages) == number + 1
        assert len(app.searcher.search("pump", scope_of("ann"), 10).passages) == 2 * (number + 1)
        app.close()


def test_while_the_server_is_down_search_goes_by_words_and_ingest_catches_up_later(tmp_path: Path) -> None:
    source = FakeSource()
    with milvus_server(tmp_path / "milvus") as (settings, _):
        port = int(settings.url.rpartition(":")[2])
        retrieval = {"dense_index": "milvus", "milvus": {"url": settings.url, "seconds": 1}}
        app = make_app(tmp_path / "data", retrieval=retrieval)
        source.put("a.md", "The pump runs.", "public")
        app.ingestion.ingest(source)
    source.put("b.md", "The pump leaks.", "public")
    with pytest.raises(IndexServerError):
        app.ingestion.ingest(source)
    assert len(app.searcher.search("pump", scope_of(None), 10).passages) == 2
    app.close()
    with milvus_server(tmp_path / "milvus", port):
        app = make_app(tmp_path / "data", retrieval=retrieval)
        when_it_is_back(app.indexes.bring_up_to_date)
        with app.database.reading() as session, app.indexes.dense.index() as index:
            assert held(index) == live_chunk_ids(session, app.indexes.embedder.model_id)
        app.close()
