"""`vade user …`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from api.cli.opening import opened
from api.cli.terminal import DONE, Terminal, printing

if TYPE_CHECKING:
    from core.settings import ApiSettings
    from core.store.identity.accounts import Account

_NAME = click.argument("name", metavar="NAME")


@click.group()
def user() -> None:
    """Keep the accounts of people, and of the services that use keys.

    They count once `api.sign_in` is set. What is changed here counts from the next request on.
    """


@user.command()
@_NAME
@click.option("--group", "groups", multiple=True, metavar="GROUP", help="Put into this group.")
@click.option("--service", is_flag=True, help="A system that uses keys; it has no password.")
@click.option("--administrator", is_flag=True, help="May administer Vademecum.")
@click.option("--display-name", default="", metavar="TEXT", help="Shown instead of the name.")
@click.option("--email", default="", metavar="ADDRESS", help="Where the person is reached.")
@printing
def add(terminal: Terminal, name: str, groups: tuple[str, ...], **told: Any) -> int:
    """Add an account. A person gets a link to choose a password with; send it to nobody else."""
    from admin.identity.accounts import LINK_HOURS, add_user
    from core.store.identity.accounts import Account

    new = Account(
        name=name.removeprefix("user:"),
        groups=groups,
        is_service=told["service"],
        is_administrator=told["administrator"],
        display_name=told["display_name"],
        email=told["email"],
    )
    with opened(terminal.data_dir) as app:
        token = add_user(app.database, new)
        link = sign_in_link(app.settings.api, token) if token else None
    way = (
        f"The link to choose a password, for {LINK_HOURS:.0f} hours:\n  {link}"
        if link
        else f"Give it a key: vade key create {new.name} --scope ask"
    )
    terminal.result({"user": new.name, "link": link}, lambda: f"{new.name} was added. {way}")
    return DONE


@user.command(name="list")
@printing
def list_users(terminal: Terminal) -> int:
    """List the accounts."""
    from admin.identity.accounts import accounts

    with opened(terminal.data_dir) as app:
        found = accounts(app.database)
    none = "There is no account yet: add one with vade user add NAME."
    terminal.result([_as_json(one) for one in found], lambda: "\n".join(map(_line, found)) or none)
    return DONE


@user.command()
@_NAME
@printing
def link(terminal: Terminal, name: str) -> int:
    """Make a new link with which a person chooses a password; an earlier link ends."""
    from admin.identity.accounts import LINK_HOURS, link_for

    with opened(terminal.data_dir) as app:
        made = sign_in_link(app.settings.api, link_for(app.database, name))
    terminal.result({"user": name, "link": made}, lambda: f"For {LINK_HOURS:.0f} hours:\n  {made}")
    return DONE


@user.command()
@_NAME
@printing
def suspend(terminal: Terminal, name: str) -> int:
    """Shut an account out: its keys and sessions end with the next request."""
    return _changed(terminal, name, is_active=False)


@user.command()
@_NAME
@printing
def restore(terminal: Terminal, name: str) -> int:
    """Let a suspended account in again, with the keys it had."""
    return _changed(terminal, name, is_active=True)


def sign_in_link(settings: ApiSettings, token: str) -> str:
    """Return the address at which a link is used; its token is behind the `#`, which no server logs."""
    return f"http://{settings.host}:{settings.port}/sign-in#{token}"


def _changed(terminal: Terminal, name: str, is_active: bool) -> int:
    from admin.identity.accounts import set_active

    with opened(terminal.data_dir) as app:
        account = set_active(app.database, name, is_active)
    terminal.result(_as_json(account), lambda: _line(account))
    return DONE


def _as_json(account: Account) -> dict[str, Any]:
    return {
        "user": account.name,
        "display_name": account.display_name,
        "email": account.email,
        "groups": list(account.groups),
        "service": account.is_service,
        "administrator": account.is_administrator,
        "active": account.is_active,
    }


def _line(account: Account) -> str:
    marks = [
        word
        for word, holds in (
            ("service", account.is_service),
            ("administrator", account.is_administrator),
            ("suspended", not account.is_active),
        )
        if holds
    ]
    return "  ".join([account.name, *account.groups, *(f"({mark})" for mark in marks)])
