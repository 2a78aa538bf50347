"""Principals from other systems: their names become ours, and two conditions become one set."""

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Literal

from core.errors import InputError
from core.permissions import PUBLIC, principal

Members = Callable[[str], frozenset[str]]
"""Returns the users in a group, both as principals; an empty set if they are not shown."""

SYSTEM_NAME = r"^[a-z0-9_-]{0,32}$"


@dataclass(frozen=True, slots=True)
class Naming:
    """The naming of another system's users and groups."""

    system: str
    """The system's name in principals."""
    identity: Literal["ext", "same"]
    """`ext` keeps its names apart: `ext:wiki:group:field`. `same` means that both systems use one
    directory: `group:field` there is `group:field` here."""

    def user(self, name: str) -> frozenset[str]:
        """Return the principal of a user; an empty set if the name cannot be one."""
        return self._named("user", name)

    def group(self, name: str) -> frozenset[str]:
        """Return the principal of a group; an empty set if the name cannot be one."""
        return self._named("group", name)

    def _named(self, kind: str, name: str) -> frozenset[str]:
        if not name:
            return frozenset()
        text = f"{kind}:{name}" if self.identity == "same" else f"ext:{self.system}:{kind}:{name.lower()}"
        try:
            return frozenset({principal(text)})
        except InputError:
            return frozenset()


_GROUP = re.compile(r"(?:ext:[a-z0-9_-]+:)?group:")


def both(first: frozenset[str], second: frozenset[str], members: Members) -> frozenset[str]:
    """Return the principals that belong to both sets; of two different groups, the users in both.

    A user who is not known to be in both is left out.
    """
    if PUBLIC in first:
        return second
    if PUBLIC in second:
        return first
    if first == second:
        return first
    return (first & second) | (_users(first, members) & _users(second, members))


def _users(principals: Iterable[str], members: Members) -> frozenset[str]:
    found: set[str] = set()
    for name in principals:
        found |= members(name) if _GROUP.match(name) else {name}
    return frozenset(found)
