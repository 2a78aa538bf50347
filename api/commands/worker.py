"""`vade worker`."""

import signal
import threading
from pathlib import Path
from types import FrameType

import click

from api.commands.opening import opened
from api.commands.up import working
from api.terminal import DONE


def run(data_dir: Path | None) -> int:
    """Work until stopped; a document under way is brought to its end."""
    asked = threading.Event()

    def stop(number: int, frame: FrameType | None) -> None:
        asked.set()

    with opened(data_dir) as app, working(app):
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, stop)
        click.echo(f"Working on what waits in {app.settings.data_dir}.", err=True)
        asked.wait()
        click.echo("Stopping with the document at hand; what is left is gone on with later.", err=True)
    return DONE
