"""Narrowed searches over the real indexes, and documents that take one another's place."""

from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest
from fakes.application import make_app
from fakes.embedder import FakeEmbedder

from api.app import App
from core.permissions import scope_of
from core.text.labels import SearchFilter
from ingest.connectors.folder import FolderSource
from ingest.connectors.trees.rules import PERMISSIONS_FILE

OLD = """---
date: 2023-05-01
owner: Ann Lee
tags: lubrication
device: FIL-101
---
The main bearing of the filler gets 60 g of grease every 500 hours.
"""
NEW = """---
title: Lubrication 2025
date: 2025-02-01
owner: Bo Chen
tags: [lubrication, bearings]
supersedes: old.md
---
The main bearing of the filler gets 40 g of grease every 250 hours.
"""
HOW_MUCH = "How much grease does the main bearing of the filler get?"


class Shelf:
    """A folder of manuals, and the application that has read it."""

    def __init__(self, root: Path) -> None:
        self.folder = root / "manuals"
        # The fake embedder knows no likeness: what is narrowed is tested here, not what is enough.
        self.app: App = make_app(root / "data", FakeEmbedder(), retrieval={"min_support": 0.1})
        self.put("old.md", OLD)
        self.put("new.md", NEW)
        self.put("notes/filler.txt", "Notes of the shift: the filler is loud.")
        self.put("zh.md", "灌装机主轴承的润滑脂每月检查一次，用量记录在表中。")

    def put(self, name: str, text: str) -> None:
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, "utf-8")

    def ingest(self) -> None:
        assert not self.app.ingestion.ingest(FolderSource(self.folder, frozenset({"public"}), 2**20)).failures

    def find(self, within: SearchFilter, question: str = HOW_MUCH) -> set[str]:
        found = self.app.searcher.search(question, scope_of(None), 10, within=within).passages
        return {passage.uri.rsplit("/", 1)[-1] for passage in found}


@pytest.fixture
def shelf(tmp_path: Path) -> Iterator[Shelf]:
    shelf = Shelf(tmp_path)
    shelf.ingest()
    yield shelf
    shelf.app.close()


def words(*each: str) -> frozenset[str]:
    return frozenset(each)


def test_each_field_narrows_both_legs(shelf: Shelf) -> None:
    source = f"file://{shelf.folder}"
    for within, expected in (
        (SearchFilter(tags=words("Lubrication")), {"old.md", "new.md"}),
        (SearchFilter(tags=words("bearings", "none")), {"new.md"}),
        (SearchFilter(devices=words("fil-101")), {"old.md"}),
        (SearchFilter(types=words("txt")), {"filler.txt"}),
        (SearchFilter(types=words("text/markdown"), until=date(2024, 1, 1)), {"old.md"}),
        (SearchFilter(since=date(2023, 5, 1), until=date(2025, 1, 31)), {"old.md"}),
        (SearchFilter(sources=words(source), tags=words("bearings")), {"new.md"}),
        (SearchFilter(tags=words("bearings"), devices=words("FIL-101")), set()),
    ):
        assert shelf.find(within) == expected, within


def test_a_passages_own_language_counts(shelf: Shelf) -> None:
    assert shelf.find(SearchFilter(languages=words("zh")), "润滑脂 grease") == {"zh.md"}
    assert "zh.md" not in shelf.find(SearchFilter(languages=words("en")), "润滑脂 grease")


def test_no_filter_opens_what_the_scope_closes(shelf: Shelf) -> None:
    (shelf.folder / PERMISSIONS_FILE).write_text("read: ['user:ann']\ntags: [secret]\n", "utf-8")
    shelf.ingest()
    assert shelf.find(SearchFilter(tags=words("secret"))) == set()
    held = shelf.app.searcher.search(
        HOW_MUCH, scope_of("ann"), 10, within=SearchFilter(tags=words("secret"))
    ).passages
    assert {passage.uri.rsplit("/", 1)[-1] for passage in held} >= {"old.md", "filler.txt"}


def test_what_is_said_of_an_unchanged_file_takes_effect(shelf: Shelf) -> None:
    (shelf.folder / "notes" / PERMISSIONS_FILE).write_text("read: [public]\ndevices: [FIL-101]\n", "utf-8")
    shelf.ingest()
    assert shelf.find(SearchFilter(devices=words("FIL-101"))) == {"old.md", "filler.txt"}


def test_what_disagrees_and_is_superseded_is_named(shelf: Shelf) -> None:
    answer = shelf.app.answerer.answer(HOW_MUCH, scope_of(None))
    assert "40 g" in answer.text
    assert "60 g" not in answer.text
    assert (answer.citations[0].day, answer.citations[0].owner) == ("2025-02-01", "Bo Chen")
    [other] = answer.disagreements
    assert "60 g" in other.other.quote
    assert (other.other.day, other.other.owner) == ("2023-05-01", "Ann Lee")
    [old] = answer.superseded
    assert (old.document_id, old.by, old.day) == (other.other.document_id, "Lubrication 2025", "2025-02-01")


def test_as_of_a_day_the_older_one_answers(shelf: Shelf) -> None:
    answer = shelf.app.answerer.answer(HOW_MUCH, scope_of(None), within=SearchFilter(until=date(2024, 1, 1)))
    assert "60 g" in answer.text
    assert answer.disagreements == ()


def test_a_successor_that_the_asker_may_not_read_is_not_named(shelf: Shelf) -> None:
    shelf.put("secret/new.md", NEW)
    (shelf.folder / "new.md").unlink()
    (shelf.folder / "secret" / PERMISSIONS_FILE).write_text("read: ['user:ann']", "utf-8")
    shelf.ingest()
    answer = shelf.app.answerer.answer(HOW_MUCH, scope_of(None))
    assert "60 g" in answer.text
    assert answer.superseded == ()
    known = shelf.app.answerer.answer(HOW_MUCH, scope_of("ann"))
    assert "40 g" in known.text
