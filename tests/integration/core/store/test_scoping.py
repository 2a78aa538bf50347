"""The conditions of reading, each against every document and version that it could mix up."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import ColumnElement, select

from core.store.database import Database
from core.store.documents.scoping import readable, version_granted, version_readable
from core.store.tables import DocumentTable, GrantTable, SourceTable, VersionGrantTable, VersionTable
from core.values.documents import GateState
from core.values.search import AccessScope

NOW = datetime.now(UTC)
HOUR = timedelta(hours=1)
# Each document has its name as a reader, as a group, beside the readers that are given here.
DOCUMENTS = {
    "open": ("shelf", {"public"}),
    "hr": ("shelf", {"group:hr", "user:ann"}),
    "closed": ("shelf", set[str]()),
    "fresh": ("fresh", {"public"}),
    "stale": ("stale", {"public"}),
}
SOURCES = {"shelf": None, "fresh": NOW + HOUR, "stale": NOW - HOUR}
# Versions of `open`: whether they are live, their gate state and their readers.
VERSIONS = {
    1: (False, GateState.PLAIN, {"group:hr"}),
    2: (False, GateState.PLAIN, {"public"}),
    3: (False, GateState.WAITING, {"public"}),
    4: (False, GateState.WITHDRAWN, {"public"}),
    5: (False, GateState.FORMER, {"public"}),
    6: (False, GateState.PLAIN, set[str]()),
    7: (True, GateState.PROMOTED, {"public"}),
}


@pytest.fixture(scope="module")
def database(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Database]:
    database = Database(f"sqlite:///{tmp_path_factory.mktemp('data') / 'truth.db'}")
    database.migrate()
    with database.writing() as session:
        for name, until in SOURCES.items():
            session.add(
                SourceTable(
                    uri=name,
                    kind="",
                    config="{}",
                    cursor="",
                    scheduled=False,
                    created_at=NOW,
                    readers_until=until,
                )
            )
        session.flush()
        sources = {source.uri: source.id for source in session.scalars(select(SourceTable))}
        for name, (source, readers) in DOCUMENTS.items():
            row = DocumentTable(
                source_id=sources[source], uri=name, title="", media_type="", size_bytes=0,
                state="searchable", reason="", content_sha256="", stamp="", pipeline="",
                created_at=NOW, updated_at=NOW,
            )  # fmt: skip
            session.add(row)
            session.flush()
            session.add_all(GrantTable(document_id=row.id, principal=one) for one in readers)
        opened = session.scalars(select(DocumentTable.id).where(DocumentTable.uri == "open")).one()
        for number, (live, gate, readers) in VERSIONS.items():
            version = VersionTable(
                document_id=opened, number=number, content_sha256="", title="", text="", created_at=NOW,
                tombstoned_at=None if live else NOW, gate_state=gate,
            )  # fmt: skip
            session.add(version)
            session.flush()
            session.add_all(VersionGrantTable(version_id=version.id, principal=one) for one in readers)
    yield database
    database.close()


def of(*principals: str) -> AccessScope:
    return AccessScope(frozenset(principals))


def documents(database: Database, condition: ColumnElement[bool]) -> set[str]:
    with database.reading() as session:
        return set(session.scalars(select(DocumentTable.uri).where(condition)))


def versions(database: Database, condition: ColumnElement[bool]) -> set[int]:
    with database.reading() as session:
        return set(session.scalars(select(VersionTable.number).where(condition)))


@pytest.mark.parametrize(
    ("scope", "expected"),
    [
        (of("public"), {"open", "fresh"}),
        (of("group:hr"), {"hr"}),
        (of("user:ann"), {"hr"}),
        (of("public", "group:hr"), {"open", "fresh", "hr"}),
        (of("user:bo", "group:field"), set()),
        (of(), set()),
    ],
)
def test_document_is_readable_by_its_own_grant_until_its_own_source_expires(
    database: Database, scope: AccessScope, expected: set[str]
) -> None:
    assert documents(database, readable(scope)) == expected


@pytest.mark.parametrize(
    ("scope", "granted", "read"),
    [
        (of("public"), {2, 3, 4, 5, 7}, {2, 7}),
        (of("group:hr"), {1}, {1}),
        (of("public", "group:hr"), {1, 2, 3, 4, 5, 7}, {1, 2, 7}),
        (of("user:ann"), set(), set()),
        (of(), set(), set()),
    ],
)
def test_version_is_readable_by_its_own_grant_unless_it_is_at_the_gate(
    database: Database, scope: AccessScope, granted: set[int], read: set[int]
) -> None:
    assert versions(database, version_granted(scope)) == granted
    assert versions(database, version_readable(scope)) == read
