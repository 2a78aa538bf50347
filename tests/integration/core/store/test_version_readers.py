"""Who reads which version of a document after its readers, its content and the gate have moved."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from fakes.version_desk import URI, Desk, file, version

from core.errors import ParseError
from core.store.documents.gating import confirm, promote, roll_back
from core.store.documents.members import PreparedMember, commit_members
from core.store.documents.reading import DocumentEntry, list_documents
from core.store.documents.writing import commit_failure, tombstone
from core.values.documents import GateState
from core.values.search import AccessScope


def of(*principals: str) -> AccessScope:
    return AccessScope(frozenset(principals))


@pytest.fixture
def desk(tmp_path: Path, database_url: str) -> Iterator[Desk]:
    desk = Desk(database_url or f"sqlite:///{tmp_path / 'truth.db'}")
    yield desk
    desk.database.close()


HR, OUTSIDER = of("group:hr", "public"), of("public")


def test_a_file_that_is_redacted_and_made_public_keeps_its_old_version_closed(desk: Desk) -> None:
    desk.list_("group:hr")
    desk.commit("salaries")
    desk.list_("public")
    assert desk.shown(OUTSIDER) == (set(), 0, 0), "the new content is not there yet"
    assert desk.reads(HR, 1)
    desk.commit("redacted")
    assert [desk.reads(OUTSIDER, number) for number in (1, 2)] == [False, True]
    assert [desk.reads(HR, number) for number in (1, 2)] == [True, True]
    assert desk.shown(OUTSIDER) == ({2}, 1, 1)


def test_a_later_widening_opens_the_version_in_force_only(desk: Desk) -> None:
    desk.list_("group:hr")
    for content in ("salaries", "redacted"):
        desk.list_("group:hr")
        desk.commit(content)
    desk.keep("group:hr", "group:field")
    assert [desk.reads(of("group:field"), number) for number in (1, 2)] == [False, True]


def test_a_narrowing_closes_every_version(desk: Desk) -> None:
    for content in ("salaries", "redacted"):
        desk.list_("public")
        desk.commit(content)
    desk.keep("group:hr")
    assert [desk.reads(OUTSIDER, number) for number in (1, 2)] == [False, False]
    assert [desk.reads(HR, number) for number in (1, 2)] == [True, True]


def test_who_lost_a_version_before_its_end_does_not_get_it_back_with_the_next_one(desk: Desk) -> None:
    desk.list_("group:hr", "group:field")
    desk.commit("salaries")
    desk.keep("group:hr")
    desk.list_("group:hr", "group:field")
    desk.commit("redacted")
    assert [desk.reads(of("group:field"), number) for number in (1, 2)] == [False, True]


def test_a_new_file_that_cannot_be_read_opens_the_old_one_to_no_one_new(desk: Desk) -> None:
    desk.list_("group:hr")
    desk.commit("salaries")
    desk.list_("public")
    with desk.database.writing() as session:
        commit_failure(session, file("torn"), "torn")
    desk.keep("public")
    assert desk.shown(OUTSIDER) == (set(), 0, 0)
    assert desk.shown(HR)[0] == {1}


def test_a_document_at_the_place_of_a_deleted_one_opens_none_of_its_versions(desk: Desk) -> None:
    desk.list_("group:hr")
    desk.commit("salaries")
    with desk.database.writing() as session:
        tombstone(session, 1)
    desk.list_("public")
    desk.commit("third")
    assert [desk.reads(OUTSIDER, number) for number in (1, 2)] == [False, True]


@pytest.mark.parametrize("rolled_back", [False, True])
def test_what_is_at_the_gate_is_read_by_no_one(desk: Desk, rolled_back: bool) -> None:
    desk.list_("public")
    desk.commit("salaries")
    desk.list_("public")
    desk.commit("redacted", hold=True)
    assert [desk.reads(OUTSIDER, number) for number in (1, 2)] == [True, False]
    with desk.database.writing() as session:
        promote(session, [GateState.WAITING])
        if rolled_back:
            roll_back(session)
    assert [desk.reads(OUTSIDER, number) for number in (1, 2)] == [rolled_back, not rolled_back]


def test_a_version_that_was_never_in_force_stays_closed(desk: Desk) -> None:
    desk.list_("public")
    desk.commit("salaries", hold=True)
    assert [entry.title for entry in listed(desk)] == ["pay.md"], "not the waiting version's title"
    desk.list_("public")
    desk.commit("redacted", hold=True)
    with desk.database.writing() as session:
        promote(session, [GateState.WAITING])
        confirm(session)
    assert [desk.reads(OUTSIDER, number) for number in (1, 2)] == [False, True]


def listed(desk: Desk) -> list[DocumentEntry]:
    with desk.database.reading() as session:
        return list_documents(session, OUTSIDER, 0, 9)


def test_a_file_inside_a_document_follows_the_documents_versions(desk: Desk) -> None:
    inner = f"{URI}!/a.md"

    def commit(content: str) -> None:
        desk.commit(content)
        with desk.database.writing() as session:
            commit_members(session, URI, [PreparedMember(file(content, inner), "a.md", version(content))])

    desk.list_("group:hr")
    commit("salaries")
    desk.list_("public")
    assert desk.shown(OUTSIDER) == (set(), 0, 0)
    commit("redacted")
    assert [desk.reads(OUTSIDER, number, inner) for number in (1, 2)] == [False, True]
    desk.keep("group:hr")
    assert not desk.reads(OUTSIDER, 2, inner)


def test_a_file_inside_that_cannot_be_read_any_more_is_not_opened(desk: Desk) -> None:
    inner = f"{URI}!/a.md"
    desk.list_("group:hr")
    desk.commit("salaries")
    broken = PreparedMember(file("torn", inner), "a.md", ParseError("torn"))
    with desk.database.writing() as session:
        commit_members(session, URI, [PreparedMember(file("salaries", inner), "a.md", version("salaries"))])
    desk.list_("public")
    desk.commit("redacted")
    with desk.database.writing() as session:
        commit_members(session, URI, [broken])
    assert not desk.reads(OUTSIDER, 1, inner)
    assert desk.reads(HR, 1, inner)
