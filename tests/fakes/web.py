"""A browser's side of the HTTP interface, without a socket."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from fakes.application import make_app
from fakes.embedder import FakeEmbedder
from fastapi.testclient import TestClient

from api.app import App
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
