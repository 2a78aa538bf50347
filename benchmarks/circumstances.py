"""The circumstances of a measurement: date, machine, load and versions."""

import os
import platform
from collections.abc import Sequence
from datetime import UTC, datetime
from importlib.metadata import version
from typing import Any

import torch

from llm.embedding.folder import BUILT_IN, embedder_folder


def circumstances(packages: Sequence[str]) -> dict[str, Any]:
    """Return date, machine and versions; `load` is the mean of runnable processes in the last minute."""
    return {
        "date": datetime.now(UTC).date().isoformat(),
        "machine": machine(),
        "load": round(os.getloadavg()[0], 1),
        "python": platform.python_version(),
        "versions": {package: version(package) for package in packages},
    }


def machine() -> str:
    """Return the machine in words: cores and vector extensions."""
    bf16 = "bf16" if torch.cpu._is_avx512_bf16_supported() else "no bf16"
    return f"{os.cpu_count()} cores, {torch.backends.cpu.get_cpu_capability()}, {bf16}"


def model_folder() -> str:
    """Return the folder of the built-in embedder, which all compared systems use."""
    return str(embedder_folder(BUILT_IN).path)
