"""What every index must do, proved on the fakes and on the real ones alike."""

from pathlib import Path

import numpy as np
import pytest
from fakes.entries import entry
from hypothesis import given, settings
from hypothesis import strategies as st
from integration.retrieval.index_kinds import KINDS, LEXICAL, Kind

from core.errors import IndexUnusableError
from core.values.search import AccessScope, Hit
from retrieval.dense.document_smoothing import smoothed

PUMP = entry(1, "The pump gets grease", "public", document_id=10)
SPEED = entry(2, "The pump runs fast", "public", document_id=10)
VALVE = entry(3, "The valve leaks", "public", "user:ann", document_id=11)
SECRET = entry(4, "The pump override code", "group:field", document_id=12)
ENTRIES = [PUMP, SPEED, VALVE, SECRET]

PRINCIPALS = ("public", "user:ann", "user:bob", "group:field", "group:ann")
READERS = st.frozensets(st.sampled_from(PRINCIPALS))
SHELVES = st.lists(READERS, min_size=1, max_size=8)
LABELS = st.frozensets(st.sampled_from(("language:en", "language:zh", "tag:a", "tag:b", "month:2024-03")))

pytestmark = pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.name)


def ids(hits: list[Hit]) -> set[int]:
    return {hit.chunk_id for hit in hits}


def state(kind: Kind, index: object) -> object:
    """Return all that can be seen of an index: what it holds, and who finds what."""
    scopes = [AccessScope(frozenset({name})) for name in PRINCIPALS]
    held: list[int] = index.ids().tolist()  # type: ignore[attr-defined]
    return held, [sorted(ids(kind.find(index, "pump valve", scope))) for scope in scopes]


def test_an_empty_index_finds_nothing(kind: Kind, tmp_path: Path) -> None:
    index = kind.make(tmp_path, None)
    assert index.ids().tolist() == []
    assert kind.find(index, "pump") == []


def test_a_question_without_a_word_is_no_mistake(kind: Kind, tmp_path: Path) -> None:
    index = kind.holding(tmp_path, ENTRIES)
    assert kind.find(index, "Is it?", limit=1) == [] or kind.name not in {"FakeLexicalIndex", "TantivyIndex"}


def test_what_was_put_in_is_found_best_first(kind: Kind, tmp_path: Path) -> None:
    index = kind.holding(tmp_path, ENTRIES)
    assert index.ids().tolist() == [1, 2, 3, 4]
    hits = kind.find(index, "the pump gets grease")
    assert hits[0].chunk_id == 1
    assert [hit.score for hit in hits] == sorted((hit.score for hit in hits), reverse=True)
    assert kind.find(index, "the pump gets grease", limit=1) == hits[:1]


def test_putting_the_same_in_again_changes_nothing(kind: Kind, tmp_path: Path) -> None:
    index = kind.holding(tmp_path, ENTRIES)
    before = state(kind, index)
    for _ in range(2):
        index.replace({10, 12}, [PUMP, SPEED, SECRET])
    assert state(kind, index) == before


def test_a_documents_new_entries_take_the_place_of_all_its_old_ones(kind: Kind, tmp_path: Path) -> None:
    index = kind.holding(tmp_path, ENTRIES)
    index.replace({10}, [entry(9, "The pump was replaced", "public", document_id=10)])
    assert index.ids().tolist() == [3, 4, 9]
    assert ids(kind.find(index, "pump")) - {3} == {9}


def test_a_document_without_entries_is_forgotten(kind: Kind, tmp_path: Path) -> None:
    index = kind.holding(tmp_path, ENTRIES)
    index.replace({10, 99}, [])
    assert index.ids().tolist() == [3, 4]
    index.replace({11, 12}, [])
    assert index.ids().tolist() == []
    assert kind.find(index, "pump") == []


def test_new_readers_take_effect_at_once(kind: Kind, tmp_path: Path) -> None:
    index = kind.holding(tmp_path, [PUMP])
    bob = AccessScope(frozenset({"user:bob"}))
    assert ids(kind.find(index, "pump")) == {1}
    assert kind.find(index, "pump", bob) == []
    index.replace({10}, [entry(1, PUMP.text, "user:bob", document_id=10)])
    assert kind.find(index, "pump") == []
    assert ids(kind.find(index, "pump", bob)) == {1}


@given(shelf=SHELVES, scope=READERS, limit=st.integers(1, 10))
@settings(max_examples=20)
def test_nothing_outside_the_scope_is_ever_found_and_all_inside_is(
    kind: Kind,
    tmp_path_factory: pytest.TempPathFactory,
    shelf: list[frozenset[str]],
    scope: frozenset[str],
    limit: int,
) -> None:
    entries = [entry(number, f"pump {number}", *readers) for number, readers in enumerate(shelf, start=1)]
    index = kind.holding(tmp_path_factory.mktemp("scratch"), entries)
    found = kind.find(index, "pump", AccessScope(scope), limit)
    allowed = {each.chunk_id for each in entries if each.principals & scope}
    assert ids(found) <= allowed
    assert len(found) == min(limit, len(allowed)), "the filter works inside the search, not behind it"
    index.close()


@given(shelf=SHELVES)
@settings(max_examples=5)
def test_an_empty_scope_finds_nothing(
    kind: Kind, tmp_path_factory: pytest.TempPathFactory, shelf: list[frozenset[str]]
) -> None:
    entries = [entry(number, "pump", *readers) for number, readers in enumerate(shelf, start=1)]
    index = kind.holding(tmp_path_factory.mktemp("scratch"), entries)
    assert kind.find(index, "pump", AccessScope(frozenset())) == []
    index.close()


@settings(max_examples=40, deadline=None)
@given(
    shelf=st.lists(st.tuples(READERS, LABELS, st.integers(0, 3)), min_size=1, max_size=8),
    scope=READERS,
    wanted=st.lists(LABELS, max_size=2),
)
def test_labels_narrow_what_the_scope_may_see_and_nothing_else(
    kind: Kind,
    tmp_path_factory: pytest.TempPathFactory,
    shelf: list[tuple[frozenset[str], frozenset[str], int]],
    scope: frozenset[str],
    wanted: list[frozenset[str]],
) -> None:
    readers = {document: who for who, _, document in shelf}  # a document's chunks have the same readers
    entries = [
        entry(number, "The pump runs", *readers[document], document_id=10 + document, labels=labels)
        for number, (_, labels, document) in enumerate(shelf, start=1)
    ]
    index = kind.holding(tmp_path_factory.mktemp("index"), entries)
    expected = {
        one.chunk_id
        for one in entries
        if one.principals & scope and all(one.labels & group for group in wanted)
    }
    assert ids(kind.find(index, "pump", AccessScope(scope), labels=tuple(wanted))) == expected
    if kind in LEXICAL:
        some = index.labelled(AccessScope(scope), 2, tuple(wanted)).tolist()
        assert index.labelled(AccessScope(scope), 9, tuple(wanted)).tolist() == sorted(expected)
        assert (set(some) <= expected, len(some)) == (True, min(2, len(expected)))
    saved = tmp_path_factory.mktemp("saved")
    index.save(saved)
    again = kind.make(tmp_path_factory.mktemp("again"), saved)
    assert ids(kind.find(again, "pump", AccessScope(scope), labels=tuple(wanted))) == expected
    again.close()
    index.close()


STEPS = st.lists(
    st.tuples(st.integers(0, 3), READERS, LABELS, READERS, st.lists(LABELS, max_size=1), st.booleans()),
    min_size=1,
    max_size=8,
)


@settings(max_examples=15, deadline=None)
@given(steps=STEPS)
def test_no_history_of_searches_and_changes_opens_what_the_scope_closes(
    kind: Kind,
    tmp_path_factory: pytest.TempPathFactory,
    steps: list[tuple[int, frozenset[str], frozenset[str], frozenset[str], list[frozenset[str]], bool]],
) -> None:
    held = {number: entry(number, "pump", document_id=number) for number in range(1, 5)}
    index = kind.holding(tmp_path_factory.mktemp("index"), list(held.values()))
    for number, (document, readers, labels, scope, wanted, saves) in enumerate(steps):
        for _ in range(2):  # the second time from whatever it has kept
            found = kind.find(index, "pump", AccessScope(scope), labels=tuple(wanted))
            assert ids(found) == {
                one.chunk_id
                for one in held.values()
                if one.principals & scope and all(one.labels & group for group in wanted)
            }
        if saves:
            index.save(tmp_path_factory.mktemp(f"saved-{number}"))
        held[document + 1] = entry(document + 1, "pump", *readers, document_id=document + 1, labels=labels)
        index.replace({document + 1}, [held[document + 1]])
    index.close()


def test_what_was_saved_comes_back_and_can_go_on(kind: Kind, tmp_path: Path) -> None:
    index = kind.holding(tmp_path, ENTRIES)
    before = state(kind, index)
    folder = saved(index, tmp_path / "saved")
    index.close()
    again = kind.make(tmp_path, folder)
    assert state(kind, again) == before
    again.replace({10}, [])
    assert again.ids().tolist() == [3, 4]


def test_what_was_saved_never_changes_afterwards(kind: Kind, tmp_path: Path) -> None:
    index = kind.holding(tmp_path, ENTRIES)
    folder = saved(index, tmp_path / "saved")
    content = {path.name: path.read_bytes() for path in folder.iterdir()}
    for user in (index, kind.make(tmp_path, folder)):
        user.replace({10, 11, 12}, [])
        saved(user, tmp_path / f"later-{id(user)}")
        user.close()
    assert {path.name: path.read_bytes() for path in folder.iterdir()} == content


def test_an_empty_index_can_be_saved(kind: Kind, tmp_path: Path) -> None:
    folder = saved(kind.make(tmp_path, None), tmp_path / "saved")
    assert kind.make(tmp_path, folder).ids().tolist() == []


def test_a_damaged_file_is_one_of_our_errors(kind: Kind, tmp_path: Path) -> None:
    folder = saved(kind.holding(tmp_path, ENTRIES), tmp_path / "saved")
    for path in list(folder.iterdir()):
        whole = path.read_bytes()
        path.unlink()
        path.write_bytes(whole[: len(whole) // 2])
        with pytest.raises(IndexUnusableError):
            kind.make(tmp_path, folder)
        path.write_bytes(whole)


def test_a_folder_without_an_index_is_one_of_our_errors(kind: Kind, tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    with pytest.raises(IndexUnusableError):
        kind.make(tmp_path, tmp_path / "empty")


def saved(index: object, folder: Path) -> Path:
    folder.mkdir()
    index.save(folder)  # type: ignore[attr-defined]
    return folder


def test_an_index_shows_who_finds_what(kind: Kind, tmp_path: Path) -> None:
    index = kind.holding(tmp_path, ENTRIES)
    index.replace({11}, [])

    def allowed(*principals: str) -> list[int]:
        found: list[int] = index.allowed(AccessScope(frozenset(principals))).tolist()
        return found

    assert allowed("public") == [1, 2]
    assert allowed("group:field") == [4]
    assert allowed("public", "group:field") == [1, 2, 4]
    assert allowed("user:ann") == allowed() == []


def test_an_index_shows_what_it_compares_with(kind: Kind, tmp_path: Path) -> None:
    index = kind.holding(tmp_path, ENTRIES)
    index.replace({10}, [SPEED])
    if kind in LEXICAL:
        assert index.lacking([VALVE]) == index.lacking([SPEED]) == []
        assert index.lacking([PUMP]) == [1]
        other = entry(3, "The valve leaks oil", "public", "user:ann", document_id=11)
        assert index.lacking([other]) == [3]
        return
    held = [SPEED, VALVE, SECRET]
    wanted = smoothed(
        np.stack([np.frombuffer(one.vector, "<f4") for one in held]), [one.document_id for one in held]
    )
    shown = index.vectors(np.array([4, 2], np.int64))
    assert np.abs(shown - wanted[[2, 0]]).max() < 1e-3
