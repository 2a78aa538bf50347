"""Which models are worth a look, what they need, and what a folder of weights can do here."""

import resource
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from core.errors import ModelError
from core.settings import EngineSettings, HfSettings
from llm.engine.chat import ChatRequest, Message
from llm.engine.errors import UnsupportedModelError
from llm.engine.layout import watch_layout
from llm.engine.loader import check_config, load_model, open_engine
from llm.engine.request import Delta, Finish, Sampling
from llm.engine.store import LATENT_GROUP, StreamLayout
from llm.hf import open_hf

WeightDtype = Literal["bfloat16", "8 bit"]
KvDtype = Literal["model", "int8"]
_KV_ELEMENT_BYTES = 2  # bfloat16
_CHECK_PROMPT = "Say in one sentence what a boiler does."
_CHECK_TOKENS = 32


@dataclass(frozen=True, slots=True)
class KvShape:
    """What one token leaves in the pages of all layers."""

    layers: int
    streams: tuple[StreamLayout, StreamLayout]

    def bytes_per_token(self, kv_dtype: KvDtype) -> int:
        """Memory of one token."""
        return self.layers * sum(one.bytes_per_token(_KV_ELEMENT_BYTES, kv_dtype) for one in self.streams)


def grouped(layers: int, heads: int, width: int) -> KvShape:
    """Return the shape of grouped-query attention: keys and values of `heads` heads."""
    stream = StreamLayout(heads, width, width)
    return KvShape(layers, (stream, stream))


def latent(layers: int, width: int = 512, rotated: int = 64) -> KvShape:
    """Return the shape of multi-head latent attention, by default DeepSeek's."""
    return KvShape(layers, (StreamLayout(1, width, LATENT_GROUP), StreamLayout(1, rotated, 0)))


@dataclass(frozen=True, slots=True)
class ModelCard:
    """A model by name. Sizes are parameters, `context` tokens; licences must be read again before use.

    `kv` is None where layers keep no pages; `backends` name what runs it, the best first.
    """

    name: str
    repository: str
    tier: str
    parameters: float
    active: float
    licence: str
    context: int
    kv: KvShape | None
    backends: tuple[str, ...]

    def weight_bytes(self, dtype: WeightDtype = "bfloat16") -> int:
        """Memory of the weights."""
        return int(self.parameters * (2 if dtype == "bfloat16" else 1))

    def kv_bytes(self, context: int, batch: int, kv_dtype: KvDtype = "model") -> int:
        """Memory of `batch` requests of `context` tokens each, nothing of them shared."""
        return self.kv.bytes_per_token(kv_dtype) * context * batch if self.kv else 0


_APACHE = "Apache-2.0"
CATALOGUE = (
    ModelCard("granite-3.1-1b", "ibm-granite/granite-3.1-1b-a400m-instruct", "laptop", 1.33e9, 0.4e9, _APACHE,
              131072, grouped(24, 8, 64), ("engine", "remote", "hf")),
    ModelCard("granite-3.1-3b", "ibm-granite/granite-3.1-3b-a800m-instruct", "laptop", 3.3e9, 0.8e9, _APACHE,
              131072, grouped(32, 8, 64), ("engine", "remote", "hf")),
    ModelCard("olmoe-1b-7b", "allenai/OLMoE-1B-7B-0125-Instruct", "laptop", 6.9e9, 1.2e9, _APACHE,
              4096, grouped(16, 16, 128), ("engine", "remote", "hf")),
    ModelCard("granite-4.0-h-tiny", "ibm-granite/granite-4.0-h-tiny", "laptop", 7e9, 1e9, _APACHE,
              131072, None, ("remote", "hf")),
    ModelCard("gpt-oss-20b", "openai/gpt-oss-20b", "24 GB GPU", 20.9e9, 3.6e9, _APACHE,
              131072, grouped(24, 8, 64), ("remote", "engine")),
    ModelCard("moonlight-16b", "moonshotai/Moonlight-16B-A3B-Instruct", "24 GB GPU", 15.3e9, 2.2e9, "MIT",
              8192, latent(27), ("engine", "remote")),
    ModelCard("deepseek-v2-lite", "deepseek-ai/DeepSeek-V2-Lite-Chat", "24 GB GPU", 15.7e9, 2.4e9, "DeepSeek",
              32768, latent(27), ("engine", "remote")),
    ModelCard("qwen3-30b", "Qwen/Qwen3-30B-A3B-Instruct-2507", "80 GB GPU", 30.5e9, 3.3e9, _APACHE,
              262144, grouped(48, 4, 128), ("engine", "remote")),
    ModelCard("glm-4.7-flash", "zai-org/GLM-4.7-Flash", "80 GB GPU", 30e9, 3e9, "MIT",
              131072, latent(47), ("engine", "remote")),
    ModelCard("mixtral-8x7b", "mistralai/Mixtral-8x7B-Instruct-v0.1", "80 GB GPU", 46.7e9, 12.9e9, _APACHE,
              32768, grouped(32, 8, 128), ("remote", "engine")),
    ModelCard("gpt-oss-120b", "openai/gpt-oss-120b", "several GPUs", 117e9, 5.1e9, _APACHE,
              131072, grouped(36, 8, 64), ("remote",)),
    ModelCard("qwen3-235b", "Qwen/Qwen3-235B-A22B-Instruct-2507", "several GPUs", 235e9, 22e9, _APACHE,
              262144, grouped(94, 4, 128), ("remote",)),
    ModelCard("deepseek-v3", "deepseek-ai/DeepSeek-V3", "several GPUs", 671e9, 37e9, "MIT",
              131072, latent(61), ("remote",)),
)  # fmt: skip


def find_card(name: str) -> ModelCard:
    """Return the model of that name or repository. Raises: ModelError listing the names known."""
    for card in CATALOGUE:
        if name in (card.name, card.repository):
            return card
    raise ModelError(f"no model is called {name!r}; known are {', '.join(card.name for card in CATALOGUE)}")


@dataclass(frozen=True, slots=True)
class CheckReport:
    """What a folder of weights does on this machine. `refusal` says why the engine does not run it.

    `kv_bytes_per_token` is 0 where nothing is kept in pages. Times are seconds, speed is tokens per
    second of one request; `peak_bytes` is the most memory that this process has had.
    """

    backend: Literal["engine", "hf"]
    refusal: str
    model_type: str
    parameters: int
    weight_bytes: int
    kv_bytes_per_token: int
    max_context_tokens: int
    load_seconds: float
    first_token_seconds: float
    tokens_per_second: float
    peak_bytes: int
    text: str


def check(folder: Path, settings: EngineSettings, device: str = "cpu", dtype: str = "auto") -> CheckReport:
    """Load a folder, ask it one thing, and return how that went.

    Raises: ModelError if it cannot be loaded by anything here.
    """
    start = time.perf_counter()
    model = load_model(folder, device, dtype)
    facts = (model.config.model_type, model.num_parameters(), sum(one.nbytes for one in model.parameters()))
    refusal = _refusal(folder)
    kv_bytes = 0 if refusal else watch_layout(model).bytes_per_token(settings.kv_dtype)
    del model
    opened = (
        open_hf(folder, HfSettings(), device, dtype)
        if refusal
        else open_engine(folder, settings, device, dtype)
    )
    loaded = time.perf_counter()
    try:
        first, last, tokens, text = _try_out(opened.stream(_check_request()))
    finally:
        opened.close()
    return CheckReport(
        "hf" if refusal else "engine", refusal, *facts, kv_bytes, opened.max_context_tokens,
        load_seconds=loaded - start,
        first_token_seconds=first - loaded,
        tokens_per_second=tokens / max(last - loaded, 1e-9),
        peak_bytes=resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024,
        text=text,
    )  # fmt: skip


def _refusal(folder: Path) -> str:
    try:
        check_config(folder)
    except UnsupportedModelError as error:
        return str(error)
    return ""


def _check_request() -> ChatRequest:
    return ChatRequest((Message("user", _CHECK_PROMPT),), Sampling(max_tokens=_CHECK_TOKENS))


def _try_out(answer: Iterator[Delta | Finish]) -> tuple[float, float, int, str]:
    """Return when the first and the last token came, how many there were, and the text."""
    first, tokens, text = 0.0, 0, ""
    for part in answer:
        if isinstance(part, Delta):
            first = first or time.perf_counter()
            tokens += len(part.tokens)
            text += part.text
    return first, time.perf_counter(), tokens, text
