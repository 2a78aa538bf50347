"""Each change of grants touches the document and the versions that it is for, and no others."""

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from core.store.database import Database
from core.store.grants import (
    confirm_version_readers,
    drop_version_readers,
    grant_version,
    narrow_version_readers,
    readers_of,
    replace_readers,
    unconfirmed,
    version_readers,
)
from core.store.tables import (
    LIVE,
    DocumentTable,
    GrantTable,
    SourceTable,
    VersionGrantTable,
    VersionTable,
)
from core.values.documents import GateState

NOW = datetime.now(UTC)
HR, ANN, FIELD, PUBLIC = "group:hr", "user:ann", "group:field", "public"
# Documents by id: their present content and their readers.
DOCUMENTS = {1: ("new", {HR, ANN}), 2: ("other", {PUBLIC}), 3: ("none", set[str]())}
# Versions by id: document, content, whether it is live, gate state, readers.
VERSIONS = {
    11: (1, "old", False, GateState.PLAIN, {HR, FIELD}),
    12: (1, "new", True, GateState.PLAIN, {HR}),
    13: (1, "next", False, GateState.WAITING, {HR, ANN}),
    14: (1, "new", False, GateState.PLAIN, {FIELD}),
    21: (2, "other", True, GateState.PLAIN, {PUBLIC}),
    31: (3, "none", True, GateState.PLAIN, {PUBLIC}),
}


@pytest.fixture
def session(tmp_path: Path) -> Iterator[Session]:
    database = Database(f"sqlite:///{tmp_path / 'truth.db'}")
    database.migrate()
    with database.writing() as session:
        session.add(
            SourceTable(id=1, uri="s", kind="", config="{}", cursor="", scheduled=False, created_at=NOW)
        )
        session.flush()
        for key, (content, readers) in DOCUMENTS.items():
            session.add(
                DocumentTable(
                    id=key, source_id=1, uri=str(key), title="", media_type="", size_bytes=0,
                    state="searchable", reason="", content_sha256=content, stamp="", pipeline="",
                    created_at=NOW, updated_at=NOW,
                )
            )  # fmt: skip
            session.flush()
            session.add_all(GrantTable(document_id=key, principal=one) for one in readers)
        for key, (document, content, live, gate, readers) in VERSIONS.items():
            session.add(
                VersionTable(
                    id=key, document_id=document, number=key, content_sha256=content, title="", text="",
                    created_at=NOW, tombstoned_at=None if live else NOW, gate_state=gate,
                )
            )  # fmt: skip
            session.flush()
            session.add_all(VersionGrantTable(version_id=key, principal=one) for one in readers)
        session.flush()
        yield session
    database.close()


def documents(session: Session) -> dict[int, set[str]]:
    return {key: set(readers_of(session, [key]).get(key, ())) for key in DOCUMENTS}


def versions(session: Session) -> dict[int, set[str]]:
    rows = session.execute(select(VersionGrantTable.version_id, VersionGrantTable.principal))
    found: dict[int, set[str]] = {key: set() for key in VERSIONS}
    for version, reader in rows:
        found[version].add(reader)
    return found


GIVEN = {key: readers for key, (_, readers) in DOCUMENTS.items()}
GRANTED = {key: readers for key, (*_, readers) in VERSIONS.items()}


def test_readers_are_those_of_the_documents_asked_for(session: Session) -> None:
    assert readers_of(session, [1, 3]) == {1: frozenset({HR, ANN})}
    assert readers_of(session, select(DocumentTable.id).where(DocumentTable.uri == "2")) == {
        2: frozenset({PUBLIC})
    }
    assert readers_of(session, []) == {}


def test_readers_of_a_version_are_its_own_and_its_documents(session: Session) -> None:
    assert version_readers(session, [1], LIVE) == {12: frozenset({HR})}
    assert version_readers(session, [1], ~LIVE) == {
        11: frozenset({HR}),
        13: frozenset({HR, ANN}),
        14: frozenset(),
    }
    assert version_readers(session, [2, 3], LIVE) == {21: frozenset({PUBLIC}), 31: frozenset()}


@pytest.mark.parametrize("readers", [{PUBLIC}, {HR}, {HR, ANN, FIELD}, set()])
def test_replacing_readers_changes_one_document_and_no_version(session: Session, readers: set[str]) -> None:
    assert replace_readers(session, 1, frozenset(readers))
    assert (documents(session), versions(session)) == ({**GIVEN, 1: readers}, GRANTED)


def test_replacing_readers_by_the_same_is_no_change(session: Session) -> None:
    assert not replace_readers(session, 1, frozenset({ANN, HR}))
    assert not replace_readers(session, 3, frozenset())
    assert documents(session) == GIVEN


def test_granting_a_version_gives_it_its_documents_readers(session: Session) -> None:
    drop_version_readers(session, VersionTable.id == 11)
    assert versions(session) == {**GRANTED, 11: set()}
    grant_version(session, 1, 11)
    assert versions(session) == {**GRANTED, 11: {HR, ANN}}


@pytest.mark.parametrize(
    ("readers", "narrowed"),
    [
        ({ANN}, {12: set(), 13: {ANN}}),
        ({HR}, {13: {HR}}),
        ({PUBLIC}, {}),
        (set(), {12: set(), 13: set()}),
    ],
)
def test_narrowing_takes_only_what_is_in_force_or_at_the_gate(
    session: Session, readers: set[str], narrowed: dict[int, set[str]]
) -> None:
    narrow_version_readers(session, 1, frozenset(readers))
    assert (documents(session), versions(session)) == (GIVEN, {**GRANTED, **narrowed})


def test_confirming_opens_only_the_version_with_the_present_content(session: Session) -> None:
    assert confirm_version_readers(session, 1)
    assert versions(session) == {**GRANTED, 12: {HR, ANN}}
    assert not confirm_version_readers(session, 1)
    assert not confirm_version_readers(session, 2)
    assert confirm_version_readers(session, 3)
    assert versions(session) == {**GRANTED, 12: {HR, ANN}, 31: set()}


def test_confirming_a_content_that_no_version_has_changes_nothing(session: Session) -> None:
    drop_version_readers(session, VersionTable.id == 12)
    document = session.get(DocumentTable, 1)
    assert document is not None
    document.content_sha256 = "newer"
    session.flush()
    assert not confirm_version_readers(session, 1)
    assert versions(session) == {**GRANTED, 12: set()}


def test_unconfirmed_documents_lack_a_reader_of_their_present_content(session: Session) -> None:
    assert set(session.scalars(unconfirmed())) == {1}
    confirm_version_readers(session, 1)
    drop_version_readers(session, VersionTable.id == 13)
    assert set(session.scalars(unconfirmed())) == set(), "other contents and old versions do not count"
    replace_readers(session, 2, frozenset({PUBLIC, ANN}))
    assert set(session.scalars(unconfirmed())) == {2}


def test_dropping_closes_the_versions_that_all_conditions_name(session: Session) -> None:
    drop_version_readers(session, VersionTable.document_id == 1, ~LIVE)
    assert versions(session) == {**GRANTED, 11: set(), 13: set(), 14: set()}
