"""Who makes a request, and what a key allows."""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from core.errors import InputError
from core.values.search import AccessScope


class KeyScope(StrEnum):
    """What a key may be used for. Whoever signs in may do all of it."""

    ASK = "ask"
    SEARCH = "search"
    READ = "docs:read"
    WRITE = "docs:write"


EVERY_SCOPE = frozenset(KeyScope)


def key_scopes(names: Iterable[str]) -> frozenset[KeyScope]:
    """Return the scopes with these names. Raises: InputError if one is unknown."""
    try:
        return frozenset(map(KeyScope, names))
    except ValueError as error:
        raise InputError(f"{error}; a key has some of {', '.join(KeyScope)}") from error


@dataclass(frozen=True, slots=True, kw_only=True)
class Caller:
    """The user for whom a request is made, and how it was proven."""

    user: str
    """The account's name, without `user:`."""
    access: AccessScope
    """What the user may read."""
    scopes: frozenset[KeyScope] = EVERY_SCOPE
    """What the request may do."""
    credential: str
    """`local`, `key KID` or `session ID`."""
    actor: str = ""
    """The account that acts as this user; empty if the user acts."""
