"""`vade key …`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from api.cli.opening import opened
from api.cli.terminal import DONE, Terminal, echo, moment, printing
from core.values.identity import KeyScope

if TYPE_CHECKING:
    from core.store.identity.keys import Key


@click.group()
def key() -> None:
    """Issue the keys with which programs ask, list and revoke them.

    A program sends `Authorization: Bearer KEY`. It may read what its account may read.
    """


@key.command()
@click.argument("owner", metavar="USER")
@click.option(
    "--scope",
    "scopes",
    multiple=True,
    required=True,
    type=click.Choice([scope.value for scope in KeyScope]),
    help="What it may be used for; give several.",
)
@click.option("--days", type=click.IntRange(1, 366), default=90, show_default=True, help="How long it lives.")
@click.option("--label", default="", metavar="TEXT", help="What it is for, for the list.")
@click.option(
    "--act-as",
    is_flag=True,
    help="It may ask as any person, named in the header X-Vade-As; of services only.",
)
@printing
def create(
    terminal: Terminal, owner: str, scopes: tuple[str, ...], days: int, label: str, act_as: bool
) -> int:
    """Issue a key. It is shown this once; only its hash is kept."""
    from admin.identity.keys import issue_key
    from core.values.identity import key_scopes

    with opened(terminal.data_dir) as app:
        text, entry = issue_key(app.database, owner, key_scopes(scopes), days, label=label, may_act_as=act_as)
    terminal.result({"key": text, **_as_json(entry)}, lambda: text)
    if not terminal.as_json:
        echo(f"Keep it now: it is not shown again. Revoke it with vade key revoke {entry.kid}", err=True)
    return DONE


@key.command(name="list")
@click.argument("owner", metavar="USER", required=False, default="")
@printing
def list_keys(terminal: Terminal, owner: str) -> int:
    """List the keys of a user or of all, without their secrets."""
    from admin.identity.keys import keys

    with opened(terminal.data_dir) as app:
        found = keys(app.database, owner)
    terminal.result(
        [_as_json(one) for one in found], lambda: "\n".join(map(_line, found)) or "There is no key."
    )
    return DONE


@key.command()
@click.argument("kid", metavar="KID")
@printing
def revoke(terminal: Terminal, kid: str) -> int:
    """End a key, from the next request on and for good."""
    from admin.identity import keys

    with opened(terminal.data_dir) as app:
        entry = keys.revoke(app.database, kid)
    terminal.result(_as_json(entry), lambda: _line(entry))
    return DONE


def _as_json(entry: Key) -> dict[str, Any]:
    return {
        "kid": entry.kid,
        "user": entry.owner,
        "label": entry.label,
        "scopes": sorted(entry.scopes),
        "act_as": entry.may_act_as,
        "live": entry.is_live,
        "expires_at": entry.expires_at.isoformat(),
        "revoked_at": entry.revoked_at.isoformat() if entry.revoked_at else None,
        "last_used_at": entry.last_used_at.isoformat() if entry.last_used_at else None,
        "last_used_from": entry.last_used_from,
    }


def _line(entry: Key) -> str:
    until = moment(entry.expires_at.isoformat())
    state = "revoked" if entry.revoked_at else f"until {until}" if entry.is_live else f"expired {until}"
    used = f"last used {moment(entry.last_used_at.isoformat())}" if entry.last_used_at else "never used"
    parts = [entry.kid, entry.owner, ",".join(sorted(entry.scopes)), state, used, entry.label]
    return "  ".join(part for part in parts if part)
