from collections.abc import Iterator
from functools import partial
from pathlib import Path

import pytest
from fakes.embedder import FakeEmbedder, in_force
from fakes.source import FakeSource

from core.errors import ModelError, ParseError, SourceError
from core.locks import SignOfLife
from core.permissions import scope_of
from core.settings import IngestSettings
from core.store.database import Database
from core.store.documents.reading import DocumentEntry, list_documents
from ingest.parsers.formats import parse
from ingest.pipeline import Pipeline
from ingest.run.report import Outcome, RunReport
from ingest.run.run import RunOptions, Runs

BROKEN_PDF = b"%PDF-1.7 and nothing more"


class Desk:
    """A pipeline over a real database, with an embedder and a source that a test can look into."""

    def __init__(self, folder: Path, database_url: str) -> None:
        self.database = Database(database_url or f"sqlite:///{folder / 'truth.db'}")
        self.database.migrate()
        self.life = SignOfLife(folder)
        self.embedder = FakeEmbedder()
        self.source = FakeSource()

    def ingest(
        self, retry: bool = False, allow_deletions: bool = False, **settings: int
    ) -> dict[str, Outcome]:
        """Ingest and return what became of each document, by name."""
        report = self.report(retry, allow_deletions, **settings)
        return {document.uri.removeprefix("fake:shelf/"): document.outcome for document in report.documents}

    def report(self, retry: bool = False, allow_deletions: bool = False, **settings: int) -> RunReport:
        limits = IngestSettings(**settings)
        read = partial(parse, max_text_bytes=limits.max_text_bytes)
        runs = Runs(self.database, self.life, lambda: in_force(self.embedder), 60)
        pipeline = Pipeline(self.database, runs, limits, read)
        return pipeline.ingest(self.source, options=RunOptions(retry=retry, allow_deletions=allow_deletions))

    def embedded(self) -> list[str]:
        """Return the texts embedded since the last call."""
        texts, self.embedder.texts = self.embedder.texts, []
        return texts

    def searchable(self) -> dict[str, DocumentEntry]:
        return {name: entry for name, entry in self.readable().items() if entry.state == "searchable"}

    def readable(self, user: str | None = None, *groups: str) -> dict[str, DocumentEntry]:
        with self.database.reading() as session:
            entries = list_documents(session, scope_of(user, groups), 0, 500)
        return {entry.uri.removeprefix("fake:shelf/"): entry for entry in entries}


@pytest.fixture
def desk(tmp_path: Path, database_url: str) -> Iterator[Desk]:
    desk = Desk(tmp_path, database_url)
    yield desk
    desk.life.close()
    desk.database.close()


def test_new_changed_removed_and_unchanged_documents_are_told_apart(desk: Desk) -> None:
    desk.source.put("a.md", "The pump runs.")
    desk.source.put("b.md", "The valve leaks.")
    assert desk.ingest() == {"a.md": Outcome.ADDED, "b.md": Outcome.ADDED}
    desk.source.put("a.md", "The pump stands.")
    desk.source.put("c.md", "The bearing is hot.")
    del desk.source.files["b.md"]
    assert desk.ingest() == {"a.md": Outcome.CHANGED, "c.md": Outcome.ADDED, "b.md": Outcome.DELETED}
    assert {name: entry.version for name, entry in desk.readable().items()} == {"a.md": 2, "c.md": 1}
    assert desk.ingest() == {"a.md": Outcome.UNCHANGED, "c.md": Outcome.UNCHANGED}


def test_what_did_not_change_costs_no_embedding(desk: Desk) -> None:
    desk.source.put("a.md", "# Pump\n\nThe pump runs.")
    desk.ingest()
    assert desk.embedded()
    desk.ingest()
    assert desk.embedded() == []


def test_of_a_changed_document_only_the_changed_chunks_are_embedded(desk: Desk) -> None:
    rows = [f"V-{number},{number} N·m" for number in range(20)]
    desk.source.put("valves.csv", "\n".join(["Valve,Torque", *rows]))
    desk.ingest()
    assert len(desk.embedded()) >= 20
    rows[7] = "V-7,70 N·m"
    desk.source.put("valves.csv", "\n".join(["Valve,Torque", *rows]))
    desk.ingest()
    [only] = desk.embedded()
    assert "70 N·m" in only


def test_a_removed_document_that_comes_back_is_new_again(desk: Desk) -> None:
    desk.source.put("a.md", "The pump runs.")
    desk.ingest()
    kept = desk.source.files.pop("a.md")
    assert desk.ingest(allow_deletions=True) == {"a.md": Outcome.DELETED}
    assert desk.ingest() == {}
    desk.source.files["a.md"] = kept
    assert desk.ingest() == {"a.md": Outcome.ADDED}
    assert desk.readable()["a.md"].version == 2


def test_a_file_that_cannot_be_read_is_reported_and_the_rest_goes_on(desk: Desk) -> None:
    desk.source.put("a.md", "The pump runs.")
    desk.source.put("b.pdf", BROKEN_PDF)
    desk.source.put("c.png", b"\x89PNG\r\n\x1a\n")
    desk.source.put("d.md", None)
    desk.source.put("e.md", "The valve leaks.")
    report = desk.report()
    assert [document.uri[-5:] for document in report.failures] == ["b.pdf", "c.png", "/d.md"]
    assert all(document.reason and document.code for document in report.failures)
    assert report.count(Outcome.ADDED) == 2
    states = {name: (entry.state, bool(entry.reason)) for name, entry in desk.readable().items()}
    assert states == {
        "a.md": ("searchable", False),
        "b.pdf": ("failed", True),
        "c.png": ("failed", True),
        "d.md": ("failed", True),
        "e.md": ("searchable", False),
    }


def test_a_failure_is_told_again_but_tried_again_only_on_request_or_change(desk: Desk) -> None:
    desk.source.put("b.pdf", BROKEN_PDF)
    first, second = desk.report(), desk.report()
    assert second.failures[0].reason == first.failures[0].reason
    assert "parse" not in second.seconds
    assert "parse" in desk.report(retry=True).seconds
    desk.source.put("b.pdf", b"# Not a PDF after all")
    assert "parse" in desk.report().seconds


def test_a_version_that_was_read_before_stays_searchable_when_the_next_one_fails(desk: Desk) -> None:
    desk.source.put("a.md", "The pump runs.")
    desk.ingest()
    desk.source.put("a.md", None)
    assert desk.ingest() == {"a.md": Outcome.FAILED}
    entry = desk.readable()["a.md"]
    assert (entry.state, entry.version) == ("failed", 1)
    desk.source.put("a.md", "The pump stands.")
    assert desk.ingest() == {"a.md": Outcome.CHANGED}
    assert desk.readable()["a.md"].reason == ""


def test_new_readers_of_an_unchanged_document_cost_nothing_else(desk: Desk) -> None:
    desk.source.put("a.md", "The pump runs.", "user:ann")
    desk.ingest()
    desk.embedded()
    desk.source.put("a.md", "The pump runs.", "group:field")
    assert desk.ingest() == {"a.md": Outcome.PERMISSIONS}
    assert desk.embedded() == []
    assert desk.readable("ann") == {}
    assert desk.readable("ann", "field")["a.md"].version == 1
    assert desk.ingest() == {"a.md": Outcome.UNCHANGED}


def test_a_failed_document_takes_on_new_readers_too(desk: Desk) -> None:
    desk.source.put("b.pdf", BROKEN_PDF, "user:ann")
    desk.ingest()
    desk.source.put("b.pdf", BROKEN_PDF, "user:bob")
    desk.ingest()
    assert (list(desk.readable("ann")), list(desk.readable("bob"))) == ([], ["b.pdf"])


def test_a_listing_that_is_not_to_be_believed_removes_nothing(desk: Desk) -> None:
    desk.source.put("a.md", "The pump runs.")
    desk.ingest()
    desk.source.files.clear()
    with pytest.raises(SourceError, match="lists no document"):
        desk.ingest()
    assert list(desk.readable()) == ["a.md"]


def test_a_part_that_could_not_be_looked_into_keeps_its_documents(desk: Desk) -> None:
    desk.source.put("a.md", "The pump runs.")
    desk.source.put("sub/b.md", "The valve leaks.")
    desk.ingest()
    del desk.source.files["sub/b.md"]
    desk.source.blind["fake:shelf/sub"] = ParseError("the folder cannot be read")
    assert desk.ingest() == {"sub": Outcome.FAILED, "a.md": Outcome.UNCHANGED}
    assert set(desk.readable()) == {"a.md", "sub/b.md"}


def test_when_the_embedder_fails_nothing_is_lost_and_the_next_run_goes_on(desk: Desk) -> None:
    for number in range(6):
        desk.source.put(f"{number}.md", f"The pump {number} runs.")
    desk.ingest(window_chunks=2)
    before = desk.readable()
    for number in range(6, 12):
        desk.source.put(f"{number}.md", f"The pump {number} runs.")
    desk.embedder.broken = True
    with pytest.raises(ModelError):
        desk.ingest(window_chunks=2)
    assert desk.searchable() == before
    assert {entry.state for entry in desk.readable().values()} == {"searchable", "seen"}
    desk.embedder.broken = False
    outcomes = desk.ingest(window_chunks=2)
    assert list(outcomes.values()).count(Outcome.ADDED) == 6
    assert len(desk.readable()) == 12


def test_what_was_committed_before_a_failure_is_not_done_again(desk: Desk) -> None:
    for number in range(6):
        desk.source.put(f"{number}.md", f"The pump {number} runs.")
    desk.embedder.break_after(2)
    with pytest.raises(ModelError):
        desk.ingest(window_chunks=2)
    done = len(desk.searchable())
    assert 0 < done < 6
    desk.embedded()
    desk.embedder.broken = False
    desk.ingest(window_chunks=2)
    assert len(desk.embedded()) == 6 - done
    assert len(desk.readable()) == 6


def test_a_change_of_the_pipeline_is_a_reason_to_read_everything_again(desk: Desk) -> None:
    desk.source.put("a.md", "The pump runs.")
    desk.ingest()
    assert desk.ingest(chunk_tokens=100) == {"a.md": Outcome.CHANGED}
    desk.embedder = FakeEmbedder("fake@2")
    assert desk.ingest(chunk_tokens=100) == {"a.md": Outcome.UNCHANGED}, "vectors come by themselves"


def test_two_sources_do_not_remove_each_others_documents(desk: Desk) -> None:
    desk.source.put("a.md", "The pump runs.")
    desk.ingest()
    first, desk.source = desk.source, FakeSource("fake:shelf-2")
    desk.source.put("b.md", "The valve leaks.")
    desk.ingest()
    desk.source.files.clear()
    desk.ingest(allow_deletions=True)
    desk.source = first
    assert desk.ingest() == {"a.md": Outcome.UNCHANGED}


def test_the_same_text_twice_is_embedded_once(desk: Desk) -> None:
    desk.source.put("a.txt", "The pump runs.")
    desk.source.put("sub/a.txt", "The pump runs.")
    desk.ingest()
    assert len(desk.embedded()) == 1
    assert len(desk.readable()) == 2


def test_a_document_that_was_unreadable_often_is_read_as_soon_as_it_can_be(desk: Desk) -> None:
    for text in (None, "", None, " ", None):
        desk.source.put("a.md", text)
        assert desk.ingest() == {"a.md": Outcome.FAILED}
    desk.source.put("a.md", "The pump runs.")
    assert desk.ingest() == {"a.md": Outcome.ADDED}
