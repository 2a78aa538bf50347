"""The catalogue of recommended chat models and their memory, without the neural library."""

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
    """The keys and values that one token takes in the pages of all layers."""

    layers: int
    streams: tuple[StreamLayout, StreamLayout]

    def bytes_per_token(self, kv_dtype: KvDtype) -> int:
        """Return the memory of one token in bytes."""
        return self.layers * sum(one.bytes_per_token(_KV_ELEMENT_BYTES, kv_dtype) for one in self.streams)


def grouped(layers: int, heads: int, width: int) -> KvShape:
    """Return the shape of grouped-query attention: keys and values of `heads` heads."""
    stream = StreamLayout(heads, width, width)
    return KvShape(layers, (stream, stream))


def latent(layers: int, width: int = 512, rotated: int = 64) -> KvShape:
    """Return the shape of multi-head latent attention, by default DeepSeek's."""
    return KvShape(layers, (StreamLayout(1, width, LATENT_GROUP), StreamLayout(1, rotated, 0)))


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelCard:
    """A chat model in the catalogue."""

    name: str
    repository: str
    """`owner/name` on Hugging Face."""
    tier: str
    """The machine that it is for, such as `laptop`."""
    parameters: float
    """The number of all parameters."""
    active: float
    """The number of parameters that compute one token."""
    licence: str
    """From the model's card; it must be read again before use."""
    context: int
    """The longest context in tokens."""
    kv: KvShape | None
    """None if its layers keep no pages."""
    backends: tuple[str, ...]
    """The values of `llm.generator` that run it, the best first."""

    def weight_bytes(self, dtype: WeightDtype = "bfloat16") -> int:
        """Return the memory of the weights in bytes."""
        return int(self.parameters * (2 if dtype == "bfloat16" else 1))

    def kv_bytes(self, context: int, batch: int, kv_dtype: KvDtype = "model") -> int:
        """Return the memory of `batch` requests of `context` tokens each, without shared prefixes."""
        return self.kv.bytes_per_token(kv_dtype) * context * batch if self.kv else 0


_APACHE = "Apache-2.0"
CATALOGUE = (
    ModelCard(
        name="granite-3.1-1b",
        repository="ibm-granite/granite-3.1-1b-a400m-instruct",
        tier="laptop",
        parameters=1.33e9,
        active=0.4e9,
        licence=_APACHE,
        context=131072,
        kv=grouped(24, 8, 64),
        backends=("engine", "remote", "hf"),
    ),
    ModelCard(
        name="granite-3.1-3b",
        repository="ibm-granite/granite-3.1-3b-a800m-instruct",
        tier="laptop",
        parameters=3.3e9,
        active=0.8e9,
        licence=_APACHE,
        context=131072,
        kv=grouped(32, 8, 64),
        backends=("engine", "remote", "hf"),
    ),
    ModelCard(
        name="olmoe-1b-7b",
        repository="allenai/OLMoE-1B-7B-0125-Instruct",
        tier="laptop",
        parameters=6.9e9,
        active=1.2e9,
        licence=_APACHE,
        context=4096,
        kv=grouped(16, 16, 128),
        backends=("engine", "remote", "hf"),
    ),
    ModelCard(
        name="granite-4.0-h-tiny",
        repository="ibm-granite/granite-4.0-h-tiny",
        tier="laptop",
        parameters=7e9,
        active=1e9,
        licence=_APACHE,
        context=131072,
        kv=None,
        backends=("remote", "hf"),
    ),
    ModelCard(
        name="gpt-oss-20b",
        repository="openai/gpt-oss-20b",
        tier="24 GB GPU",
        parameters=20.9e9,
        active=3.6e9,
        licence=_APACHE,
        context=131072,
        kv=grouped(24, 8, 64),
        backends=("remote", "engine"),
    ),
    ModelCard(
        name="moonlight-16b",
        repository="moonshotai/Moonlight-16B-A3B-Instruct",
        tier="24 GB GPU",
        parameters=15.3e9,
        active=2.2e9,
        licence="MIT",
        context=8192,
        kv=latent(27),
        backends=("engine", "remote"),
    ),
    ModelCard(
        name="deepseek-v2-lite",
        repository="deepseek-ai/DeepSeek-V2-Lite-Chat",
        tier="24 GB GPU",
        parameters=15.7e9,
        active=2.4e9,
        licence="DeepSeek",
        context=32768,
        kv=latent(27),
        backends=("engine", "remote"),
    ),
    ModelCard(
        name="qwen3-30b",
        repository="Qwen/Qwen3-30B-A3B-Instruct-2507",
        tier="80 GB GPU",
        parameters=30.5e9,
        active=3.3e9,
        licence=_APACHE,
        context=262144,
        kv=grouped(48, 4, 128),
        backends=("engine", "remote"),
    ),
    ModelCard(
        name="glm-4.7-flash",
        repository="zai-org/GLM-4.7-Flash",
        tier="80 GB GPU",
        parameters=30e9,
        active=3e9,
        licence="MIT",
        context=131072,
        kv=latent(47),
        backends=("engine", "remote"),
    ),
    ModelCard(
        name="mixtral-8x7b",
        repository="mistralai/Mixtral-8x7B-Instruct-v0.1",
        tier="80 GB GPU",
        parameters=46.7e9,
        active=12.9e9,
        licence=_APACHE,
        context=32768,
        kv=grouped(32, 8, 128),
        backends=("remote", "engine"),
    ),
    ModelCard(
        name="gpt-oss-120b",
        repository="openai/gpt-oss-120b",
        tier="several GPUs",
        parameters=117e9,
        active=5.1e9,
        licence=_APACHE,
        context=131072,
        kv=grouped(36, 8, 64),
        backends=("remote",),
    ),
    ModelCard(
        name="qwen3-235b",
        repository="Qwen/Qwen3-235B-A22B-Instruct-2507",
        tier="several GPUs",
        parameters=235e9,
        active=22e9,
        licence=_APACHE,
        context=262144,
        kv=grouped(94, 4, 128),
        backends=("remote",),
    ),
    ModelCard(
        name="deepseek-v3",
        repository="deepseek-ai/DeepSeek-V3",
        tier="several GPUs",
        parameters=671e9,
        active=37e9,
        licence="MIT",
        context=131072,
        kv=latent(61),
        backends=("remote",),
    ),
)


def repository_of(name: str) -> tuple[str, str]:
    """Return the repository and the short name of a chat model, an embedder or a reranker.

    `name` is either of the two. The short name of a repository outside the catalogue is its last part.

    Raises: ModelError, with all known names, if `name` is neither known nor a repository.
    """
    for card in (*CATALOGUE, *RETRIEVERS):
        if name in (card.name, card.repository):
            return card.repository, card.name
    if "/" in name:
        return name, name.rsplit("/", 1)[-1]
    known = ", ".join(card.name for card in (*CATALOGUE, *RETRIEVERS))
    raise ModelError(f"no model is called {name!r}; the known names are {known}")
