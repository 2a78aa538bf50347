"""Formats of weights that are not read, and what to do with them."""

from pathlib import Path

from core.errors import ModelError

GGUF_ADVICE = (
    "GGUF is llama.cpp's format: serve the file with `llama-server -m FILE` and choose the generator "
    "`remote`, or fetch the same model as safetensors for `engine` and `hf`"
)


def refuse_gguf(folder: Path) -> None:
    """Refuse a GGUF file, and a folder that holds one and no safetensors. Raises: ModelError."""
    if folder.suffix == ".gguf":
        raise ModelError(f"{folder} is a GGUF file. {GGUF_ADVICE}")
    found = sorted(folder.glob("*.gguf")) if folder.is_dir() else []
    if found and not any(folder.glob("*.safetensors")):
        raise ModelError(f"{folder} holds {found[0].name} and no safetensors. {GGUF_ADVICE}")
