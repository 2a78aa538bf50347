"""Each condition of reading by itself: the grant, the age of the permissions, the name that is asked for."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from fakes.version_desk import URI, Desk, file
from sqlalchemy import select, update

from core.errors import NotFoundError
from core.store.documents.reading import find_document_id, is_readable, placed, read_document, read_passages
from core.store.documents.writing import PreparedVersion, commit_version, find_document
from core.store.grants import replace_readers, unconfirmed
from core.store.tables import ChunkTable, SourceTable
from core.values.documents import BlockKind, Chunk, Page, ParsedDocument
from core.values.search import AccessScope, Hit

HR, OUTSIDER = AccessScope(frozenset({"group:hr"})), AccessScope(frozenset({"public"}))
NOTHING: tuple[set[int], int, int] = (set(), 0, 0)


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    desk = Desk(f"sqlite:///{tmp_path / 'truth.db'}")
    desk.list_("group:hr")
    desk.commit("salaries")
    yield desk
    desk.database.close()


def expire(desk: Desk, source: int, seconds: float) -> None:
    until = datetime.now(UTC) + timedelta(seconds=seconds)
    with desk.database.writing() as session:
        session.execute(update(SourceTable).where(SourceTable.id == source).values(readers_until=until))


def test_a_document_is_found_read_and_counted_by_its_readers_alone(desk: Desk) -> None:
    assert (desk.shown(HR), desk.shown(OUTSIDER), desk.shown(AccessScope(frozenset()))) == (
        ({1}, 1, 1),
        NOTHING,
        NOTHING,
    )
    with desk.database.reading() as session:
        number = find_document_id(session, HR, URI)
        assert number is not None
        assert read_document(session, HR, number).uri == URI
        assert find_document_id(session, OUTSIDER, URI) is None
        with pytest.raises(NotFoundError):
            read_document(session, OUTSIDER, number)


@pytest.mark.parametrize(
    ("name", "found"),
    [("pay.md", True), (URI, True), ("y.md", False), ("shelf/pay.md", False), ("pay", False), ("", False)],
)
def test_a_document_is_readable_by_its_whole_name_or_its_last_part(
    desk: Desk, name: str, found: bool
) -> None:
    with desk.database.reading() as session:
        assert is_readable(session, HR, name) is found
        assert is_readable(session, OUTSIDER, name) is False


def test_permissions_that_are_too_old_close_their_source_to_all_and_no_other(desk: Desk) -> None:
    expire(desk, desk.source, 60)
    assert desk.shown(HR) == ({1}, 1, 1)
    with desk.database.writing() as session:
        other = SourceTable(
            uri="fake:other", kind="", config="{}", cursor="", scheduled=False, created_at=datetime.now(UTC)
        )
        session.add(other)
        session.flush()
        other_id = other.id
    expire(desk, other_id, -60)
    assert desk.shown(HR) == ({1}, 1, 1)
    expire(desk, desk.source, -60)
    assert (desk.shown(HR), desk.reads(HR, 1)) == (NOTHING, False)


def test_content_is_unconfirmed_until_it_is_granted_to_each_reader(desk: Desk) -> None:
    def found() -> list[int]:
        with desk.database.reading() as session:
            return list(session.scalars(unconfirmed()))

    assert found() == []
    desk.list_("group:hr", "public")
    with desk.database.reading() as session:
        document = find_document(session, URI)
        assert document is not None
        assert found() == [document.id]
    desk.keep("group:hr", "public")
    assert found() == []


def test_who_was_left_out_of_one_listing_does_not_get_the_version_back(desk: Desk) -> None:
    desk.keep("group:hr", "public")
    assert desk.reads(OUTSIDER, 1)
    desk.list_("group:hr")  # the content may be another one now, so nothing is confirmed
    desk.list_("group:hr", "public")
    assert (desk.reads(OUTSIDER, 1), desk.reads(HR, 1)) == (False, True)


def test_readers_are_replaced_only_if_they_are_others(desk: Desk) -> None:
    with desk.database.writing() as session:
        document = find_document(session, URI)
        assert document is not None
        assert replace_readers(session, document.id, frozenset({"group:hr"})) is False
        assert replace_readers(session, document.id, frozenset({"public"})) is True
        assert replace_readers(session, document.id, frozenset()) is True
        assert replace_readers(session, document.id, frozenset()) is False


def test_a_passage_stands_on_each_page_that_it_touches_for_who_may_read_it(desk: Desk) -> None:
    text = "First page. Second one. The third."
    pages = tuple(
        Page(number=number, start=start, end=end)
        for number, start, end in ((1, 0, 12), (2, 12, 24), (3, 24, len(text)))
    )
    chunk = Chunk(ordinal=0, kind=BlockKind.PARAGRAPH, start=6, end=20, text=text[6:20], page=1)
    parsed = ParsedDocument(title="Pages", text=text, blocks=(), pages=pages)
    new = PreparedVersion(parsed=parsed, chunks=[chunk], vectors={"m": [b"\0\0\x80?"]})
    desk.list_("group:hr")
    with desk.database.writing() as session:
        commit_version(session, file("paged"), new, hold=False)
    with desk.database.reading() as session:
        hits = [Hit(chunk_id, 1.0) for chunk_id in session.scalars(select(ChunkTable.id))]
        read = read_passages(session, hits, HR)
        assert [one.pages for one in read] == [((6, 1),)]
        assert [one.pages for one in placed(session, read, HR, 0)] == [((0, 1), (12, 2))]
        assert placed(session, read, OUTSIDER, 0) == read, "who may not read it learns nothing more of it"
    expire(desk, desk.source, -60)
    with desk.database.reading() as session:
        assert placed(session, read, HR, 0) == read
