"""Adding, suspending and grouping accounts, and the links with which they choose a password."""

from collections.abc import Collection

from core.errors import InputError
from core.store.database import Database
from core.store.identity.accounts import (
    Account,
    add_account,
    can_anybody_administer,
    change_account,
    find_account,
    group_sizes,
    list_accounts,
    put_in_groups,
    take_from_groups,
)
from core.store.identity.credentials import new_secret
from core.store.identity.sessions import add_link, end_sessions_of

# How long a link may be used. The first administrator's is printed at each start until it is used.
LINK_HOURS = 24.0
FIRST_ADMINISTRATOR = "admin"


def add_user(database: Database, new: Account) -> str:
    """Add an account; return the token of the link with which a person chooses a password.

    A service has no password: the token is empty. Raises: InputError.
    """
    with database.writing() as session:
        account = add_account(session, new)
        if account.is_service:
            return ""
        token = new_secret()
        add_link(session, account, token, LINK_HOURS)
        return token


def link_for(database: Database, name: str) -> str:
    """Return the token of a new link for a person; an earlier link ends, sessions stay.

    Raises: NotFoundError; InputError for a service, or an account that is suspended.
    """
    with database.writing() as session:
        account = find_account(session, name)
        if account.is_service:
            raise InputError(f"{account.name} is a service: it signs in with keys; see vade key create")
        if not account.is_active:
            raise InputError(f"{account.name} is suspended; see vade user restore")
        token = new_secret()
        add_link(session, account, token, LINK_HOURS)
        return token


def link_for_first_administrator(database: Database) -> str:
    """Return the token of a link for the first administrator; empty if one can sign in already."""
    with database.writing() as session:
        if can_anybody_administer(session):
            return ""
        waiting = [one for one in list_accounts(session) if one.is_administrator and one.is_active]
        new = Account(name=FIRST_ADMINISTRATOR, is_administrator=True)
        account = waiting[0] if waiting else add_account(session, new)
        token = new_secret()
        add_link(session, account, token, LINK_HOURS)
        return token


def set_active(database: Database, name: str, is_active: bool) -> Account:
    """Suspend an account, or restore it. Its keys and sessions end with the next request.

    A suspended account's sessions do not come back; its keys do.

    Raises: NotFoundError; InputError for the last administrator.
    """
    with database.writing() as session:
        account = change_account(session, name, is_active=is_active)
        if not is_active:
            end_sessions_of(session, account)
        return account


def set_administrator(database: Database, name: str, is_administrator: bool) -> Account:
    """Make an account an administrator, or no longer one. Raises: NotFoundError; InputError for the last."""
    with database.writing() as session:
        return change_account(session, name, is_administrator=is_administrator)


def join_group(database: Database, group: str, names: Collection[str]) -> None:
    """Put accounts into a group, all of them or none. Raises: NotFoundError; InputError."""
    with database.writing() as session:
        for name in names:
            put_in_groups(session, name, [group])


def leave_group(database: Database, group: str, names: Collection[str]) -> None:
    """Take accounts out of a group, all of them or none. Raises: NotFoundError; InputError."""
    with database.writing() as session:
        for name in names:
            take_from_groups(session, name, [group])


def groups(database: Database) -> dict[str, int]:
    """Return how many accounts are in each group, by its principal."""
    with database.reading() as session:
        return group_sizes(session)


def accounts(database: Database) -> list[Account]:
    """Return all accounts by name."""
    with database.reading() as session:
        return list_accounts(session)
