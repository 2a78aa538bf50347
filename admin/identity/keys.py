"""Issuing, listing and revoking the keys of accounts."""

from datetime import UTC, datetime, timedelta

from core.errors import InputError
from core.store.database import Database
from core.store.identity.accounts import find_account
from core.store.identity.credentials import digest_of, key_text, new_kid, new_secret
from core.store.identity.keys import Key, add_key, list_keys, revoke_key
from core.values.identity import KeyScope

# Two, so that a system can be given a new key before the old one ends.
_LIVE_KEYS_OF_SERVICE = 2
_MOST_DAYS = 366


def issue_key(
    database: Database,
    owner: str,
    scopes: frozenset[KeyScope],
    days: int,
    label: str = "",
    may_act_as: bool = False,
) -> tuple[str, Key]:
    """Return a new key, which is shown this once, and its entry.

    Raises: NotFoundError if there is no such account; InputError if the account is suspended, has too many
    keys, or is a person and the key could act as others.
    """
    if not scopes or not 1 <= days <= _MOST_DAYS:
        raise InputError(f"a key needs a scope, and lives 1 to {_MOST_DAYS} days")
    now = datetime.now(UTC)
    with database.writing() as session:
        account = find_account(session, owner)
        if not account.is_active:
            raise InputError(f"{account.name} is suspended; see vade user restore")
        if may_act_as and not account.is_service:
            raise InputError(f"{account.name} is a person; only the key of a service acts as others")
        live = [one for one in list_keys(session, account.name) if one.is_live]
        if account.is_service and len(live) >= _LIVE_KEYS_OF_SERVICE:
            raise InputError(f"{account.name} has {len(live)} keys; revoke one first: vade key list")
        kid = new_kid()
        text = key_text(kid, new_secret())
        entry = Key(
            kid=kid,
            owner=account.name,
            label=label,
            scopes=scopes,
            may_act_as=may_act_as,
            created_at=now,
            expires_at=now + timedelta(days=days),
        )
        add_key(session, account, entry, digest_of(text))
    return text, entry


def keys(database: Database, owner: str = "") -> list[Key]:
    """Return the keys of one account or of all, the newest first."""
    with database.reading() as session:
        return list_keys(session, owner.removeprefix("user:"))


def revoke(database: Database, kid: str) -> Key:
    """End a key from the next request on. Raises: NotFoundError."""
    with database.writing() as session:
        return revoke_key(session, kid)
