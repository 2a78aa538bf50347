"""`vade check --deep`: every invariant is broken on purpose, and named with its remedy."""

import sqlite3
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from fakes.application import make_app
from fakes.embedder import FakeEmbedder
from fakes.source import FakeSource

from admin.checks.check import check
from admin.checks.finding import Finding
from admin.checks.truth import Expected, deep_truth
from api.app import App
from core.store.embedders import FIRST
from core.store.goldens import Golden, add_golden
from retrieval.index import Index

LONG = "\n\n".join(f"# Part {number}\n\nThe pump number {number} runs." for number in range(5))


@pytest.fixture
def app(tmp_path: Path) -> Iterator[App]:
    app = make_app(tmp_path)
    source = FakeSource()
    source.put("a.md", LONG)
    source.put("b.md", "The valve leaks.", "group:field")
    source.put("c.csv", "Valve,Torque\nV-1,10 N·m\nV-2,20 N·m")
    app.ingestion.ingest(source)
    source.put("b.md", "The valve leaks oil.", "group:field")
    app.ingestion.ingest(source)
    with app.database.writing() as session:
        add_golden(
            session,
            Golden(question="Does it leak?", principals=frozenset({"group:field"}), documents=("b.md",)),
        )
    yield app
    app.close()


def found(app: App, repair: bool = False, expected: Expected | None = None) -> list[Finding]:
    chosen = app.indexes.models.chosen[FIRST].embedder
    wanted = expected or Expected(chosen.model_id, chosen.dimension)
    return list(check(app.database, app.indexes, repair, wanted).findings)


def names(findings: list[Finding]) -> list[str]:
    return [finding.name for finding in findings]


def behind_our_back(app: App, *statements: str, value: bytes | None = None) -> None:
    """Change the database as no part of the program does."""
    connection = sqlite3.connect(app.settings.data_dir / "truth.db")
    for statement in statements:
        connection.execute(statement, (value,) if "?" in statement else ())
    connection.commit()
    connection.close()


def test_nothing_is_found_where_all_agree(app: App) -> None:
    assert found(app) == []


JOB = (
    "INSERT INTO job (kind, key, source_id, state, priority, attempts, not_before, token, owner, stage,"
    " cancel, reason, payload, created_at, updated_at, leased_until) VALUES ('document', {key}, 1,"
    " 'running', 0, 1, '2026-01-01', 1, {owner}, '', 0, '', '{{}}', '2026-01-01', '2026-01-01', {until})"
)
WRITTEN = {
    "no embedder is in force": ["DELETE FROM embedder"],
    "vectors are kept of an embedder that is not": [
        "INSERT INTO embedding SELECT chunk_id, 'lost@1', vector FROM embedding"
    ],
    "a document's versions are not numbered one after the other": ["UPDATE version SET number = number + 5"],
    "a version in force has no chunk": ["DELETE FROM chunk WHERE document_id = 1"],
    "a version lacks chunks": ["DELETE FROM chunk WHERE ordinal = 0"],
    "a version is in force and waits": [
        "UPDATE version SET gate_state = 'waiting' WHERE tombstoned_at IS NULL"
    ],
    "a former version has nothing that took its place": [
        "UPDATE version SET gate_state = 'former' WHERE tombstoned_at IS NOT NULL"
    ],
    "a version is granted to others than its document": [
        "INSERT INTO version_grant SELECT id, 'user:eve' FROM version WHERE tombstoned_at IS NULL AND"
        " document_id = (SELECT id FROM document WHERE uri LIKE '%b.md')"
    ],
    "a document is held, and in force": ["UPDATE document SET state = 'held'"],
    "a job and its lease do not agree": [JOB.format(key="'fake:shelf/b.md'", owner="''", until="NULL")],
    "a job is about a document that is not there": [
        JOB.format(key="'fake:shelf/x.md'", owner="'ann'", until="'2099-01-01'")
    ],
    "a job's worker is gone": [
        JOB.format(key="'fake:shelf/b.md'", owner="'ann'", until="'2026-01-01'"),
    ],
    "a run is open and nobody is at it": [
        "UPDATE run SET state = 'running', finished_at = NULL WHERE id = 1"
    ],
    "a run's end and its state do not agree": ["UPDATE run SET finished_at = NULL"],
    "a golden question names a document that is not there": [
        "UPDATE document SET uri = uri || '.old' WHERE uri LIKE '%b.md'"
    ],
    "an erased document is still there": [
        "INSERT INTO erasure (document_id, uri, at, receipt) VALUES (1, 'fake:shelf/a.md', '2026-01-01',"
        ' \'{"id": 1, "document_id": 1, "uri": "fake:shelf/a.md", "unsearchable_at": "", "versions": [],'
        ' "chunks": [1, 2], "vectors": 2, "pages": 0, "indexes": {}, "completed_at": "2026-01-01"}\')'
    ],
    "a page is not what its version's text says": [
        'INSERT INTO page (version_id, number, start, "end", width, height, boxes)'
        " VALUES (1, 1, 0, 99999, 0, 0, x'')"
    ],
}


@pytest.mark.parametrize(("name", "statements"), WRITTEN.items(), ids=WRITTEN)
def test_each_rule_of_the_database_is_named_with_its_remedy(
    app: App, name: str, statements: list[str]
) -> None:
    behind_our_back(app, *statements)
    [finding] = [finding for finding in found(app) if finding.name == name]
    assert finding.detail
    assert finding.remedy


@pytest.mark.parametrize(
    "vector",
    [
        np.zeros(64, "<f4"),
        np.full(64, np.nan, "<f4"),
        np.ones(64, "<f4"),
        np.ones(32, "<f4") / np.sqrt(32).astype("<f4"),
    ],
    ids=["nothing", "no number", "no unit", "too short"],
)
def test_a_vector_that_is_none_is_named(app: App, vector: Any) -> None:
    behind_our_back(app, "UPDATE embedding SET vector = ? WHERE chunk_id = 1", value=vector.tobytes())
    chosen = app.indexes.models.chosen[FIRST].embedder
    with app.database.reading() as session:
        [finding] = list(deep_truth(session, Expected(chosen.model_id, chosen.dimension)))
    assert finding.name == "an embedding is no vector of its model"
    assert "chunks 1" in finding.detail


def test_boxes_that_are_damaged_are_named(app: App) -> None:
    statement = (
        'INSERT INTO page (version_id, number, start, "end", width, height, boxes)'
        " VALUES (1, 1, 0, 3, 0, 0, ?)"
    )
    behind_our_back(app, statement, value=b"no boxes")
    assert names(found(app)) == ["a page is not what its version's text says"]


def other_vector(app: App, index: Index) -> None:
    rows = FakeEmbedder().embed(["Something else"])
    behind_our_back(app, "UPDATE embedding SET vector = ? WHERE chunk_id = 1", value=rows[0].tobytes())


def other_reader(app: App, index: Index) -> None:
    behind_our_back(
        app,
        "UPDATE document_grant SET principal = 'user:eve' WHERE principal = 'group:field'",
        "UPDATE version_grant SET principal = 'user:eve' WHERE principal = 'group:field'",
    )


def other_words(app: App, index: Index) -> None:
    behind_our_back(
        app,
        "UPDATE chunk SET text = replace(text, 'pump', 'fan') WHERE document_id = 1",
        "UPDATE version SET text = replace(text, 'pump', 'fan') WHERE document_id = 1",
        'UPDATE chunk SET start = start - ordinal, "end" = "end" - ordinal - 1 WHERE document_id = 1',
    )


@pytest.mark.parametrize(
    ("damage", "named"),
    [
        (other_vector, ["vectors in the dense index are not the database's"]),
        (
            other_reader,
            [
                "readers in the dense index are not the database's",
                "readers in the lexical index are not the database's",
            ],
        ),
        (other_words, ["words of a chunk are missing in the lexical index"]),
    ],
)
def test_an_index_that_is_not_what_the_database_says_is_named_and_repaired(
    app: App, damage: Callable[[App, Index], None], named: list[str]
) -> None:
    with app.indexes.dense.index() as index, app.indexes.lexical.index():
        damage(app, index)
    assert [name for name in names(found(app)) if "index" in name] == named
    assert [name for name in names(found(app, repair=True)) if "index" in name] == []
    assert [name for name in names(found(app)) if "index" in name] == []


@pytest.mark.parametrize("name", ["dense", "lexical"])
def test_a_saved_index_that_was_damaged_is_named_while_another_serves(app: App, name: str) -> None:
    follower = app.indexes.followers()[name]
    [generation, *_] = sorted((app.settings.data_dir / "index" / follower.name).glob("gen-*"), reverse=True)
    file = next(path for path in generation.iterdir() if path.name != "manifest.json")
    content = bytearray(file.read_bytes())
    file.unlink()  # hard links of it stay as they were
    content[len(content) // 2] ^= 1
    file.write_bytes(bytes(content))
    [finding] = found(app)
    assert finding.name == f"the {name} index on the disk is not as it was written"
    assert found(app, repair=True) == []


def test_another_embedder_in_the_settings_is_named(app: App) -> None:
    [finding] = found(app, expected=Expected("fake@2", 32))
    assert finding.name == "the settings choose another embedder than the one in force"
    assert "vade index build" in finding.remedy


def test_workers_that_are_known_to_be_dead_are_named(app: App) -> None:
    behind_our_back(app, JOB.format(key="'fake:shelf/b.md'", owner="'ann'", until="'2099-01-01'"))
    chosen = app.indexes.models.chosen[FIRST].embedder
    assert names(found(app)) == []
    assert names(found(app, expected=Expected(chosen.model_id, chosen.dimension, {"ann"}))) == [
        "a job's worker is gone"
    ]
