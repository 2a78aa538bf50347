"""A group of commands whose modules are imported when a command runs, not when help is shown."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import click
from click.shell_completion import CompletionItem

Load = Callable[[], click.Command]


@dataclass(frozen=True, slots=True)
class LazyCommand:
    """A command that is not imported yet."""

    summary: str
    """The line that the group's help shows."""
    load: Load


class LazyGroup(click.Group):
    """Shows its commands by their summaries, and loads a command only to run it."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._lazy: dict[str, LazyCommand] = {}

    def lazy(self, name: str, summary: str) -> Callable[[Load], Load]:
        """Register the function that imports the command `name` and returns it."""

        def register(load: Load) -> Load:
            self._lazy[name] = LazyCommand(summary, load)
            return load

        return register

    def list_commands(self, ctx: click.Context) -> list[str]:
        return sorted(self._lazy)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        lazy = self._lazy.get(cmd_name)
        return lazy.load() if lazy else None

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Commands"):
            formatter.write_dl([(name, self._lazy[name].summary) for name in self.list_commands(ctx)])

    def shell_complete(self, ctx: click.Context, incomplete: str) -> list[CompletionItem]:
        names = (name for name in self.list_commands(ctx) if name.startswith(incomplete))
        commands = [CompletionItem(name, help=self._lazy[name].summary) for name in names]
        return [*commands, *click.Command.shell_complete(self, ctx, incomplete)]
