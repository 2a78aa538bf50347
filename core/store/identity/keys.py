"""The keys of accounts."""

import secrets
from dataclasses import dataclass
from datetime import UTC, datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from core.errors import NotFoundError
from core.store.identity.accounts import Account, account_by_id
from core.store.identity.credentials import digest_of, kid_of, was_just_used
from core.store.identity.tables import AccountTable, KeyTable
from core.values.identity import KeyScope, key_scopes


@dataclass(frozen=True, slots=True, kw_only=True)
class Key:
    """A key, without its secret."""

    kid: str
    owner: str
    label: str
    scopes: frozenset[KeyScope]
    may_act_as: bool
    created_at: datetime
    expires_at: datetime
    revoked_at: datetime | None = None
    last_used_at: datetime | None = None
    last_used_from: str = ""

    @property
    def is_live(self) -> bool:
        """Whether it is neither revoked nor expired."""
        return self.revoked_at is None and self.expires_at > datetime.now(UTC)


def add_key(session: Session, account: Account, key: Key, digest: bytes) -> None:
    """Store a key of an account, with the digest of its text."""
    session.add(
        KeyTable(
            kid=key.kid,
            account_id=account.id,
            digest=digest,
            label=key.label,
            scopes=" ".join(sorted(key.scopes)),
            may_act_as=key.may_act_as,
            created_at=key.created_at,
            expires_at=key.expires_at,
            last_used_from="",
        )
    )
    session.flush()


def list_keys(session: Session, owner: str = "") -> list[Key]:
    """Return the keys of one account or of all, the newest first."""
    wanted = select(KeyTable, AccountTable.name).join(AccountTable, AccountTable.id == KeyTable.account_id)
    wanted = wanted.where(AccountTable.name == owner) if owner else wanted
    rows = session.execute(wanted.order_by(KeyTable.created_at.desc(), KeyTable.kid))
    return [_key(row, name) for row, name in rows]


def revoke_key(session: Session, kid: str) -> Key:
    """End a key for good; one that has ended stays as it is. Raises: NotFoundError."""
    row = session.get(KeyTable, kid)
    if row is None:
        raise NotFoundError(f"there is no key {kid}")
    row.revoked_at = row.revoked_at or datetime.now(UTC)
    return _key(row, account_by_id(session, row.account_id).name)


def live_key(session: Session, text: str) -> tuple[Key, Account] | None:
    """Return a key that may be used and its active owner; None without saying what is wrong with it."""
    row = session.get(KeyTable, kid_of(text))
    if row is None or not secrets.compare_digest(row.digest, digest_of(text)):
        return None
    owner = account_by_id(session, row.account_id)
    key = _key(row, owner.name)
    return (key, owner) if key.is_live and owner.is_active else None


def is_use_noted(key: Key, address: str) -> bool:
    """Return whether a use from an address is on record already."""
    last = key.last_used_at
    return last is not None and was_just_used(last) and key.last_used_from == address


def note_use(session: Session, kid: str, address: str) -> None:
    """Write down when and from where a key was used."""
    row = session.get(KeyTable, kid)
    if row is not None:
        row.last_used_at, row.last_used_from = datetime.now(UTC), address[:64]


def _key(row: KeyTable, owner: str) -> Key:
    return Key(
        kid=row.kid,
        owner=owner,
        label=row.label,
        scopes=key_scopes(row.scopes.split()),
        may_act_as=row.may_act_as,
        created_at=row.created_at,
        expires_at=row.expires_at,
        revoked_at=row.revoked_at,
        last_used_at=row.last_used_at,
        last_used_from=row.last_used_from,
    )
