"""What a folder of weights does on this machine: loaded, asked one thing, measured."""

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
    """What a folder of weights does on this machine. `refusal` says why the engine does not run it.

    `kv_tokens` is what the engine's pages hold, at `kv_bytes_per_token`; both are 0 where nothing is
    kept in pages. Speed is that of one request alone; `peak_bytes` is the most memory that this
    process has had, device memory not counted.
    """

    backend: Literal["engine", "hf"]
    refusal: str
    model_type: str
    parameters: int
    weight_bytes: int
    kv_bytes_per_token: int
    kv_tokens: int
    max_context_tokens: int
    load_seconds: float
    first_token_seconds: float
    tokens_per_second: float
    peak_bytes: int
    text: str


def check(folder: Path, settings: LlmSettings) -> CheckReport:
    """Load a folder, ask it one thing, and return how that went.

    Raises: ModelError if it cannot be loaded by anything here.
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
    """Return the model running, in the engine if that can be, a token's bytes in pages, and why not."""
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
    """Return when the first and the last token came, how many there were, and the text."""
    first, tokens, text = 0.0, 0, ""
    for part in answer:
        if isinstance(part, Delta) and part.tokens:
            first = first or time.perf_counter()
            tokens += len(part.tokens)
            text += part.text
    return first, time.perf_counter(), tokens, text
