"""Servers of S3 and WebDAV that others wrote: `rclone serve` over a folder, behind a proxy that can fail."""

import http.client
import shutil
import socket
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import pytest
from fakes.waiting import wait_for_port
from integration.ingest.connectors.loopback import Answer, Asked, Web, serving
from integration.ingest.connectors.partners import write

USER, PASSWORD = "AKHUNTER", "hunter2-hunter2-hunter2"
_FOUND = Path(sys.executable).with_name("rclone")
RCLONE = str(_FOUND) if _FOUND.is_file() else shutil.which("rclone")


@contextmanager
def rclone(kind: str, folder: Path, *arguments: str) -> Iterator[int]:
    """Serve a folder; give the port."""
    if RCLONE is None:
        pytest.skip("needs rclone, as `make test` installs it")
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    command = [RCLONE, "serve", kind, "--config", "/dev/null", "--addr", f"127.0.0.1:{port}", *arguments]
    fresh = ["--dir-cache-time", "0s", "--poll-interval", "0"]
    with subprocess.Popen([*command, *fresh, folder], stderr=subprocess.DEVNULL) as server:
        try:
            wait_for_port(port)
            yield port
        finally:
            server.terminate()


class TreePartner:
    """A folder behind a server; `place` and `options` are a subclass's."""

    grants = True
    place: str
    options: Mapping[str, str]

    def __init__(self, folder: Path, port: int) -> None:
        self.folder = folder
        self.port = port
        self.web = Web(0)
        self.failing: set[str] = set()
        self.is_down = False

    def put(self, name: str, text: str) -> None:
        write(self.folder, f"{name.removesuffix('.md')} ü+%/{name}", text)

    def put_beside(self, name: str, file: str, content: bytes) -> None:
        write(self.folder, f"{name.removesuffix('.md')} ü+%/{file}", "").write_bytes(content)

    def remove(self, name: str) -> None:
        (self.folder / f"{name.removesuffix('.md')} ü+%" / name).unlink()

    def grant(self, name: str, *groups: str) -> frozenset[str]:
        readers = [f"group:{group}" for group in groups]
        write(self.folder, f"{name.removesuffix('.md')} ü+%/.vade.yaml", f"read: [{', '.join(readers)}]")
        return frozenset(readers)

    @contextmanager
    def away(self, name: str) -> Iterator[None]:
        self.failing.add(name)
        yield
        self.failing.clear()

    @contextmanager
    def down(self) -> Iterator[None]:
        self.is_down = True
        yield
        self.is_down = False

    def answer(self, asked: Asked) -> Answer:
        if self.is_down or any(asked.path.endswith(name) for name in self.failing):
            return Answer(status=500)
        connection = http.client.HTTPConnection("127.0.0.1", self.port)
        try:
            connection.request(asked.method, asked.target, asked.content or None, dict(asked.headers))
            response = connection.getresponse()
            kept = {"etag", "content-type", "last-modified", "content-encoding"}
            headers = {name: value for name, value in response.getheaders() if name.lower() in kept}
            return Answer(status=response.status, content=response.read(), headers=headers)
        finally:
            connection.close()


@contextmanager
def behind(partner: TreePartner) -> Iterator[TreePartner]:
    """Put the partner's server behind a proxy that can fail."""
    with serving(partner.answer) as partner.web:
        yield partner
