import sqlite3
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
import sqlalchemy as sa
from alembic.autogenerate import compare_metadata
from alembic.command import upgrade
from alembic.runtime.migration import MigrationContext
from fakes.servers.postgresql import PostgresServer
from sqlalchemy import select, text
from sqlalchemy.exc import IntegrityError

from core.errors import InputError, SchemaError, SettingsError, StorageError
from core.store.database import Database, _alembic_config
from core.store.embedders import FIRST, IN_FORCE, embedders_at
from core.store.tables import Base, GrantTable, JobTable, SourceTable

NOW = datetime.now(UTC)


def open_database(folder: Path) -> Database:
    return Database(f"sqlite:///{folder / 'truth.db'}", busy_seconds=0.1)


@pytest.fixture
def on_file(tmp_path: Path) -> Iterator[Database]:
    database = open_database(tmp_path)
    database.migrate()
    yield database
    database.close()


@pytest.fixture
def database(tmp_path: Path, database_url: str) -> Iterator[Database]:
    database = Database(database_url, busy_seconds=0.1) if database_url else open_database(tmp_path)
    database.migrate()
    yield database
    database.close()


@pytest.fixture(params=["sqlite", "postgresql"])
def bare(tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[Database]:
    """A database without tables."""
    if request.param == "sqlite":
        database = open_database(tmp_path)
    else:
        server: PostgresServer = request.getfixturevalue("postgresql")
        database = Database(server.new_database())
    yield database
    database.close()


def new_source(uri: str) -> SourceTable:
    return SourceTable(uri=uri, kind="", config="{}", cursor="", scheduled=False, created_at=NOW)


def add_source(database: Database, uri: str) -> None:
    with database.writing() as session:
        session.add(new_source(uri))


def sources(database: Database) -> list[str]:
    with database.reading() as session:
        return list(session.scalars(select(SourceTable.uri).order_by(SourceTable.id)))


@pytest.mark.parametrize(
    ("pragma", "value"),
    [("journal_mode", "wal"), ("foreign_keys", 1), ("synchronous", 2), ("quick_check", "ok")],
)
def test_sqlite_is_set_up_to_lose_nothing(on_file: Database, pragma: str, value: object) -> None:
    with on_file.reading() as session:
        assert session.execute(text(f"PRAGMA {pragma}")).scalar_one() == value


def test_the_migrations_make_exactly_the_tables(database: Database) -> None:
    with database.engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        assert compare_metadata(context, Base.metadata) == []


def test_migrating_again_changes_nothing(database: Database) -> None:
    add_source(database, "a")
    again = Database(database.engine.url.render_as_string(hide_password=False))
    again.migrate()
    assert sources(again) == ["a"]
    again.close()


def test_a_database_of_an_older_program_keeps_what_it_holds(bare: Database) -> None:
    with bare.engine.execution_options(vade_writing=True).begin() as connection:
        config = _alembic_config()
        config.attributes["connection"] = connection
        upgrade(config, "0001")
        connection.execute(text(f"INSERT INTO source (uri, created_at) VALUES ('folder:a', '{NOW}')"))
        table = sa.Table("document", sa.MetaData(), autoload_with=connection)
        of_kind = {int: 1, str: "1", datetime: NOW}
        values = {column.name: of_kind[column.type.python_type] for column in table.columns}
        connection.execute(table.insert().values(values))
    bare.migrate()
    assert sources(bare) == ["folder:a"]
    with bare.reading() as session:
        assert session.execute(text("SELECT count(*) FROM document")).scalar_one() == 1


def test_old_versions_of_an_older_program_are_closed_and_those_in_force_stay_open(bare: Database) -> None:
    with bare.engine.execution_options(vade_writing=True).begin() as connection:
        config = _alembic_config()
        config.attributes["connection"] = connection
        upgrade(config, "0010")
        source = "INSERT INTO source (id, uri, kind, config, cursor, scheduled, created_at) VALUES"
        connection.execute(text(f"{source} (1, 'a', '', '', '', false, '{NOW}')"))
        connection.execute(
            text(
                "INSERT INTO document (id, source_id, uri, title, media_type, size_bytes, state, reason,"
                " content_sha256, stamp, pipeline, created_at, updated_at)"
                f" VALUES (1, 1, 'a/b', '', '', 1, 'searchable', '', '', '', '', '{NOW}', '{NOW}')"
            )
        )
        for number, ended, gate in ((1, f"'{NOW}'", "plain"), (2, f"'{NOW}'", "former"),
                                    (3, f"'{NOW}'", "waiting"), (4, "NULL", "promoted")):  # fmt: skip
            connection.execute(
                text(
                    "INSERT INTO version (id, document_id, number, content_sha256, title, text, created_at,"
                    " tombstoned_at, gate_state)"
                    f" VALUES ({number}, 1, {number}, '', '', '', '{NOW}', {ended}, '{gate}')"
                )
            )
        for principal in ("public", "group:hr"):
            connection.execute(text(f"INSERT INTO document_grant VALUES (1, '{principal}')"))
    bare.migrate()
    with bare.reading() as session:
        rows = session.execute(text("SELECT version_id, principal FROM version_grant ORDER BY 1, 2")).all()
    assert [tuple(row) for row in rows] == [
        (3, "group:hr"), (3, "public"), (4, "group:hr"), (4, "public"),
    ]  # fmt: skip


def test_embedder_in_force_in_an_older_program_is_the_first_leg(bare: Database) -> None:
    with bare.engine.execution_options(vade_writing=True).begin() as connection:
        config = _alembic_config()
        config.attributes["connection"] = connection
        upgrade(config, "0013")
        row = f"('in_force', 'minilm@1', 384, '{{}}', '{NOW}')"
        connection.execute(
            text(f"INSERT INTO embedder (role, model_id, dimension, config, since) VALUES {row}")
        )
    bare.migrate()
    with bare.reading() as session:
        entries = embedders_at(session, IN_FORCE)
    assert [(leg, one.model_id, one.languages) for leg, one in entries.items()] == [
        (FIRST, "minilm@1", frozenset())
    ]


def test_a_database_of_a_newer_program_is_refused(bare: Database) -> None:
    bare.migrate()
    with bare.writing() as session:
        session.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    with pytest.raises(SchemaError, match="newer Vademecum"):
        bare.migrate()


def test_a_row_that_refers_to_nothing_is_refused(database: Database) -> None:
    with pytest.raises(IntegrityError), database.writing() as session:
        session.add(GrantTable(document_id=1, principal="public"))


def test_a_transaction_is_committed_whole_or_not_at_all(database: Database) -> None:
    add_source(database, "kept")
    with pytest.raises(IntegrityError), database.writing() as session:
        session.add_all(new_source(uri) for uri in ("new", "kept"))
    assert sources(database) == ["kept"]


def test_a_reader_neither_waits_for_a_writer_nor_sees_half_of_its_work(database: Database) -> None:
    with database.writing() as session:
        session.add(new_source("a"))
        session.flush()
        assert sources(database) == []
    assert sources(database) == ["a"]


def test_a_reader_sees_one_state_from_its_beginning_to_its_end(database: Database) -> None:
    with database.reading() as session:
        before = session.scalars(select(SourceTable.uri)).all()
        add_source(database, "a")
        assert session.scalars(select(SourceTable.uri)).all() == before == []


def test_a_moment_comes_back_in_utc(database: Database) -> None:
    add_source(database, "a")
    with database.reading() as session:
        assert session.scalars(select(SourceTable.created_at)).one() == NOW


def test_a_locked_database_is_one_clear_error_and_works_again_afterwards(
    on_file: Database, tmp_path: Path
) -> None:
    add_source(on_file, "before")
    other = sqlite3.connect(tmp_path / "truth.db", isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    with pytest.raises(StorageError, match=r"truth\.db refused: database is locked; what was committed"):
        add_source(on_file, "refused")
    assert sources(on_file) == ["before"], "reading goes on"
    other.execute("ROLLBACK")
    other.close()
    add_source(on_file, "after")
    assert sources(on_file) == ["before", "after"]


def test_a_file_that_is_no_database_is_one_clear_error(tmp_path: Path) -> None:
    (tmp_path / "truth.db").write_bytes(b"this is not a database" * 100)
    with pytest.raises(StorageError, match=r"truth\.db refused: file is not a database"):
        open_database(tmp_path).migrate()


def test_a_missing_folder_is_one_clear_error(tmp_path: Path) -> None:
    with pytest.raises(StorageError, match="unable to open"):
        open_database(tmp_path / "gone").migrate()


@pytest.mark.parametrize(
    "url", ["", "truth.db", "mysql://ann@host/truth", "postgresql://ann@host:port/truth"]
)
def test_database_url_of_no_database_is_refused(url: str) -> None:
    with pytest.raises(SettingsError, match="setting database_url"):
        Database(url)


@pytest.mark.parametrize("number", [2**63, -(2**63) - 1, 10**40])
def test_a_number_that_no_column_holds_is_an_error_of_the_input(database: Database, number: int) -> None:
    with pytest.raises(InputError, match="larger than any number"), database.reading() as session:
        session.get(JobTable, number)
    with pytest.raises(InputError, match="larger than any number"), database.writing() as session:
        session.execute(select(SourceTable.id).where(SourceTable.id > number))
    with database.reading() as session:
        assert session.get(JobTable, 7) is None, "the connection goes on"
