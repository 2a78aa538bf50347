"""Options that several commands share, each group of them given to a command as one value."""

import functools
import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any, TypeVar

import click

from core.permissions import PUBLIC, current_user, principal, scope_of
from core.text.labels import SearchFilter
from core.values.search import AccessScope
from ingest.uris import file_uri

Command = Callable[..., Any]
Option = Callable[[Command], Command]
Value = TypeVar("Value")
_WORDS = {
    "source": ("sources", "URI", "Only from this source, as `vade source list` names it, or its folder."),
    "type": ("types", "TYPE", "Only these file endings or media types, such as pdf or pdf,docx."),
    "language": ("languages", "LANGUAGE", "Only passages in these languages, such as en, English or en,zh."),
    "tag": ("tags", "TAG", "Only documents with this tag."),
    "device": ("devices", "MODEL", "Only documents on this device model."),
}


@dataclass(frozen=True, slots=True)
class Asker:
    """The user that `--as` names, and the list of groups that `--groups` names."""

    user: str | None
    groups: str

    @property
    def scope(self) -> AccessScope:
        """The scope of what the asker may read."""
        return scope_of(user_named(self.user), groups_named(self.groups))


@dataclass(frozen=True, slots=True)
class Owner:
    """The reader that `--as` or `--public` names for documents whose readers a source does not name."""

    user: str | None
    public: bool

    @property
    def is_named(self) -> bool:
        """Whether an option names the reader; otherwise it is the user who runs the command."""
        return self.public or self.user is not None

    @property
    def name(self) -> str:
        """The user as `user:NAME`; what a user hands in on standard input is one source."""
        return user_named(self.user)

    @property
    def reader(self) -> str:
        """The principal: everybody, a group or a user."""
        if self.public:
            return PUBLIC
        if self.user and self.user.startswith(("group:", "ext:")):
            return principal(self.user)
        return principal(self.name)


def asker_options(help_of_as: str = "Ask as this user. Default: you.") -> Option:
    """Add `--as` and `--groups`; the command takes them as `asker`."""
    options = [
        click.option("--as", "user", metavar="user:NAME", help=help_of_as),
        click.option("--groups", default="", metavar="A,B", help="The groups that the asker is in."),
    ]
    return _taken_as("asker", Asker, ("user", "groups"), options)


def owner_options(command: Command) -> Command:
    """Add `--public` and `--as`; the command takes them as `owner`."""
    options = [
        click.option(
            "--public",
            is_flag=True,
            help="Everybody reads the documents whose readers the source does not name.",
        ),
        click.option(
            "--as",
            "user",
            metavar="user:NAME|group:NAME",
            help="Who reads the documents whose readers the source does not name. Default: you.",
        ),
    ]
    return _taken_as("owner", Owner, ("user", "public"), options)(command)


def filter_options(command: Command) -> Command:
    """Add the options that narrow a search; the command takes them as `within`.

    An option that is repeated widens the search, different options together narrow it.
    """
    options = [
        *(
            click.option(f"--{name}", field, multiple=True, metavar=metavar, help=words)
            for name, (field, metavar, words) in _WORDS.items()
        ),
        click.option(
            "--since", type=_day, metavar="DAY", help="Only documents of this day, 2024-03-31, or later."
        ),
        click.option("--as-of", type=_day, metavar="DAY", help="Only documents of this day or earlier."),
    ]
    fields = (*(field for field, _, _ in _WORDS.values()), "since", "as_of")
    return _taken_as("within", _filter, fields, options)(command)


def user_named(name: str | None) -> str:
    """Return `user:NAME`; without a name, the user who runs the command."""
    name = name or current_user()
    return name if name.startswith("user:") else f"user:{name}"


def groups_named(names: str) -> tuple[str, ...]:
    """Return the groups in a comma-separated list."""
    return tuple(name.strip() for name in names.split(",") if name.strip())


def _taken_as(
    name: str, make: Callable[..., Value], fields: tuple[str, ...], options: Sequence[Option]
) -> Option:
    """Return a decorator that adds options and passes their values to the command as one argument."""

    def decorate(command: Command) -> Command:
        @functools.wraps(command)
        def wrapped(*args: Any, **values: Any) -> Any:
            value = make(**{field: values.pop(field) for field in fields})
            return command(*args, **values, **{name: value})

        decorated: Command = wrapped
        for option in reversed(options):
            decorated = option(decorated)
        return decorated

    return decorate


def _filter(since: date | None, as_of: date | None, **words: tuple[str, ...]) -> SearchFilter:
    words["sources"] = tuple(map(_source_named, words["sources"]))
    for field in ("types", "languages"):
        words[field] = tuple(one.strip() for word in words[field] for one in word.split(","))
    return SearchFilter(
        **{field: frozenset(values) for field, values in words.items()},
        since=since,
        until=as_of,
    )


def _day(text: str) -> date:
    """Return a day as ISO 8601 has it. Raises: BadParameter."""
    try:
        return date.fromisoformat(text)
    except ValueError as error:
        raise click.BadParameter(f"{text!r} is not a day; write it as 2024-03-31") from error


def _source_named(name: str) -> str:
    """Return the URI of a source that is named by its folder or file; other names as they are."""
    path = Path(name).expanduser()
    return file_uri(Path(os.path.abspath(path))) if ":" not in name and path.exists() else name
