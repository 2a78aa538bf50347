"""Search over the real indexes: the scope is part of it, and the database has the last word."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from fakes.application import make_app
from fakes.embedder import FakeEmbedder
from fakes.source import FakeSource
from sqlalchemy import Delete, Update, delete, select, update

from api.app import App
from core.permissions import scope_of
from core.store.tables import ChunkTable, DocumentTable, GrantTable, VersionTable
from core.values.documents import DocumentState
from core.values.search import AccessScope

NOBODY = AccessScope(frozenset())


class Library:
    """An application and the shelf that it has read."""

    def __init__(self, folder: Path) -> None:
        self.embedder = FakeEmbedder()
        self.app: App = make_app(folder, self.embedder)
        self.source = FakeSource()

    def put(self, name: str, text: str, *principals: str) -> None:
        self.source.put(name, text, *principals)
        self.app.ingestion.ingest(self.source)

    def find(self, question: str, scope: AccessScope | None = None, limit: int = 50) -> list[str]:
        """Return the names of the documents found, best first."""
        passages = self.app.searcher.search(question, scope or scope_of(None), limit).passages
        return [passage.uri.rsplit("/", 1)[-1] for passage in passages]


@pytest.fixture
def library(tmp_path: Path) -> Iterator[Library]:
    library = Library(tmp_path)
    yield library
    library.app.close()


def test_users_find_all_that_they_may_read_and_nothing_else(library: Library) -> None:
    library.source.put("all.md", "The pump runs.", "public")
    library.source.put("ann.md", "The pump of Ann.", "user:ann")
    library.source.put("field.md", "The pump code is 7319.", "group:field")
    library.put("both.md", "The pump of two.", "user:bob", "group:field")
    for scope, expected in (
        (scope_of(None), {"all.md"}),
        (scope_of("ann"), {"all.md", "ann.md"}),
        (scope_of("bob"), {"all.md", "both.md"}),
        (scope_of("ann", ("field",)), {"all.md", "ann.md", "field.md", "both.md"}),
        (scope_of("field"), {"all.md"}),  # a user called like the group
    ):
        assert set(library.find("pump", scope)) == expected
        assert set(library.find("7319", scope)) == expected


def test_an_empty_scope_finds_nothing(library: Library) -> None:
    library.put("a.md", "The pump runs.", "public")
    assert library.find("pump", NOBODY) == []


def test_a_document_without_readers_is_never_found(library: Library) -> None:
    library.put("a.md", "The pump runs.", "user:ann")
    with library.app.database.writing() as session:
        session.execute(delete(GrantTable))
    for scope in (scope_of("ann"), scope_of(None), NOBODY):
        assert library.find("pump", scope) == []


@pytest.mark.parametrize(
    "unlogged",
    [
        delete(GrantTable),
        update(GrantTable).values(principal="group:others"),
        update(DocumentTable).values(state=DocumentState.DELETED),
        update(VersionTable).values(tombstoned_at=VersionTable.created_at),
        delete(ChunkTable),
    ],
    ids=["revoked", "given to others", "deleted", "tombstoned", "chunks gone"],
)
def test_what_a_stale_index_still_holds_never_comes_out(library: Library, unlogged: Delete | Update) -> None:
    library.put("a.md", "The pump runs.", "public")
    assert library.find("pump") == ["a.md"]
    with library.app.database.writing() as session:
        session.execute(unlogged)  # no row in the change log: no index hears of it
    assert library.app.searcher.hits("pump", scope_of(None)), "the indexes still hold it"
    assert library.find("pump") == []
    answer = library.app.answerer.answer("How does the pump run?", scope_of(None))
    assert (answer.refused, answer.found) == (True, ())


def test_hits_that_a_stale_index_invents_do_not_crowd_out_good_ones(library: Library) -> None:
    for number in range(10):
        library.source.put(f"gone-{number}.md", "The pump runs fast.")
    library.put("kept.md", "A pump.")
    with library.app.database.writing() as session:
        gone = select(DocumentTable.id).where(DocumentTable.uri.contains("gone"))
        session.execute(delete(GrantTable).where(GrantTable.document_id.in_(gone)))
    assert library.find("The pump runs fast", limit=1) == ["kept.md"]


def test_a_change_is_found_at_once_without_any_save(library: Library) -> None:
    library.put("a.md", "The pump runs.", "public")
    library.source.put("a.md", "The valve leaks.", "user:ann")
    library.app.pipeline.ingest(library.source)
    assert library.find("pump") == []
    assert library.app.searcher.search("valve", scope_of("ann"), 1).passages[0].text == "The valve leaks."


def test_an_identifier_is_distinguished_from_similar_ones(library: Library) -> None:
    for number in range(40, 50):
        library.source.put(f"E-{number}.md", f"Fault E-{number} stops the filler. Call the shift leader.")
    library.put("E-50.md", "Fault E-50 stops the filler. Call the shift leader.")
    assert library.find("What does E-43 mean?")[0] == "E-43.md"
    assert library.find("e-47")[0] == "E-47.md"


def test_an_unknown_name_is_refused_and_near_ones_are_offered_as_such(library: Library) -> None:
    for number in range(4711, 4715):
        library.source.put(f"E-{number}.md", f"Fault E-{number} stops the filler. Call the shift leader.")
    library.put("secret.md", "Fault E-4719 stops the press.", "user:ann")
    answer = library.app.answerer.answer("What does fault E-4710 mean?", scope_of(None))
    assert (answer.refused, answer.sentences) == (True, ())
    assert answer.near == ("E-4711", "E-4712", "E-4713", "E-4714")
    assert "mentions E-4710" in answer.reason
    assert [citation.uri.rsplit("/", 1)[-1] for citation in answer.found] == [
        f"E-{number}.md" for number in (4711, 4712, 4713)
    ]
    assert "E-4711" in answer.reason
    assert "E-4719" not in f"{answer}", "what the asker may not read is not offered either"
    assert "E-4719" in library.app.answerer.answer("What does E-4710 mean?", scope_of("ann")).near


def test_a_name_is_meant_in_full(library: Library) -> None:
    library.source.put("sky.md", "fpv_tip_0x1609009D_in_the_sky: Battery too hot. Land promptly.")
    library.put("other.md", "dock_tip_0x1609009D: Battery too hot. Open the cover.")
    answer = library.app.answerer.answer("What does fpv_tip_0x1609009D mean?", scope_of(None))
    assert answer.refused
    assert answer.near == ("dock_tip_0x1609009D", "fpv_tip_0x1609009D_in_the_sky")
    library.put("ground.md", "fpv_tip_0x1609009D: Battery too hot. Do not take off.")
    assert library.find("What does fpv_tip_0x1609009D mean? Land promptly?")[0] == "ground.md"
    answer = library.app.answerer.answer("What does fpv_tip_0x1609009D mean?", scope_of(None))
    assert {citation.uri.rsplit("/", 1)[-1] for citation in answer.citations} == {"ground.md"}


def test_what_is_quoted_comes_first(library: Library) -> None:
    filler = "The pump log of the pump shows pump errors, time out errors and no reply errors. "
    library.source.put("a.md", filler * 3)
    library.put("b.md", "If the log shows the words Error: no reply from pump, call us. Time goes on.")
    question = 'The pump log shows "error: no reply from pump" errors'
    assert library.find(question)[0] == "b.md"


def test_chinese_is_found_by_its_words_where_the_embedder_cannot_read_it(library: Library) -> None:
    library.source.put("泵.md", "润滑泵每四百小时加注润滑脂。")
    library.put("阀.md", "阀门泄漏时关闭进水口。")
    library.embedder.texts.clear()
    assert library.find("润滑泵多久加注一次？")[0] == "泵.md"
    assert library.embedder.texts == []


def test_a_passage_says_how_like_the_question_it_was_found(library: Library) -> None:
    library.source.put("泵.md", "润滑泵每四百小时加注润滑脂。")
    library.put("a.md", "The pump runs fast.")
    [found] = library.app.searcher.search("The pump runs fast", scope_of(None), 1).passages
    assert found.likeness is not None
    assert found.likeness > 0.5
    [by_words] = library.app.searcher.search("润滑泵多久加注一次？", scope_of(None), 1).passages
    assert by_words.likeness is None


def test_a_passage_is_widened_by_its_neighbours_and_says_where_the_chunk_stands(library: Library) -> None:
    filler = "The operator checks the gauge and writes the value down. "
    text = f"{filler * 14}\n\nThe override code is Z-99.\n\n{filler * 14}"
    library.put("a.md", text)
    [plain, *_] = library.app.searcher.search("Z-99", scope_of(None), 1).passages
    [wide, *_] = library.app.searcher.search("Z-99", scope_of(None), 1, reach=1).passages
    assert plain.text == plain.chunk_text == wide.chunk_text
    assert len(wide.text) > len(plain.text)
    assert wide.start <= plain.start < plain.end <= wide.end


def test_a_row_is_not_widened(library: Library) -> None:
    library.put("valves.csv", "Valve,Torque\nV-11,18 N·m\nV-12,24 N·m\nV-13,30 N·m\n")
    [passage] = library.app.searcher.search("V-12", scope_of(None), 1, reach=1).passages
    assert passage.text == "V-12 | 24 N·m"
