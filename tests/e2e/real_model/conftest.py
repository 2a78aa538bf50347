"""Real weights, the demo's documents, and a server of the engine as operators start it."""

import json
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest
from e2e.real_model.weights import MISSING, folder_of, given
from fakes.programs.command import Vade
from fakes.waiting import wait_until

from api.app import App, build
from core.settings import load_settings

NAME = "smollm2"
# So small a model loses itself in a long prompt, and never stops by itself.
FEW = 4
LLM: dict[str, Any] = {
    "max_answer_tokens": 64,
    "engine": {"memory_bytes": 400_000_000, "max_context_tokens": 1400},
}


@pytest.fixture(scope="session")
def weights(tmp_path_factory: pytest.TempPathFactory) -> Path:
    found = given()
    if found is None:
        pytest.skip(MISSING)
    return folder_of(found, tmp_path_factory.mktemp("weights"))


class ModelServer:
    """`vade model serve --engine` in a process of its own."""

    def __init__(self, weights: Path, context: int) -> None:
        with closing(socket.create_server(("127.0.0.1", 0))) as free:
            port = free.getsockname()[1]
        self.url = f"http://127.0.0.1:{port}/v1"
        program = [sys.executable, "-c", "from api.cli.main import main; main()"]
        options = ["--name", NAME, "--port", str(port), "--context", str(context)]
        command = [*program, "model", "serve", "--engine", *options, str(weights)]
        environment = os.environ | {"VADE_LLM__ENGINE__MEMORY_BYTES": "400000000"}
        self.process = subprocess.Popen(command, env=environment, stdout=subprocess.DEVNULL)
        wait_until(self._answers, 240)

    def _answers(self) -> bool:
        assert self.process.poll() is None, "the server ended"
        try:
            return httpx.get(f"{self.url}/models", trust_env=False, timeout=2).status_code == 200
        except httpx.HTTPError:
            return False

    def stop(self) -> None:
        self.process.send_signal(signal.SIGCONT)
        self.process.kill()
        self.process.wait()


@pytest.fixture(scope="session")
def server(weights: Path) -> Iterator[ModelServer]:
    """A server that tests only ask."""
    server = ModelServer(weights, 1400)
    yield server
    server.stop()


@contextmanager
def answering(demo: Vade, generator: str, weights: Path, passages: int = FEW, **remote: Any) -> Iterator[App]:
    """Give the application over the demo's documents with a generator of real weights."""
    llm = LLM | {"generator": generator, "model": weights, "remote": {"model": NAME, **remote}}
    app = build(load_settings(demo.data_dir, llm=llm, retrieval={"passages": passages}))
    try:
        yield app
    finally:
        app.close()


Questions = Callable[[int], list[dict[str, Any]]]


@pytest.fixture(scope="session")
def questions() -> Questions:
    """The demo's questions, each n-th of them."""
    file = Path(__file__).parents[3] / "deploy" / "demo" / "questions.jsonl"
    lines = [json.loads(line) for line in file.read_text("utf-8").splitlines()]
    return lambda every: lines[::every]
