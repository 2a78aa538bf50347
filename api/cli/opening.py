"""Opening the application for one command."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from api.app import App
    from core.settings import Settings


@contextmanager
def opened(where: Path | Settings | None) -> Iterator[App]:
    """Give the application over a data folder, or with these settings, and close it in the end."""
    from api.app import build
    from core.logs import configure_logs
    from core.settings import Settings, load_settings

    configure_logs()
    app = build(where if isinstance(where, Settings) else load_settings(where))
    try:
        yield app
    finally:
        app.close()
