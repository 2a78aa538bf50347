"""Followers under faults: the log restores what is lost, and half-written generations are ignored."""

import shutil
import threading
from collections.abc import Callable, Collection, Iterator, Sequence
from pathlib import Path

import pytest
from fakes.application import make_app
from fakes.index import FakeDenseIndex
from fakes.source import FakeSource
from filelock import FileLock
from sqlalchemy import select, update

from api.app import App
from core.errors import StorageError
from core.store.changes import ChangeBatch, latest_seq, live_chunk_ids
from core.store.tables import FollowerTable
from core.values.search import IndexEntry
from retrieval.follow.follower import Follower
from retrieval.follow.generations import place_of


class FullDisk(FakeDenseIndex):
    """An index that cannot be saved while `full` holds."""

    full = True

    def save(self, folder: Path) -> None:
        (folder / "half").write_text("written", "utf-8")
        if self.full:
            raise OSError(28, "No space left on device")
        super().save(folder)


class Closing(FakeDenseIndex):
    """An index that remembers whether it was closed."""

    is_closed = False

    def close(self) -> None:
        self.is_closed = True


class Shelf:
    """An application, a source, and the follower that the test looks at."""

    def __init__(self, folder: Path) -> None:
        self.app: App = make_app(folder)
        self.source = FakeSource()
        self.root = folder / "index"
        self.made: list[FakeDenseIndex] = []

    def commit(self, name: str, text: str = "The pump runs.") -> None:
        """Commit a document; no index hears of it."""
        self.source.put(name, text)
        self.app.pipeline.ingest(self.source)

    def follower(
        self, kind: type[FakeDenseIndex] = FakeDenseIndex, form: str = ""
    ) -> Follower[FakeDenseIndex]:
        """Return a follower as a fresh process would have it."""

        def make(folder: Path | None) -> FakeDenseIndex:
            self.made.append(kind(folder))
            return self.made[-1]

        return Follower("shelf", self.app.database, self.root, self.app.indexes.embedder.model_id, make, form)

    def truth(self) -> list[int]:
        with self.app.database.reading() as session:
            return live_chunk_ids(session, self.app.indexes.embedder.model_id)

    def generations(self) -> list[str]:
        return sorted(path.name for path in (self.root / "shelf").glob("*"))

    def in_force(self) -> tuple[int, int]:
        with self.app.database.reading() as session:
            row = session.scalars(select(FollowerTable).where(FollowerTable.name.startswith("shelf@"))).one()
            return row.generation, row.applied_seq


@pytest.fixture
def shelf(tmp_path: Path) -> Iterator[Shelf]:
    shelf = Shelf(tmp_path)
    yield shelf
    shelf.app.close()


@pytest.fixture
def two_generations(shelf: Shelf) -> Shelf:
    for name in ("a.md", "b.md"):
        shelf.commit(name)
        shelf.follower().bring_up_to_date()
    assert shelf.generations() == ["gen-000001", "gen-000002"]
    return shelf


def holds(follower: Follower[FakeDenseIndex]) -> list[int]:
    with follower.index() as index:
        held: list[int] = index.ids().tolist()
        return held


def damage(path: Path) -> None:
    raw = bytearray(path.read_bytes())
    raw[len(raw) // 2] ^= 1
    path.write_bytes(bytes(raw))


def test_a_crash_between_commit_and_apply_is_repeated(shelf: Shelf) -> None:
    shelf.commit("a.md")
    shelf.follower().bring_up_to_date()
    shelf.commit("b.md")
    shelf.commit("a.md", "Changed.")
    assert holds(shelf.follower()) == shelf.truth()
    assert len(shelf.truth()) == 2


def test_an_open_index_sees_commits_of_another_process(shelf: Shelf) -> None:
    follower = shelf.follower()
    assert holds(follower) == []
    shelf.commit("a.md")
    assert holds(follower) == shelf.truth() != []


def test_a_crash_between_apply_and_save_is_repeated(shelf: Shelf) -> None:
    shelf.commit("a.md")
    shelf.follower().bring_up_to_date()
    shelf.commit("b.md")
    holds(shelf.follower())  # applied in a process that dies before it saves
    assert shelf.in_force() == (1, 1)
    assert holds(shelf.follower()) == shelf.truth()


def test_a_crash_while_a_generation_is_written_leaves_nothing_that_counts(two_generations: Shelf) -> None:
    unfinished = two_generations.root / "shelf" / "gen-000003.tmp"
    unfinished.mkdir()
    (unfinished / "entries.json").write_text("[", "utf-8")
    assert holds(two_generations.follower()) == two_generations.truth()
    two_generations.commit("c.md")
    two_generations.follower().bring_up_to_date()
    assert two_generations.generations() == ["gen-000002", "gen-000003"]


def test_a_generation_that_was_never_put_in_force_is_passed_over(two_generations: Shelf) -> None:
    with two_generations.app.database.writing() as session:
        row = session.scalars(select(FollowerTable).where(FollowerTable.name.startswith("shelf@"))).one()
        row.generation, row.applied_seq = 1, 1
    follower = two_generations.follower()
    assert holds(follower) == two_generations.truth()
    follower.bring_up_to_date()
    assert two_generations.in_force() == (3, 2), "the number is not used a second time"


def test_a_damaged_generation_gives_way_to_the_one_before(two_generations: Shelf) -> None:
    damage(two_generations.root / "shelf" / "gen-000002" / "entries.json")
    follower = two_generations.follower()
    assert holds(follower) == two_generations.truth()
    assert len(two_generations.made[-1].entries) == 2
    two_generations.commit("c.md")
    follower.bring_up_to_date()
    assert two_generations.in_force() == (3, 3)
    assert holds(two_generations.follower()) == two_generations.truth()


@pytest.mark.parametrize("name", ["entries.json", "manifest.json"])
def test_when_all_are_damaged_the_index_is_built_anew_and_kept(two_generations: Shelf, name: str) -> None:
    for generation in two_generations.generations():
        damage(two_generations.root / "shelf" / generation / name)
    assert holds(two_generations.follower()) == two_generations.truth()
    assert two_generations.in_force() == (3, 2)


def test_a_deleted_folder_is_built_anew_and_kept(two_generations: Shelf) -> None:
    shutil.rmtree(two_generations.root)
    assert holds(two_generations.follower()) == two_generations.truth()
    assert two_generations.generations() == ["gen-000001"]


def test_the_index_of_another_database_is_not_believed(two_generations: Shelf, tmp_path: Path) -> None:
    other = Shelf(tmp_path / "other")
    other.commit("x.md")
    shutil.copytree(two_generations.root / "shelf", other.root / "shelf")
    assert holds(other.follower()) == other.truth()
    other.app.close()


def test_an_index_of_another_form_is_built_anew(two_generations: Shelf) -> None:
    assert holds(two_generations.follower(form="views 2")) == two_generations.truth()
    assert two_generations.in_force() == (3, 2)


def test_a_full_disk_leaves_the_old_generation_in_force(
    two_generations: Shelf, monkeypatch: pytest.MonkeyPatch
) -> None:
    two_generations.commit("c.md")
    before = two_generations.in_force()
    follower = two_generations.follower(FullDisk)
    with pytest.raises(StorageError, match=r"No space left.*documents are safe in the database"):
        follower.bring_up_to_date()
    assert two_generations.in_force() == before
    assert holds(follower) == two_generations.truth(), "searching goes on"
    assert holds(two_generations.follower()) == two_generations.truth()
    monkeypatch.setattr(FullDisk, "full", False)
    follower.bring_up_to_date()
    assert two_generations.in_force() == (3, 3)


def test_a_full_disk_does_not_keep_a_lost_index_from_searching(shelf: Shelf) -> None:
    shelf.commit("a.md")
    assert holds(shelf.follower(FullDisk)) == shelf.truth()


def test_only_one_process_writes_a_generation(shelf: Shelf) -> None:
    shelf.commit("a.md")
    follower = shelf.follower()
    with FileLock(shelf.root / "shelf.lock"):
        assert holds(follower) == shelf.truth()
        assert follower.save() is False
    assert follower.save() is True
    assert shelf.in_force() == (1, 1)


def test_what_is_up_to_date_is_not_even_opened(two_generations: Shelf) -> None:
    made = len(two_generations.made)
    two_generations.follower().bring_up_to_date()
    assert len(two_generations.made) == made


def test_a_long_log_is_applied_in_parts(shelf: Shelf) -> None:
    for number in range(260):
        shelf.source.put(f"{number:03}.md", f"Pump {number}.")
    shelf.app.pipeline.ingest(shelf.source)
    follower = shelf.follower()
    assert holds(follower) == shelf.truth()
    with shelf.app.database.reading() as session:
        assert follower.applied_seq == latest_seq(session) == 260


class Small(FakeDenseIndex):
    """An index that should be a `Large` one from two entries on."""

    def successor(self) -> "FakeDenseIndex | None":
        return Large() if len(self.entries) > 1 else None


class Large(FakeDenseIndex):
    """Its like for more."""

    meanwhile: Callable[[], object] = staticmethod(lambda: None)

    def replace(self, document_ids: Collection[int], entries: Sequence[IndexEntry]) -> None:
        self.meanwhile()
        super().replace(document_ids, entries)


def test_an_outgrown_index_answers_until_the_next_one_holds_as_much(
    shelf: Shelf, monkeypatch: pytest.MonkeyPatch
) -> None:
    follower = shelf.follower(Small)
    shelf.commit("a.md")
    follower.bring_up_to_date()
    with follower.index() as index:
        assert type(index) is Small
    shelf.commit("b.md")
    seen: list[list[int]] = []

    def ask_in_another_thread() -> None:
        monkeypatch.setattr(Large, "meanwhile", staticmethod(lambda: None))
        asking = threading.Thread(target=lambda: seen.append(holds(follower)))
        asking.start()
        asking.join(timeout=10)
        shelf.commit("c.md")

    monkeypatch.setattr(Large, "meanwhile", staticmethod(ask_in_another_thread))
    follower.bring_up_to_date()
    assert [len(held) for held in seen] == [2], "the old index answered while the new one was filled"
    with follower.index() as index:
        assert type(index) is Large
        assert index.ids().tolist() == shelf.truth()
    assert len(shelf.truth()) == 3
    assert shelf.in_force()[1] == follower.applied_seq == 3


def test_a_candidate_is_a_copy_that_is_closed_after_its_use(two_generations: Shelf) -> None:
    follower = two_generations.follower(Closing)
    before = holds(follower)
    removed = ChangeBatch(seq=99, document_ids=(1, 2), entries=())
    with follower.candidate([removed]) as candidate, candidate.index() as index:
        assert index.ids().tolist() == []
    assert isinstance(index, Closing)
    assert index.is_closed
    assert holds(follower) == before != []


def test_a_folder_that_is_not_there_gets_one_name(tmp_path: Path) -> None:
    root = tmp_path / "data" / "index"
    name = place_of(root)
    assert (place_of(root), place_of(tmp_path / "other") == name) == (name, False)


def test_a_generation_that_is_not_what_the_database_names_is_damaged(two_generations: Shelf) -> None:
    follower = two_generations.follower()
    assert follower.damage() == ""
    for seq, named in ((1, "names 1"), (99, "names 99")):
        with two_generations.app.database.writing() as session:
            session.execute(update(FollowerTable).values(applied_seq=seq))
        assert named in follower.damage()


def test_what_is_built_anew_takes_the_place_of_the_open_index(two_generations: Shelf) -> None:
    follower = two_generations.follower(Closing)
    holds(follower)
    opened = two_generations.made[-1]
    follower.rebuild()
    assert isinstance(opened, Closing)
    assert opened.is_closed
    assert holds(follower) == two_generations.truth()
    assert two_generations.in_force() == (3, 2)


def test_an_index_that_was_never_saved_is_not_damaged(shelf: Shelf) -> None:
    assert shelf.follower().damage() == ""


def test_a_removed_index_leaves_no_generation_and_is_built_anew(two_generations: Shelf) -> None:
    follower = two_generations.follower()
    follower.remove()
    assert two_generations.generations() == []
    assert holds(follower) == two_generations.truth()
    assert two_generations.in_force() == (1, 2)
