"""A server of models on the loopback that answers as it is told, one behaviour after another."""

import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

Answer = Callable[[dict[str, Any]], Any]
"""What the server says to a request's JSON: a value, or the number of an error's status."""


class FakeModelServer(ThreadingHTTPServer):
    """`answers` are used up one a request, the last one for ever; `asked` keeps path and JSON of each."""

    daemon_threads = True

    def __init__(self, *answers: Answer) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.answers = list(answers)
        self.asked: list[tuple[str, dict[str, Any]]] = []
        self.url = f"http://127.0.0.1:{self.server_port}"


class _Handler(BaseHTTPRequestHandler):
    def do_POST(self) -> None:
        server = self.server
        assert isinstance(server, FakeModelServer)
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        server.asked.append((self.path, body))
        answer = (server.answers.pop(0) if len(server.answers) > 1 else server.answers[0])(body)
        status, said = (answer, {}) if isinstance(answer, int) else (200, answer)
        self.send_response(status)
        self.end_headers()
        self.wfile.write(json.dumps(said).encode())

    def log_message(self, *args: object) -> None:
        """Say nothing."""


@contextmanager
def model_server(*answers: Answer) -> Iterator[FakeModelServer]:
    server = FakeModelServer(*answers)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield server
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
