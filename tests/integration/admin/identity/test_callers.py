from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import select

from admin.identity.accounts import add_user, join_group, leave_group, link_for, set_active, set_administrator
from admin.identity.callers import Callers, Presented
from admin.identity.keys import issue_key, keys, revoke
from admin.identity.sign_in import redeem, sign_in, sign_out
from core.errors import InputError, NotAllowedError, UnauthenticatedError, VadeError
from core.settings import ApiSettings
from core.store.database import Database
from core.store.identity.accounts import Account
from core.store.identity.sessions import Visit
from core.store.identity.tables import KeyTable, LoginSessionTable, SignInLinkTable
from core.store.tables import Base
from core.values.identity import EVERY_SCOPE, KeyScope

PASSWORD = "a pump that never stops"
HERE = Visit("127.0.0.1", "a browser")


@pytest.fixture
def database(tmp_path: Path, cheap_hashing: None) -> Iterator[Database]:
    database = Database(f"sqlite:///{tmp_path / 'truth.db'}")
    database.migrate()
    add_user(database, Account(name="root", is_administrator=True))
    add_user(database, Account(name="ann", groups=("field",)))
    add_user(database, Account(name="desk", is_service=True))
    yield database
    database.close()


@pytest.fixture
def callers(database: Database) -> Callers:
    return Callers(database, ApiSettings(sign_in=True))


def key_of(database: Database, owner: str, act_as: bool = False) -> str:
    return issue_key(database, owner, EVERY_SCOPE, 30, may_act_as=act_as)[0]


def cookie_of(database: Database, name: str) -> str:
    return redeem(database, link_for(database, name), PASSWORD, HERE, hours=1)


def age(database: Database, table: type[Base], **moments: timedelta) -> None:
    """Move moments of every row of a table into the past."""
    with database.writing() as session:
        for row in session.scalars(select(table)):
            for name, by in moments.items():
                setattr(row, name, getattr(row, name) - by)


def test_without_sign_in_every_request_is_the_configured_users(database: Database) -> None:
    callers = Callers(database, ApiSettings(user="user:bob", groups=("field",)))
    caller = callers.caller(Presented(key="vade_x"))
    assert (caller.user, caller.credential) == ("bob", "local")
    assert caller.access.principals == {"public", "user:bob", "group:field"}


def test_a_key_reads_what_its_owner_may_read(database: Database, callers: Callers) -> None:
    caller = callers.caller(Presented(key=key_of(database, "ann"), address="10.0.0.1"))
    assert caller.access.principals == {"public", "user:ann", "group:field"}
    assert keys(database, "ann")[0].last_used_from == "10.0.0.1"


def test_a_session_reads_what_its_account_may_read(database: Database, callers: Callers) -> None:
    caller = callers.caller(Presented(cookie=cookie_of(database, "ann")))
    assert (caller.user, caller.scopes) == ("ann", EVERY_SCOPE)
    assert caller.access.principals == {"public", "user:ann", "group:field"}


@pytest.mark.parametrize(
    "shown", [Presented(), Presented(key="vade_x"), Presented(cookie="x"), Presented(acts_as="ann")]
)
def test_who_shows_nothing_that_counts_is_nobody(callers: Callers, shown: Presented) -> None:
    with pytest.raises(UnauthenticatedError):
        callers.caller(shown)


def test_a_bad_key_is_not_made_good_by_a_cookie(database: Database, callers: Callers) -> None:
    with pytest.raises(UnauthenticatedError):
        callers.caller(Presented(key="vade_x", cookie=cookie_of(database, "ann")))


def test_what_is_revoked_suspended_or_expired_counts_no_more(database: Database, callers: Callers) -> None:
    revoked, suspended = key_of(database, "ann"), key_of(database, "ann")
    cookie = cookie_of(database, "ann")
    revoke(database, revoked.split("_")[1])
    with pytest.raises(UnauthenticatedError):
        callers.caller(Presented(key=revoked))
    assert callers.caller(Presented(key=suspended)).user == "ann"
    set_active(database, "ann", is_active=False)
    for shown in (Presented(key=suspended), Presented(cookie=cookie)):
        with pytest.raises(UnauthenticatedError):
            callers.caller(shown)
    set_active(database, "ann", is_active=True)
    assert callers.caller(Presented(key=suspended)).user == "ann"
    with pytest.raises(UnauthenticatedError):
        callers.caller(Presented(cookie=cookie))


def test_keys_and_sessions_expire(database: Database, callers: Callers) -> None:
    key, cookie = key_of(database, "ann"), cookie_of(database, "ann")
    age(database, KeyTable, expires_at=timedelta(days=31))
    age(database, LoginSessionTable, expires_at=timedelta(hours=2))
    for shown in (Presented(key=key), Presented(cookie=cookie)):
        with pytest.raises(UnauthenticatedError):
            callers.caller(shown)


def test_signing_out_ends_the_session_and_not_only_the_cookie(database: Database, callers: Callers) -> None:
    cookie = cookie_of(database, "ann")
    sign_out(database, cookie)
    with pytest.raises(UnauthenticatedError):
        callers.caller(Presented(cookie=cookie))


def test_a_request_under_way_stops_when_its_caller_loses_rights(database: Database, callers: Callers) -> None:
    shown = Presented(key=key_of(database, "ann"))
    caller = callers.caller(shown)
    join_group(database, "night", ["ann"])
    callers.confirm(caller, shown)
    leave_group(database, "field", ["ann"])
    with pytest.raises(UnauthenticatedError, match="has changed"):
        callers.confirm(caller, shown)


class TestActingAsSomebody:
    def test_a_service_asks_for_a_person(self, database: Database, callers: Callers) -> None:
        key = key_of(database, "desk", act_as=True)
        caller = callers.caller(Presented(key=key, acts_as="user:ann"))
        assert (caller.user, caller.actor) == ("ann", "desk")
        assert caller.access.principals == {"public", "user:ann", "group:field"}

    @pytest.mark.parametrize("who", ["nobody", "root", "desk", "user:group:field", "sleeper"])
    def test_but_for_nobody_else(self, database: Database, callers: Callers, who: str) -> None:
        add_user(database, Account(name="sleeper", is_active=False))
        with pytest.raises(NotAllowedError):
            callers.caller(Presented(key=key_of(database, "desk", act_as=True), acts_as=who))

    def test_nor_with_a_key_that_may_not(self, database: Database, callers: Callers) -> None:
        with pytest.raises(NotAllowedError):
            callers.caller(Presented(key=key_of(database, "desk"), acts_as="ann"))

    def test_a_persons_key_never_may(self, database: Database) -> None:
        with pytest.raises(InputError, match="person"):
            key_of(database, "ann", act_as=True)


class TestSigningIn:
    def test_by_name_and_password(self, database: Database, callers: Callers) -> None:
        cookie_of(database, "ann")
        cookie = sign_in(database, "ann", PASSWORD, HERE, hours=1)
        assert callers.caller(Presented(cookie=cookie)).user == "ann"

    @pytest.mark.parametrize(
        ("name", "password"),
        [("ann", "wrong"), ("nobody", PASSWORD), ("desk", ""), ("Ann", PASSWORD), ("ann", PASSWORD.upper())],
    )
    def test_what_is_wrong_is_not_said(self, database: Database, name: str, password: str) -> None:
        cookie_of(database, "ann")
        with pytest.raises(UnauthenticatedError, match=r"^Name or password is wrong\.$"):
            sign_in(database, name, password, HERE, hours=1)

    def test_a_link_counts_once(self, database: Database) -> None:
        link = link_for(database, "ann")
        with pytest.raises(InputError):
            redeem(database, link, "short", HERE, hours=1)
        redeem(database, link, PASSWORD, HERE, hours=1)
        with pytest.raises(UnauthenticatedError):
            redeem(database, link, PASSWORD, HERE, hours=1)

    def test_a_new_link_ends_the_one_before_and_all_expire(self, database: Database) -> None:
        first, second = link_for(database, "ann"), link_for(database, "ann")
        with pytest.raises(UnauthenticatedError):
            redeem(database, first, PASSWORD, HERE, hours=1)
        age(database, SignInLinkTable, expires_at=timedelta(days=2))
        with pytest.raises(UnauthenticatedError):
            redeem(database, second, PASSWORD, HERE, hours=1)

    def test_a_new_password_ends_the_older_sessions(self, database: Database, callers: Callers) -> None:
        old = cookie_of(database, "ann")
        cookie_of(database, "ann")
        with pytest.raises(UnauthenticatedError):
            callers.caller(Presented(cookie=old))

    @pytest.mark.parametrize("password", ["short", "aaaaaaaaaaaaaaaa", "Administrator1".lower()])
    def test_a_password_that_is_guessed_is_refused(self, database: Database, password: str) -> None:
        token = add_user(database, Account(name="administrator1"))
        with pytest.raises(InputError):
            redeem(database, token, password, HERE, hours=1)


class TestAccounts:
    @pytest.mark.parametrize("name", ["ann", "Ann", "ＡＮＮ", "an\u200bn"])
    def test_no_two_accounts_look_the_same(self, database: Database, name: str) -> None:
        with pytest.raises(InputError, match="already"):
            add_user(database, Account(name=name))

    @pytest.mark.parametrize("name", ["", " ann2", "a\nb", "x" * 300])
    def test_a_name_is_a_principals(self, database: Database, name: str) -> None:
        with pytest.raises(VadeError):
            add_user(database, Account(name=name))

    def test_a_group_of_a_users_name_is_no_user(self, database: Database, callers: Callers) -> None:
        join_group(database, "root", ["ann"])
        caller = callers.caller(Presented(key=key_of(database, "ann")))
        assert "user:root" not in caller.access.principals
        with pytest.raises(InputError):
            join_group(database, "user:root", ["ann"])

    def test_the_last_administrator_stays(self, database: Database) -> None:
        for change in (set_active, set_administrator):
            with pytest.raises(InputError, match="last administrator"):
                change(database, "root", False)

    def test_a_service_has_two_keys_to_change_over(self, database: Database) -> None:
        first = key_of(database, "desk")
        key_of(database, "desk")
        with pytest.raises(InputError, match="revoke one"):
            key_of(database, "desk")
        revoke(database, first.split("_")[1])
        key_of(database, "desk")

    def test_a_key_has_a_scope_and_an_end(self, database: Database) -> None:
        for scopes, days in ((frozenset[KeyScope](), 30), (EVERY_SCOPE, 0), (EVERY_SCOPE, 400)):
            with pytest.raises(InputError):
                issue_key(database, "ann", scopes, days)

    def test_nothing_in_the_database_signs_anybody_in(self, database: Database, tmp_path: Path) -> None:
        secrets = [key_of(database, "ann"), cookie_of(database, "ann"), PASSWORD]
        database.empty_log()
        kept = (tmp_path / "truth.db").read_bytes()
        assert not [secret for secret in secrets if secret.encode() in kept]
