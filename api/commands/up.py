"""`vade up` and `vade serve`."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from pathlib import Path

import click
import structlog
import uvicorn

from api.app import App
from api.commands.opening import groups_named, opened
from api.http import make_http
from api.terminal import DONE
from core.errors import SettingsError, VadeError
from core.settings import ApiSettings, load_settings
from ingest.schedule.watch import Watch

log = structlog.get_logger()

# An open stream must not keep a stopped server alive.
_GRACE_SECONDS = 5


def run(
    data_dir: Path | None,
    *,
    host: str | None,
    port: int | None,
    user: str | None,
    groups: str,
    works: bool = True,
) -> int:
    """Serve until stopped; with `works`, work on what waits and watch the folders beside it."""
    given = {"host": host, "port": port, "user": user, "groups": groups_named(groups)}
    overrides = {key: value for key, value in given.items() if value}
    settings = load_settings(data_dir, **({"api": overrides} if overrides else {}))
    _refuse_open_doors(settings.api)
    with opened(settings) as app:
        threading.Thread(target=warm_up, args=(app,), name="warm-up", daemon=True).start()
        click.echo(
            f"Vademecum answers at http://{settings.api.host}:{settings.api.port}/ as {settings.api.user}"
        )
        with working(app) if works else nullcontext():
            uvicorn.run(
                make_http(app),
                host=settings.api.host,
                port=settings.api.port,
                log_level="warning",
                access_log=False,
                server_header=False,
                timeout_graceful_shutdown=_GRACE_SECONDS,
            )
    return DONE


@contextmanager
def working(app: App) -> Iterator[None]:
    """Work on what waits and watch the folders; at the end wait for the documents under way."""
    worker = app.worker()
    watch = Watch(app.database, app.settings.ingest.watch, app.ingestion.sync, app.settings.data_dir)
    worker.start()
    watch.start()
    try:
        yield
    finally:
        worker.stop()
        watch.close()
        worker.close()


def warm_up(app: App) -> None:
    """Load what the first question needs; what cannot be loaded is logged now and told by /readyz."""
    try:
        app.warm_up()
    except VadeError as error:
        log.error("warm_up.failed", error=str(error))


def _refuse_open_doors(settings: ApiSettings) -> None:
    """Without sign-in everybody who reaches the port is the configured user.

    Raises: SettingsError if strangers could reach it.
    """
    if settings.host not in {"127.0.0.1", "localhost", "::1"} and not settings.behind_proxy:
        raise SettingsError(
            f"{settings.host} can be reached from other machines, and whoever reaches it would be "
            f"{settings.user}. Listen on 127.0.0.1, or put a proxy that signs people in before it and set "
            "VADE_API__BEHIND_PROXY=true"
        )
