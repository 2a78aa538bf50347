"""vLLM as a child process: the command that serves a folder over OpenAI's protocol."""

import shutil
from pathlib import Path

from core.errors import ModelError


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
