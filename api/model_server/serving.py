"""Loads a folder into the engine and serves it until it is stopped."""

import logging
from collections.abc import Callable
from contextlib import closing, suppress
from ipaddress import ip_address
from pathlib import Path

import uvicorn

from api.http.connections import limited_protocol
from api.http.listening import listening
from api.model_server.server import Serving, make_model_server
from core.errors import SettingsError
from core.logs import LibraryLog
from core.settings import LlmSettings
from llm.engine.loader import open_engine

_HEAD_SECONDS = 30.0
_GRACE_SECONDS = 5
_LOOPBACK = ("127.0.0.1", "localhost", "[::1]")


def serve_engine(
    folder: Path,
    settings: LlmSettings,
    name: str,
    address: tuple[str, int],
    context: int,
    say: Callable[[str], None],
) -> None:
    """Serve the model in a folder at `address`, a host and a port, until SIGINT or SIGTERM.

    `say` takes the line that tells where it answers.

    Raises: SettingsError if the port is taken, or if other machines could ask without a key; ModelError if
    the engine cannot run the model.
    """
    host, port = address
    key = settings.remote.api_key.get_secret_value()
    if not key and not _is_loopback(host):
        raise SettingsError(
            f"other machines can reach {host}, and everybody there could use the model; set "
            "VADE_LLM__REMOTE__API_KEY, or listen on 127.0.0.1"
        )
    engine = settings.engine.model_copy(update={"max_context_tokens": context})
    with (
        listening(host, port) as sockets,
        closing(open_engine(folder, engine, settings.device, settings.dtype)) as chat,
    ):
        serving = Serving(
            chat=chat,
            name=name,
            key=key,
            hosts=_LOOPBACK if _is_loopback(host) else ("*",),
            default_tokens=settings.max_answer_tokens,
            timeout_seconds=settings.max_answer_seconds,
        )
        say(f"{name} answers at http://{host}:{port}/v1, up to {chat.max_context_tokens:,} tokens")
        logging.getLogger("uvicorn").addHandler(LibraryLog())
        with suppress(KeyboardInterrupt):  # raised again by uvicorn once it has stopped
            uvicorn.Server(_config(serving)).run(sockets=sockets)


def _config(serving: Serving) -> uvicorn.Config:
    return uvicorn.Config(
        make_model_server(serving),
        http=limited_protocol(_HEAD_SECONDS),
        ws="none",
        log_config=None,
        log_level="warning",
        access_log=False,
        server_header=False,
        timeout_graceful_shutdown=_GRACE_SECONDS,
    )


def _is_loopback(host: str) -> bool:
    try:
        return host == "localhost" or ip_address(host).is_loopback
    except ValueError:  # another name
        return False
