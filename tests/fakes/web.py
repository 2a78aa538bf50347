"""The HTTP interface as its callers see it, without a socket and with one."""

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import uvicorn
from fakes.application import make_app
from fakes.embedder import FakeEmbedder
from fastapi.testclient import TestClient

from api.app import App
from api.http.connections import server_config
from api.http.server import make_http


@contextmanager
def visiting(
    data_dir: Path, embedder: FakeEmbedder | None = None, **api: object
) -> Iterator[tuple[TestClient, App]]:
    """Give a client of an application over `data_dir`; `api` are settings of the HTTP edge."""
    app = make_app(data_dir, embedder, api={"user": "ann", **api})
    with TestClient(make_http(app), base_url="http://localhost", raise_server_exceptions=False) as client:
        yield client, app
    app.close()


@contextmanager
def serving(app: App) -> Iterator[tuple[str, int]]:
    """Serve an application on a port of this machine; give its address."""
    server = uvicorn.Server(server_config(make_http(app), app.settings.api))
    with socket.create_server(("127.0.0.1", 0)) as listener:
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]})
        thread.start()
        yield listener.getsockname()
        server.should_exit = True
        thread.join()
    app.close()
