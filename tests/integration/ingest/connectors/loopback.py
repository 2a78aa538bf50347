"""A web server on this machine that answers as a test says."""

import threading
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlsplit


@dataclass(frozen=True, kw_only=True)
class Asked:
    """A request; header names are lower case."""

    method: str
    target: str
    headers: Mapping[str, str]
    content: bytes = b""

    @property
    def path(self) -> str:
        return urlsplit(self.target).path

    @property
    def query(self) -> dict[str, str]:
        return {key: values[0] for key, values in parse_qs(urlsplit(self.target).query).items()}


@dataclass(frozen=True, kw_only=True)
class Answer:
    """An answer; parts of an unmeasured one are sent as they come, in chunks."""

    status: int = 200
    content: bytes | str = b""
    headers: Mapping[str, str] = field(default_factory=dict)
    parts: Iterable[bytes] | None = None


Answering = Callable[[Asked], Answer]


class Web:
    """Where a server is, and what it was asked."""

    def __init__(self, port: int) -> None:
        self.port = port
        self.url = f"http://127.0.0.1:{port}"
        self.asked: list[Asked] = []

    def paths(self) -> list[str]:
        return [asked.path for asked in self.asked]


@contextmanager
def serving(answering: Answering) -> Iterator[Web]:
    """Serve on a free port."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def handle_one_request(self) -> None:
            try:
                super().handle_one_request()
            except OSError:  # the client has had enough
                self.close_connection = True

        def answer(self) -> None:
            length = int(self.headers.get("Content-Length") or 0)
            headers = {name.lower(): value for name, value in self.headers.items()}
            asked = Asked(
                method=self.command, target=self.path, headers=headers, content=self.rfile.read(length)
            )
            web.asked.append(asked)
            self.send(answering(asked))

        do_GET = do_PROPFIND = do_POST = answer

        def send(self, answer: Answer) -> None:
            raw = answer.content.encode() if isinstance(answer.content, str) else answer.content
            self.send_response(answer.status)
            length = {} if answer.parts is not None else {"Content-Length": str(len(raw))}
            if answer.parts is not None:
                length = {"Transfer-Encoding": "chunked"}
            for name, value in {**length, **answer.headers}.items():
                self.send_header(name, value)
            self.end_headers()
            if answer.parts is None:
                self.wfile.write(raw if answer.status != 304 else b"")
                return
            for part in answer.parts:
                self.wfile.write(f"{len(part):x}\r\n".encode() + part + b"\r\n")
            self.wfile.write(b"0\r\n\r\n")

        def log_message(self, format: str, *args: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    web = Web(server.server_address[1])
    thread = threading.Thread(target=server.serve_forever, args=(0.02,))
    thread.start()
    try:
        yield web
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
