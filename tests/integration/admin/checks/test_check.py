import sqlite3
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from fakes.application import make_app
from fakes.containers import packed
from fakes.entries import entry
from fakes.source import FakeSource

from admin.checks.check import CheckReport, check
from api.app import App
from core.values.search import IndexEntry
from retrieval.index import Index

WRITTEN = {
    "a searchable document has no live version": "UPDATE version SET tombstoned_at = created_at",
    "a deleted document still has chunks": "UPDATE document SET state = 'deleted'",
    "a chunk belongs to a version that is not live": "UPDATE version SET tombstoned_at = created_at",
    "a chunk has no embedding of the model in force": "UPDATE embedding SET model_id = 'another@1'",
    "a chunk's text is not its version's text at its offsets": "UPDATE chunk SET start = start + 1",
    "a file inside a document outlives it": "UPDATE document SET state = 'deleted' WHERE uri LIKE '%.zip'",
    "a file inside a document has other readers than the document": (
        "UPDATE document_grant SET principal = 'user:ann' WHERE document_id ="
        " (SELECT id FROM document WHERE uri LIKE '%.zip!/%')"
    ),
    "references": "DELETE FROM document",
}


@pytest.fixture
def app(tmp_path: Path) -> Iterator[App]:
    app = make_app(tmp_path)
    source = FakeSource()
    source.put("a.md", "The pump runs.")
    source.put("b.md", "The valve leaks.")
    source.put("c.zip", packed({"d.md": "Grease the pump."}))
    app.ingestion.ingest(source)
    yield app
    app.close()


def checked(app: App, repair: bool = False) -> CheckReport:
    return check(app.database, app.indexes, repair)


def names(report: CheckReport) -> list[str]:
    return [finding.name for finding in report.findings]


def behind_our_back(app: App, statement: str) -> None:
    """Change the database as no part of the program does."""
    connection = sqlite3.connect(app.settings.data_dir / "truth.db")
    connection.execute(statement)
    connection.commit()
    connection.close()


def test_nothing_is_found_where_all_agree(app: App) -> None:
    assert checked(app) == CheckReport(documents=4, versions=4, chunks=4, findings=())


@pytest.mark.parametrize(("name", "statement"), WRITTEN.items(), ids=WRITTEN)
def test_each_rule_of_the_truth_is_named_with_its_remedy(app: App, name: str, statement: str) -> None:
    behind_our_back(app, statement)
    [finding] = [finding for finding in checked(app).findings if finding.name == name]
    assert finding.detail
    assert finding.remedy in {"ingest its source again", "restore a backup", "run vade index build"}


def lose(index: Index, held: list[IndexEntry]) -> None:
    index.replace({1}, [])


def invent(index: Index, held: list[IndexEntry]) -> None:
    index.replace({99}, held)


def repeat(index: Index, held: list[IndexEntry]) -> None:
    index.replace({99}, held)
    index.replace(set(), held)


@pytest.mark.parametrize(
    ("damage", "detail"),
    [
        (lose, "1 chunks missing, 0 too many, 0 twice"),
        (invent, "0 chunks missing, 1 too many, 0 twice"),
        (repeat, "0 chunks missing, 1 too many, 1 twice"),
    ],
)
def test_an_index_that_differs_is_named_and_repaired(
    app: App, damage: Callable[[Index, list[IndexEntry]], None], detail: str
) -> None:
    extra = [entry(999, "In no document", "public", document_id=99, dimension=app.indexes.embedder.dimension)]
    for follower in (app.indexes.dense, app.indexes.lexical):
        with follower.index() as index:
            damage(index, extra)
    report = checked(app)
    assert names(report) == [
        "the dense index differs from the database",
        "the lexical index differs from the database",
    ]
    assert {finding.detail for finding in report.findings} == {detail}
    assert {finding.remedy for finding in report.findings} == {"run vade check --repair"}
    assert names(checked(app, repair=True)) == []
    assert names(checked(app)) == []


def test_a_repair_lasts(app: App, tmp_path: Path) -> None:
    with app.indexes.dense.index() as index:
        index.replace({1}, [])
    checked(app, repair=True)
    app.close()
    again = make_app(tmp_path)
    assert names(checked(again)) == []
    again.close()


def test_an_index_cannot_repair_the_truth(app: App) -> None:
    behind_our_back(app, WRITTEN["a deleted document still has chunks"])
    assert "a deleted document still has chunks" in names(checked(app, repair=True))
