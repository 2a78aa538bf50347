"""Signing in by password or link, and out."""

from collections.abc import Collection

from admin.identity.passwords import hashed, matches
from core.errors import UnauthenticatedError
from core.store.database import Database
from core.store.identity.accounts import find_account, password_hash, set_password_hash
from core.store.identity.credentials import new_secret
from core.store.identity.sessions import (
    LoginSession,
    Visit,
    begin_session,
    end_session,
    end_sessions_of,
    list_sessions,
    live_session,
    use_link,
)

WRONG = "Name or password is wrong."
USED = "This link was used already, or has expired; ask an administrator for another one."


def sign_in(database: Database, name: str, password: str, visit: Visit, hours: float) -> str:
    """Return the token of a new session.

    Raises: UnauthenticatedError, the same for a wrong name, a wrong password and a suspended account.
    """
    with database.reading() as session:
        kept = password_hash(session, name)
    if not matches(password, kept):
        raise UnauthenticatedError(WRONG)
    token = new_secret()
    with database.writing() as session:
        if password_hash(session, name) != kept:  # suspended or changed meanwhile
            raise UnauthenticatedError(WRONG)
        begin_session(session, find_account(session, name), token, visit, hours)
    return token


def redeem(database: Database, link: str, password: str, visit: Visit, hours: float) -> str:
    """Set the password of a link's account, end its sessions, and return the token of a new one.

    Raises: UnauthenticatedError if the link cannot be used; InputError if the password is too weak, and the
    link can be used again then.
    """
    with database.writing() as session:
        account = use_link(session, link)
        if account is None:
            raise UnauthenticatedError(USED)
        set_password_hash(session, account.name, hashed(password, account.name))
        end_sessions_of(session, account)
        token = new_secret()
        begin_session(session, account, token, visit, hours)
    return token


def sign_out(database: Database, token: str) -> None:
    """End the session of a cookie; without one there is nothing to do."""
    with database.writing() as session:
        found = live_session(session, token)
        if found:
            end_session(session, found[0].id)


def sessions(database: Database) -> list[LoginSession]:
    """Return the sessions that are live, the newest first."""
    with database.reading() as session:
        return list_sessions(session)


def end_sessions(database: Database, ids: Collection[int]) -> None:
    """End sessions, all of them or none. Raises: NotFoundError."""
    with database.writing() as session:
        for session_id in ids:
            end_session(session, session_id)


def end_all_of(database: Database, name: str) -> int:
    """End all sessions of an account; return how many. Raises: NotFoundError."""
    with database.writing() as session:
        return end_sessions_of(session, find_account(session, name))
