"""The check of a chat model: it answers a real prompt and is measured, on this machine or on a server."""

import resource
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from transformers import PreTrainedModel

from core.errors import UnsupportedModelError
from core.settings import LlmSettings
from llm.chat.hf import HfChat
from llm.chat.remote import RemoteChat
from llm.engine.loader import check_config, load_codec, load_model, run_engine
from llm.engine.model.attention import detach
from llm.engine.model.layout import watch_layout
from llm.engine.serving import EngineChat
from llm.models.trial import Trial, try_out

# Linux counts the peak in KiB, macOS in bytes.
_PEAK_UNIT = 1 if sys.platform == "darwin" else 1024


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckReport:
    """The measures of a chat model on this machine."""

    backend: Literal["engine", "hf"]
    """The back end that ran it."""
    refusal: str
    """Why the engine does not run it; empty if it does."""
    model_type: str
    """The `model_type` in its config."""
    parameters: int
    weight_bytes: int
    kv_bytes_per_token: int
    """The memory of one token in the engine's pages; 0 if its layers keep no pages."""
    kv_tokens: int
    """How many tokens the engine's pages hold; 0 if the engine does not run it."""
    max_context_tokens: int
    load_seconds: float
    peak_bytes: int
    """The peak memory of this process, without device memory."""
    trial: Trial


def check_remote(settings: LlmSettings) -> Trial:
    """Ask the server of the settings one question as an asker would, and return how it answered.

    Raises: ModelError if it does not answer, has no such model, or refuses the prompt.
    """
    chat = RemoteChat(settings.remote)
    try:
        chat.check()
        return try_out(chat)
    finally:
        chat.close()


def check(folder: Path, settings: LlmSettings) -> CheckReport:
    """Load the model in a folder, ask it one question, and return its measures.

    Raises: ModelError if neither back end can load it.
    """
    start = time.perf_counter()
    model = load_model(folder, settings.device, settings.dtype)
    chat, kv_bytes, refusal = _open(folder, model, settings)
    kv_tokens = chat.snapshot().pages * settings.engine.page_tokens if isinstance(chat, EngineChat) else 0
    loaded = time.perf_counter()
    try:
        trial = try_out(chat)
    finally:
        chat.close()
    return CheckReport(
        backend="hf" if refusal else "engine",
        refusal=refusal,
        model_type=model.config.model_type,
        parameters=model.num_parameters(),
        weight_bytes=sum(one.nbytes for one in model.parameters()),
        kv_bytes_per_token=kv_bytes,
        kv_tokens=kv_tokens,
        max_context_tokens=chat.max_context_tokens,
        load_seconds=loaded - start,
        peak_bytes=resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * _PEAK_UNIT,
        trial=trial,
    )


def _open(
    folder: Path, model: PreTrainedModel, settings: LlmSettings
) -> tuple[EngineChat | HfChat, int, str]:
    """Return the running model, the bytes of a token in pages, and why the engine does not run it."""
    try:
        check_config(folder)
        kv_bytes = watch_layout(model).bytes_per_token(settings.engine.kv_dtype)
        return run_engine(folder, model, settings.engine), kv_bytes, ""
    except UnsupportedModelError as error:
        detach(model)
        return HfChat(folder.name, model, load_codec(folder, model), settings.hf), 0, str(error)
