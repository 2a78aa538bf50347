"""Folders of small, random encoders, as sentence-transformers writes them."""

import json
from pathlib import Path

import torch
from safetensors.torch import save_file
from tokenizers import Tokenizer, models, normalizers, pre_tokenizers, processors
from transformers import AutoConfig, AutoModel, AutoModelForSequenceClassification

WORDS = "[PAD] [UNK] [CLS] [SEP] query passage : how hot does the pump run at six bar valve leaks the".split()
WIDTH = 16
_SHAPES = {
    "bert": {"type_vocab_size": 2},
    "xlm-roberta": {"type_vocab_size": 1, "pad_token_id": 0},
    "t5": {"d_model": WIDTH, "d_ff": 32, "num_layers": 2, "num_heads": 2, "d_kv": 8},
}
_COMMON = {
    "hidden_size": WIDTH, "num_hidden_layers": 2, "num_attention_heads": 2, "intermediate_size": 32,
    "max_position_embeddings": 64, "pad_token_id": 0, "vocab_size": len(WORDS), "initializer_range": 0.4,
}  # fmt: skip
_PREFIX = "sentence_transformers.models"


def encoder_folder(folder: Path, kind="bert", pooling="mean", prompts=None, dense=0, seed=0):
    """Write an embedder; `dense` is the width of a linear layer behind the pooling, if there is one."""
    torch.manual_seed(seed)
    model = AutoModel.from_config(_config(kind))
    _write(model, folder)
    kinds = {"": "Transformer", "1_Pooling": "Pooling", **({"2_Dense": "Dense"} if dense else {})}
    modules = [{"path": path, "type": f"{_PREFIX}.{kind}"} for path, kind in kinds.items()]
    said = {f"pooling_mode_{name}": name.startswith(pooling + "_") or name == pooling
            for name in ("cls_token", "mean_tokens", "max_tokens", "lasttoken")}  # fmt: skip
    _json(folder / "modules.json", modules)
    _json(folder / "1_Pooling" / "config.json", {"word_embedding_dimension": WIDTH, **said})
    _json(folder / "config_sentence_transformers.json", {"prompts": prompts or {}})
    if dense:
        layer = {"in_features": WIDTH, "out_features": dense, "activation_function": "torch.nn.Tanh"}
        _json(folder / "2_Dense" / "config.json", layer)
        linear = torch.nn.Linear(WIDTH, dense)
        save_file({f"linear.{key}": value for key, value in linear.state_dict().items()},
                  folder / "2_Dense" / "model.safetensors")  # fmt: skip
    return model.eval()


def cross_encoder_folder(folder: Path, kind="bert", labels=1, seed=0):
    """Write a cross-encoder."""
    torch.manual_seed(seed)
    config = _config(kind)
    config.num_labels = labels
    model = AutoModelForSequenceClassification.from_config(config)
    _write(model, folder)
    return model.eval()


def _config(kind):
    name = "xlm-roberta" if kind == "xlm-roberta" else kind
    return AutoConfig.for_model(name, **{**_COMMON, **_SHAPES[kind]})


def _write(model, folder):
    model.save_pretrained(folder)
    tokenizer = Tokenizer(models.WordLevel({word: i for i, word in enumerate(WORDS)}, unk_token="[UNK]"))
    tokenizer.normalizer = normalizers.Lowercase()
    tokenizer.pre_tokenizer = pre_tokenizers.Whitespace()
    tokenizer.post_processor = processors.BertProcessing(("[SEP]", 3), ("[CLS]", 2))
    tokenizer.save(str(folder / "tokenizer.json"))


def _json(path, content):
    path.parent.mkdir(exist_ok=True)
    path.write_text(json.dumps(content))
