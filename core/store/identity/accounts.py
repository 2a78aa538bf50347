"""Accounts and the groups they are in."""

import unicodedata
from collections.abc import Collection
from dataclasses import dataclass
from datetime import UTC, datetime

from sqlalchemy import delete, exists, func, select
from sqlalchemy.orm import Session

from core.errors import InputError, NotFoundError
from core.permissions import principal, scope_of
from core.store.identity.tables import AccountTable, MembershipTable
from core.values.search import AccessScope


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """A person, or a service that other systems use."""

    name: str
    """The name of the principal `user:NAME`."""
    groups: tuple[str, ...] = ()
    """The other principals that it holds, sorted: `group:…`, `ext:…`."""
    is_service: bool = False
    is_active: bool = True
    is_administrator: bool = False
    display_name: str = ""
    email: str = ""
    id: int = 0
    """Its id in the database; 0 before it is stored."""

    @property
    def access(self) -> AccessScope:
        """What it may read."""
        return scope_of(self.name, self.groups)


def add_account(session: Session, new: Account) -> Account:
    """Store an account. Raises: InputError if its name is taken, by one that looks the same too."""
    principal(f"user:{new.name}")
    folded = _folded(new.name)
    taken = session.scalar(select(AccountTable.name).where(AccountTable.folded == folded))
    if taken is not None:
        raise InputError(f"there is a user {taken} already; nothing was changed")
    row = AccountTable(
        name=new.name,
        folded=folded,
        is_service=new.is_service,
        is_active=new.is_active,
        is_administrator=new.is_administrator,
        display_name=new.display_name,
        email=new.email,
        password_hash="",
        created_at=datetime.now(UTC),
    )
    session.add(row)
    session.flush()
    put_in_groups(session, row.name, new.groups)
    return _account(session, row)


def find_account(session: Session, name: str) -> Account:
    """Return the account with this name. Raises: NotFoundError."""
    return _account(session, _row(session, name))


def account_by_id(session: Session, account_id: int) -> Account:
    """Return the account with this id, which exists."""
    row = session.get(AccountTable, account_id)
    assert row is not None
    return _account(session, row)


def list_accounts(session: Session) -> list[Account]:
    """Return all accounts by name."""
    rows = session.scalars(select(AccountTable).order_by(AccountTable.name))
    return [_account(session, row) for row in rows]


def change_account(
    session: Session, name: str, is_active: bool | None = None, is_administrator: bool | None = None
) -> Account:
    """Change what is given, and return the account.

    Raises: NotFoundError; InputError if no active administrator would be left.
    """
    row = _row(session, name)
    administered = row.is_active and row.is_administrator
    row.is_active = row.is_active if is_active is None else is_active
    row.is_administrator = row.is_administrator if is_administrator is None else is_administrator
    session.flush()
    if administered and not _has_administrator(session):
        raise InputError(f"{name} is the last administrator; make another one first. Nothing was changed")
    return _account(session, row)


def put_in_groups(session: Session, name: str, groups: Collection[str]) -> Account:
    """Let an account hold further principals. Raises: NotFoundError; InputError if one is malformed."""
    row = _row(session, name)
    held = set(_groups(session, row.id))
    for group in sorted({group_principal(one) for one in groups} - held):
        session.add(MembershipTable(account_id=row.id, principal=group))
    session.flush()
    return _account(session, row)


def take_from_groups(session: Session, name: str, groups: Collection[str]) -> Account:
    """Let an account no longer hold principals. Raises: NotFoundError if it holds one of them not."""
    row = _row(session, name)
    gone = {group_principal(one) for one in groups}
    if missing := sorted(gone - set(_groups(session, row.id))):
        raise NotFoundError(f"{name} is not in {missing[0]}; nothing was changed")
    session.execute(
        delete(MembershipTable).where(
            MembershipTable.account_id == row.id, MembershipTable.principal.in_(gone)
        )
    )
    return _account(session, row)


def group_sizes(session: Session) -> dict[str, int]:
    """Return how many accounts hold each principal, by principal."""
    counted = select(MembershipTable.principal, func.count()).group_by(MembershipTable.principal)
    return {name: int(size) for name, size in session.execute(counted.order_by(MembershipTable.principal))}


def group_principal(name: str) -> str:
    """Return `group:NAME`; a principal of a source as it is. Raises: InputError if it is malformed."""
    if name.startswith("user:"):
        raise InputError(f"{name!r} is a user; name a group")
    return principal(name if name.startswith(("group:", "ext:")) else f"group:{name}")


def password_hash(session: Session, name: str) -> str:
    """Return the hash of the password of an active account; empty if there is none or no such account."""
    found = select(AccountTable.password_hash).where(AccountTable.name == name, AccountTable.is_active)
    return session.scalar(found) or ""


def set_password_hash(session: Session, name: str, hashed: str) -> None:
    """Store the hash of an account's password. Raises: NotFoundError."""
    _row(session, name).password_hash = hashed


def can_anybody_administer(session: Session) -> bool:
    """Return whether an active administrator has a password."""
    return bool(
        session.scalar(
            select(
                exists().where(
                    AccountTable.is_active, AccountTable.is_administrator, AccountTable.password_hash != ""
                )
            )
        )
    )


def _has_administrator(session: Session) -> bool:
    there = exists().where(AccountTable.is_active, AccountTable.is_administrator)
    return bool(session.scalar(select(there)))


def _row(session: Session, name: str) -> AccountTable:
    plain = name.removeprefix("user:")
    row = session.scalar(select(AccountTable).where(AccountTable.name == plain))
    if row is None:
        raise NotFoundError(f"there is no user {plain}")
    return row


def _groups(session: Session, account_id: int) -> list[str]:
    held = select(MembershipTable.principal).where(MembershipTable.account_id == account_id)
    return list(session.scalars(held.order_by(MembershipTable.principal)))


def _account(session: Session, row: AccountTable) -> Account:
    return Account(
        name=row.name,
        groups=tuple(_groups(session, row.id)),
        is_service=row.is_service,
        is_active=row.is_active,
        is_administrator=row.is_administrator,
        display_name=row.display_name,
        email=row.email,
        id=row.id,
    )


def _folded(name: str) -> str:
    """Return a name without the differences that the eye does not see: case, width, invisible signs."""
    visible = "".join(one for one in unicodedata.normalize("NFKC", name) if unicodedata.category(one) != "Cf")
    return " ".join(visible.casefold().split())
