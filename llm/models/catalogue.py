"""Which models are worth a look, and what they need; known without the neural library."""

from dataclasses import dataclass
from typing import Literal

from core.errors import ModelError
from llm.engine.tensors.stream_layout import LATENT_GROUP, StreamLayout
from llm.models.retriever_catalogue import RETRIEVERS

WeightDtype = Literal["bfloat16", "8 bit"]
KvDtype = Literal["model", "int8"]
_KV_ELEMENT_BYTES = 2  # bfloat16


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
    """Return the chat model of that name or repository. Raises: ModelError listing the names known."""
    for card in CATALOGUE:
        if name in (card.name, card.repository):
            return card
    raise ModelError(f"no model is called {name!r}; known are {', '.join(card.name for card in CATALOGUE)}")


def repository_of(name: str) -> tuple[str, str]:
    """Return a model's repository and its short name, of chat models and of those that read.

    `name` is either; a repository that is not listed is called by its last part.

    Raises: ModelError listing the names known.
    """
    for card in (*CATALOGUE, *RETRIEVERS):
        if name in (card.name, card.repository):
            return card.repository, card.name
    if "/" in name:
        return name, name.rsplit("/", 1)[-1]
    known = ", ".join(card.name for card in (*CATALOGUE, *RETRIEVERS))
    raise ModelError(f"no model is called {name!r}; known are {known}")
