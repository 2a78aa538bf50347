"""`vade up`, `vade serve` and `vade worker`: the commands that run until they are stopped."""

from __future__ import annotations

import logging
import signal
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from types import FrameType
from typing import TYPE_CHECKING, Any

import click

from api.cli.opening import opened
from api.cli.options import Asker, asker_options, groups_named
from api.cli.terminal import DONE, echo, exiting
from core.errors import SettingsError, VadeError

if TYPE_CHECKING:
    from api.app import App
    from core.settings import ApiSettings, Settings


def _serving_options(command: Callable[..., Any]) -> Callable[..., Any]:
    for option in (
        asker_options("Who asks through the page. Default: you."),
        click.option("--port", type=click.IntRange(1, 65535), help="Default: 8000."),
        click.option("--host", help="Address to listen on. Default: 127.0.0.1."),
    ):
        command = option(command)
    return command


@click.command()
@_serving_options
@exiting
def up(data_dir: Path | None, host: str | None, port: int | None, asker: Asker) -> int:
    """Serve the page and the HTTP interface on this machine, and ingest documents beside them."""
    from api.http.listening import listening

    settings = _settings(data_dir, host, port, asker)
    with listening(settings.api.host, settings.api.port) as sockets, opened(settings) as app, working(app):
        _serve(app, sockets)
    return DONE


@click.command()
@_serving_options
@exiting
def serve(data_dir: Path | None, host: str | None, port: int | None, asker: Asker) -> int:
    """Serve the page and the HTTP interface; leave ingestion to `vade worker`."""
    from api.http.listening import listening

    settings = _settings(data_dir, host, port, asker)
    with listening(settings.api.host, settings.api.port) as sockets, opened(settings) as app:
        _serve(app, sockets)
    return DONE


@click.command()
@exiting
def worker(data_dir: Path | None) -> int:
    """Work on the jobs of all sources and run the nightly sync, until stopped.

    Several may run, on one machine or many that share a database: each takes another source. SIGTERM
    ends it with the document at hand.
    """
    stopped = threading.Event()

    def stop(number: int, frame: FrameType | None) -> None:
        stopped.set()

    with opened(data_dir) as app, working(app), reading_uploads(app):
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, stop)
        echo(f"Working on the jobs in {app.settings.data_dir}.", err=True)
        stopped.wait()
        echo("Stopping after the document at hand; the other jobs are done later.", err=True)
    return DONE


@contextmanager
def working(app: App) -> Iterator[None]:
    """Work on jobs and watch the folders; in the end, wait for the documents under way."""
    from api.app import make_watch, make_worker

    worker, watch = make_worker(app), make_watch(app)
    worker.start()
    watch.start()
    try:
        yield
    finally:
        worker.stop()
        watch.close()
        worker.close()


@contextmanager
def reading_uploads(app: App) -> Iterator[None]:
    """Read the uploads that wait in the data folder, as the server does beside its requests."""
    from api.app import make_upload_worker

    uploads = make_upload_worker(app)
    uploads.start()
    try:
        yield
    finally:
        uploads.close()


def warm_up(app: App) -> None:
    """Load what the first question needs; a failure is logged now, and reported by /readyz."""
    import structlog

    try:
        app.readiness.warm_up()
    except VadeError as error:
        structlog.get_logger().error("warm_up.failed", error=str(error))


def _settings(data_dir: Path | None, host: str | None, port: int | None, asker: Asker) -> Settings:
    from core.settings import load_settings

    given = {"host": host, "port": port, "user": asker.user, "groups": groups_named(asker.groups)}
    overrides = {key: value for key, value in given.items() if value}
    settings = load_settings(data_dir, **({"api": overrides} if overrides else {}))
    _refuse_open_doors(settings.api)
    return settings


def _serve(app: App, sockets: list[socket.socket]) -> None:
    """Serve until SIGINT or SIGTERM."""
    import uvicorn

    from api.http.connections import server_config
    from api.http.server import make_http
    from core.logs import LibraryLog

    settings = app.settings.api
    threading.Thread(target=warm_up, args=(app,), name="warm-up", daemon=True).start()
    echo(_welcome(app))
    logging.getLogger("uvicorn").addHandler(LibraryLog())
    with suppress(KeyboardInterrupt):  # raised again by uvicorn once it has stopped
        uvicorn.Server(server_config(make_http(app), settings)).run(sockets=sockets)


def _welcome(app: App) -> str:
    """Return what is said at the start; with sign-in, how the first administrator gets in."""
    settings = app.settings.api
    place = f"Vademecum answers at http://{settings.host}:{settings.port}/"
    if not settings.sign_in:
        return f"{place} as {settings.user}"
    from admin.identity.accounts import link_for_first_administrator
    from api.cli.commands.identity.user import sign_in_link

    token = link_for_first_administrator(app.database)
    first = f"\nNo administrator has a password yet. Choose one, once, at\n  {sign_in_link(settings, token)}"
    return f"{place} to those who sign in{first if token else ''}"


def _refuse_open_doors(settings: ApiSettings) -> None:
    """Refuse to listen to other machines without sign-in or a proxy: every caller would be one user.

    Raises: SettingsError if strangers could reach the server.
    """
    local = settings.host in {"127.0.0.1", "localhost", "::1"}
    if not (local or settings.behind_proxy or settings.sign_in):
        raise SettingsError(
            f"other machines can reach {settings.host}, and everybody there would act as {settings.user}. "
            "Listen on 127.0.0.1, let people sign in with VADE_API__SIGN_IN=true, or put a proxy that signs "
            "them in before it and set VADE_API__BEHIND_PROXY=true"
        )
