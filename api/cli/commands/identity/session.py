"""`vade session …`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from api.cli.opening import opened
from api.cli.terminal import DONE, Terminal, counted, moment, printing

if TYPE_CHECKING:
    from core.store.identity.sessions import LoginSession


@click.group()
def session() -> None:
    """Show who is signed in where, and end sessions."""


@session.command(name="list")
@printing
def list_sessions(terminal: Terminal) -> int:
    """List the browsers in which somebody is signed in."""
    from admin.identity.sign_in import sessions

    with opened(terminal.data_dir) as app:
        found = sessions(app.database)
    text = "\n".join(map(_line, found)) or "Nobody is signed in."
    terminal.result([_as_json(one) for one in found], lambda: text)
    return DONE


@session.command()
@click.argument("ids", nargs=-1, type=int, metavar="[ID]...")
@click.option("--user", metavar="NAME", help="All sessions of this user.")
@printing
def end(terminal: Terminal, ids: tuple[int, ...], user: str | None) -> int:
    """End sessions, from the next request on."""
    from admin.identity.sign_in import end_all_of, end_sessions

    if not ids and user is None:
        raise click.UsageError("name the sessions, or a user with --user")
    with opened(terminal.data_dir) as app:
        end_sessions(app.database, ids)
        ended = len(ids) + (end_all_of(app.database, user) if user else 0)
    terminal.result({"ended": ended}, lambda: f"{counted(ended, 'session')} ended.")
    return DONE


def _as_json(one: LoginSession) -> dict[str, Any]:
    return {
        "id": one.id,
        "user": one.user,
        "since": one.created_at.isoformat(),
        "last_used_at": one.last_used_at.isoformat(),
        "expires_at": one.expires_at.isoformat(),
        "address": one.visit.address,
        "agent": one.visit.agent,
    }


def _line(one: LoginSession) -> str:
    used = moment(one.last_used_at.isoformat())
    return f"{one.id}  {one.user}  last used {used} from {one.visit.address}  {one.visit.agent}"
