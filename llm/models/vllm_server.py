"""vLLM as a child process that serves a folder over OpenAI's protocol."""

import shutil
import signal
import subprocess
from pathlib import Path
from types import FrameType

from core.errors import ModelError

_GRACE_SECONDS = 20
_STOPPING = (signal.SIGHUP, signal.SIGINT, signal.SIGTERM)


def vllm_command(folder: Path, name: str, host: str, port: int, max_context_tokens: int) -> list[str]:
    """Return the argument list that starts vLLM; never a shell line.

    Raises: ModelError if vLLM is not installed.
    """
    program = shutil.which("vllm")
    if program is None:
        raise ModelError("vLLM is not installed; install it beside Vademecum, or serve the folder elsewhere")
    return [
        program, "serve", str(folder), "--served-model-name", name, "--host", host, "--port", str(port),
        "--max-model-len", str(max_context_tokens), "--enable-prefix-caching",
    ]  # fmt: skip


def run_child(command: list[str]) -> int:
    """Run a command to its end and return its exit code; 0 if a signal to this process ended it.

    To be called from the main thread. SIGHUP, SIGINT and SIGTERM are passed on to the child; a child that
    is still alive 20 seconds later is killed.
    """
    child = subprocess.Popen(command, process_group=0)  # noqa: S603 (a list that we made, no shell)
    received: list[int] = []

    def pass_on(number: int, frame: FrameType | None) -> None:
        received.append(number)
        child.send_signal(number)
        signal.alarm(_GRACE_SECONDS)

    def kill(number: int, frame: FrameType | None) -> None:
        child.kill()

    handlers = {signal.SIGALRM: kill} | dict.fromkeys(_STOPPING, pass_on)
    before = {number: signal.signal(number, handler) for number, handler in handlers.items()}
    try:
        code = child.wait()
    finally:
        signal.alarm(0)
        for number, handler in before.items():
            signal.signal(number, handler)
    return 0 if received else code
