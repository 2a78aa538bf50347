"""`vade group …`."""

from __future__ import annotations

import click

from api.cli.opening import opened
from api.cli.terminal import DONE, Terminal, counted, printing

_USERS = click.argument("users", nargs=-1, required=True, metavar="USER...")
_GROUP = click.argument("name", metavar="GROUP")


@click.group()
def group() -> None:
    """Put accounts into groups, and take them out.

    Documents that `group:NAME` may read are read by its members. A person's identity at a source,
    such as `ext:confluence:4711`, is held in the same way.
    """


@group.command()
@_GROUP
@_USERS
@printing
def add(terminal: Terminal, name: str, users: tuple[str, ...]) -> int:
    """Put accounts into a group, which need not be there before."""
    from admin.identity.accounts import join_group

    with opened(terminal.data_dir) as app:
        join_group(app.database, name, users)
    terminal.result({"group": name, "added": users}, lambda: f"{', '.join(users)}: now in {name}.")
    return DONE


@group.command()
@_GROUP
@_USERS
@printing
def remove(terminal: Terminal, name: str, users: tuple[str, ...]) -> int:
    """Take accounts out of a group; from the next request on they may read less."""
    from admin.identity.accounts import leave_group

    with opened(terminal.data_dir) as app:
        leave_group(app.database, name, users)
    terminal.result({"group": name, "removed": users}, lambda: f"{', '.join(users)}: no longer in {name}.")
    return DONE


@group.command(name="list")
@printing
def list_groups(terminal: Terminal) -> int:
    """List the groups that accounts are in."""
    from admin.identity.accounts import groups

    with opened(terminal.data_dir) as app:
        found = groups(app.database)
    lines = [f"{name}  {counted(size, 'account')}" for name, size in found.items()]
    terminal.result(found, lambda: "\n".join(lines) or "No account is in a group.")
    return DONE
