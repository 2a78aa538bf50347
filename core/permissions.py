"""Principals and scopes, from which the permission to read a document is decided; closed by default."""

import getpass
import os
import re

from core.errors import InputError
from core.values.search import AccessScope

PUBLIC = "public"
_PRINCIPAL = re.compile(r"public|(?:user|group|ext:[a-z0-9_-]+):[^\s\x00-\x1f\x7f][^\x00-\x1f\x7f]{0,253}")


def principal(text: str) -> str:
    """Return `text` if it is a well-formed principal: `user:…`, `group:…`, `ext:<source>:…`, `public`.

    Comparison is exact: `user:Ann` and `user:ann` are two principals, and a user is never confused with a
    group of the same name.

    Raises: InputError if it is not.
    """
    if not _PRINCIPAL.fullmatch(text) or text != text.strip():
        raise InputError(f"{text!r} is not a principal; write user:NAME, group:NAME or public")
    return text


def common_readers(one: frozenset[str], other: frozenset[str]) -> frozenset[str]:
    """Return the principals by which an asker may read what both sets admit; every asker holds `public`.

    An asker who is in one set as a user and in the other as a group is left out: the closed side.
    """
    if PUBLIC in other:
        return one
    return other if PUBLIC in one else one & other


def current_user() -> str:
    """Return the name of the user who runs this process; `uid-NUMBER` if the system knows no name."""
    try:
        return getpass.getuser()
    except (KeyError, OSError):  # a container that runs under an unknown user id
        return f"uid-{os.getuid()}"


def scope_of(user: str | None, groups: tuple[str, ...] = ()) -> AccessScope:
    """Return the scope of a user (`user:ann`) in groups (`field` or `group:field`).

    Every scope contains `public`; without user and groups it contains nothing else.

    Raises: InputError if a name is not well-formed, or a group is named as a user.
    """
    held = {PUBLIC}
    if user is not None:
        if user.removeprefix("user:").startswith(("group:", "ext:")):
            raise InputError(f"{user!r} is a group; name the user who asks, and apart from it the groups")
        held.add(principal(user if user.startswith("user:") else f"user:{user}"))
    for group in groups:
        held.add(principal(group if group.startswith(("group:", "ext:")) else f"group:{group}"))
    return AccessScope(frozenset(held))
