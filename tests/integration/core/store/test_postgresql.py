"""Failures that only PostgreSQL has: numbers out of order, lost connections, races, frozen writers."""

import gc
import socket
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack

import pytest
from fakes.servers.postgresql import PostgresServer
from sqlalchemy import text
from sqlalchemy.orm import Session

from core.errors import StorageError
from core.store.changes import latest_seq
from core.store.database import Database, clock
from core.store.sources import list_sources, register
from core.store.tables import ChangeTable

CONNECTIONS = "pg_stat_activity WHERE application_name = 'vademecum'"


@pytest.fixture
def database(postgresql: PostgresServer) -> Iterator[Database]:
    database = Database(postgresql.emptied(), busy_seconds=0.3)
    yield database
    database.close()


def add(session: Session, uri: str) -> None:
    register(session, uri, "fake", {})


def uris(database: Database) -> list[str]:
    with database.reading() as session:
        return [source.uri for source in list_sources(session)]


def end_connections(server: PostgresServer) -> None:
    server.run(f"SELECT pg_terminate_backend(pid) FROM {CONNECTIONS}")


def test_changes_come_in_the_order_of_their_numbers(postgresql: PostgresServer) -> None:
    """A reader that sees a change sees every change with a lower number, too."""
    database = Database(postgresql.emptied())

    def change(document: int) -> None:
        with database.writing() as session:
            session.add(ChangeTable(document_id=document, at=clock(session)))
            session.flush()
            time.sleep(0.001 * (document % 3))  # so that commits come in another order than numbers

    def seen() -> tuple[int, int]:
        with database.reading() as session:
            return latest_seq(session), session.query(ChangeTable).count()

    with ThreadPoolExecutor(6) as pool:
        writers = [pool.submit(change, number) for number in range(60)]
        looks = []
        while not all(writer.done() for writer in writers):
            looks.append(seen())
    database.close()
    assert [writer.result() for writer in writers] == [None] * 60
    assert all(newest == count for newest, count in looks)
    assert len(set(looks)) > 5


def test_a_lost_connection_is_one_clear_error_and_nothing_half_done(
    database: Database, postgresql: PostgresServer
) -> None:
    def lose(session: Session) -> None:
        add(session, "fake:half")
        end_connections(postgresql)
        add(session, "fake:more")

    with pytest.raises(StorageError, match="what was committed before is kept"):
        database.write(lose)
    assert uris(database) == []


def test_connections_that_died_while_idle_are_replaced_silently(
    database: Database, postgresql: PostgresServer
) -> None:
    for uri in ("fake:a", "fake:b"):
        with database.writing() as session:
            add(session, uri)
        end_connections(postgresql)
    assert uris(database) == ["fake:a", "fake:b"]


def test_a_restart_of_the_server_costs_an_error_at_most(
    database: Database, postgresql: PostgresServer
) -> None:
    with database.writing() as session:
        add(session, "fake:a")
    postgresql.restart()
    assert uris(database) == ["fake:a"]


@pytest.mark.parametrize("state", ["40001", "40P01"])
def test_a_write_that_lost_a_race_is_repeated_once(database: Database, state: str) -> None:
    attempts = []

    def work(session: Session) -> int:
        attempts.append(1)
        add(session, "fake:once")
        if len(attempts) < 3:
            raising = f"BEGIN RAISE EXCEPTION 'lost' USING ERRCODE = '{state}'; END"
            session.execute(text(f"DO $$ {raising} $$"))
        return len(attempts)

    assert database.write(work) == 3
    assert uris(database) == ["fake:once"]


def test_a_race_lost_for_ever_and_any_other_error_are_raised(database: Database) -> None:
    for state, tries in (("40001", 5), ("53100", 1)):
        attempts: list[int] = []

        def work(session: Session, state: str = state, attempts: list[int] = attempts) -> None:
            attempts.append(1)
            raising = f"BEGIN RAISE EXCEPTION 'no luck' USING ERRCODE = '{state}'; END"
            session.execute(text(f"DO $$ {raising} $$"))

        with pytest.raises(StorageError, match="no luck"):
            database.write(work)
        assert len(attempts) == tries


def test_a_writer_waits_its_time_and_a_reader_not_at_all(database: Database) -> None:
    ready, done = threading.Event(), threading.Event()

    def hold() -> None:
        with database.writing() as session:
            add(session, "fake:slow")
            ready.set()
            done.wait(10)

    with ThreadPoolExecutor(1) as pool:
        slow = pool.submit(hold)
        assert ready.wait(10)
        started = time.monotonic()
        assert uris(database) == []
        with pytest.raises(StorageError, match="lock timeout"):
            database.write(lambda session: add(session, "fake:fast"))
        assert time.monotonic() - started < 5
        done.set()
        slow.result()
    assert uris(database) == ["fake:slow"]


def test_a_frozen_writer_does_not_hold_up_the_others_for_ever(postgresql: PostgresServer) -> None:
    url = postgresql.emptied()
    frozen, other = Database(url), Database(url)

    def freeze(session: Session) -> None:
        session.execute(text("SET idle_in_transaction_session_timeout = 200"))
        add(session, "fake:frozen")
        other.write(lambda writing: add(writing, "fake:other"))
        add(session, "fake:late")

    with pytest.raises(StorageError):
        frozen.write(freeze)
    assert uris(frozen) == ["fake:other"]
    frozen.close()
    other.close()


def test_a_pool_that_is_used_up_says_so_and_heals(database: Database) -> None:
    with ExitStack() as held:
        for _ in range(15):
            held.enter_context(database.reading()).execute(text("SELECT 1"))
        with pytest.raises(StorageError, match="no connection to spare"):
            uris(database)
    assert uris(database) == []


@pytest.mark.parametrize(
    ("place", "reason"),
    [
        ("127.0.0.1:1", "Connection refused"),
        ("nobody.invalid", r"Name or service not known|name resolution"),
        ("?unix_sock=/nowhere/at/all", "No such file"),
    ],
)
def test_an_unreachable_server_is_reported_at_once_without_the_password(place: str, reason: str) -> None:
    started = time.monotonic()
    separator = "/truth" if "unix" not in place else ""
    address = f"{place}{separator}" if separator else f"/truth{place}"
    with pytest.raises(StorageError, match=reason) as caught:
        Database(f"postgresql://ann:secret@{address}").migrate()
    assert time.monotonic() - started < 2
    assert "secret" not in str(caught.value)


# pg8000 leaves the socket of a beginning that failed to the garbage collector.
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
def test_a_silent_server_is_not_waited_for() -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        started = time.monotonic()
        with pytest.raises(StorageError, match="timed out"):
            Database(f"postgresql://ann@127.0.0.1:{silent.getsockname()[1]}/truth").migrate()
        assert time.monotonic() - started < 4
    gc.collect()


def test_a_missing_database_is_named(postgresql: PostgresServer) -> None:
    with pytest.raises(StorageError, match='database "nowhere" does not exist'):
        Database(postgresql.url("nowhere")).migrate()


def test_two_programs_do_not_migrate_at_once(postgresql: PostgresServer) -> None:
    databases = [Database(url) for url in [postgresql.new_database()] * 3]
    with ThreadPoolExecutor(3) as pool:
        list(pool.map(Database.migrate, databases))
    assert uris(databases[0]) == []
    for database in databases:
        database.close()
