"""Opening the application for one command."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from api.app import App, build
from core.logs import configure_logs
from core.permissions import PUBLIC, current_user, principal, scope_of
from core.settings import Settings, load_settings
from core.values.search import AccessScope


@contextmanager
def opened(where: Path | Settings | None) -> Iterator[App]:
    """Give the application over a data folder, or with these settings, and close it."""
    configure_logs()
    app = build(where if isinstance(where, Settings) else load_settings(where))
    try:
        yield app
    finally:
        app.close()


def user_named(name: str | None) -> str:
    """Return `user:NAME`; without a name, whoever runs the command."""
    name = name or current_user()
    return name if name.startswith("user:") else f"user:{name}"


def reader_named(name: str | None, public: bool) -> str:
    """Return the principal that reads what a source says nothing about: all, a group, a user, or you."""
    if public:
        return PUBLIC
    return principal(name if name and name.startswith(("group:", "ext:")) else user_named(name))


def groups_named(names: str) -> tuple[str, ...]:
    """Return the groups in a comma-separated list."""
    return tuple(name.strip() for name in names.split(",") if name.strip())


def scope_named(user: str | None, groups: str) -> AccessScope:
    """Return the scope that the options `--as` and `--groups` describe."""
    return scope_of(user_named(user), groups_named(groups))
