"""The options that narrow a search, and the filter that they make."""

from collections.abc import Callable
from typing import Any, TypeVar

import click

from core.text.labels import SearchFilter

Command = TypeVar("Command", bound=Callable[..., Any])

_DAY = click.DateTime(["%Y-%m-%d"])
_WORDS = {
    "source": ("sources", "URI", "Only from this source, as `vade source list` names it."),
    "type": ("types", "TYPE", "Only this file ending or media type, such as pdf."),
    "language": ("languages", "CODE", "Only passages in this language, such as en or zh."),
    "tag": ("tags", "TAG", "Only documents with this tag."),
    "device": ("devices", "MODEL", "Only documents on this device model."),
}


def filter_options(command: Command) -> Command:
    """Add the options; what is said twice widens, what is said together narrows."""
    options = [
        *(
            click.option(f"--{name}", field, multiple=True, metavar=metavar, help=words)
            for name, (field, metavar, words) in _WORDS.items()
        ),
        click.option(
            "--since", type=_DAY, metavar="DAY", help="Only documents of this day, 2024-03-31, or later."
        ),
        click.option("--as-of", type=_DAY, metavar="DAY", help="Only documents of this day or earlier."),
    ]
    for option in reversed(options):
        command = option(command)
    return command


def filter_of(options: dict[str, Any]) -> SearchFilter:
    """Take what `filter_options` added out of `options`, and return the filter."""
    words = {field: frozenset(options.pop(field)) for field, _, _ in _WORDS.values()}
    since, until = options.pop("since"), options.pop("as_of")
    return SearchFilter(**words, since=since and since.date(), until=until and until.date())
