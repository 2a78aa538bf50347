"""The check of a chat model: it is loaded on this machine, answers one question and is measured."""

import resource
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from transformers import PreTrainedModel

from core.errors import UnsupportedModelError
from core.settings import LlmSettings
from llm.chat.hf import HfChat
from llm.engine.loader import check_config, load_codec, load_model, run_engine
from llm.engine.model.attention import detach
from llm.engine.model.layout import watch_layout
from llm.engine.request import Delta, Finish, Sampling
from llm.engine.serving import EngineChat
from llm.engine.text.conversation import ChatRequest, Message

_PROMPT = "Say in one sentence what a boiler does."
_ANSWER_TOKENS = 32
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
    first_token_seconds: float
    """From the request to the first token."""
    tokens_per_second: float
    """The speed of a single request after its first token."""
    peak_bytes: int
    """The peak memory of this process, without device memory."""
    text: str
    """The answer."""


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
        first, last, tokens, text = _try_out(chat.stream(_request()))
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
        first_token_seconds=first - loaded,
        tokens_per_second=tokens / max(last - loaded, 1e-9),
        peak_bytes=resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * _PEAK_UNIT,
        text=text,
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


def _request() -> ChatRequest:
    return ChatRequest(messages=(Message("user", _PROMPT),), sampling=Sampling(max_tokens=_ANSWER_TOKENS))


def _try_out(answer: Iterator[Delta | Finish]) -> tuple[float, float, int, str]:
    """Return the times of the first and the last token, the number of tokens, and the text."""
    first, tokens, text = 0.0, 0, ""
    for part in answer:
        if isinstance(part, Delta) and part.tokens:
            first = first or time.perf_counter()
            tokens += len(part.tokens)
            text += part.text
    return first, time.perf_counter(), tokens, text
