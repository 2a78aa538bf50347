"""A sentence-transformers cross-encoder, run by torch."""

import threading
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from tokenizers import Encoding, Tokenizer
from transformers import (
    AutoConfig,
    AutoModelForSequenceClassification,
    PretrainedConfig,
    PreTrainedModel,
    logging,
)

from core.errors import ModelError
from core.settings import LlmSettings
from llm.batches import by_length, reading_dtype, reading_tokens

logging.disable_progress_bar()

# A question with its passage is cut at this length, as in the training of the models.
_MAX_TOKENS = 512


def load(settings: LlmSettings) -> "CrossEncoder":
    """Load the folder in `llm.reranker`: safetensors only, and never code from the folder.

    Raises: ModelError if it is missing, damaged, or not a cross-encoder with one score or two classes.
    """
    folder = Path(settings.reranker).expanduser()
    try:
        config = AutoConfig.from_pretrained(folder, local_files_only=True, trust_remote_code=False)
        _check(config, folder)
        model = AutoModelForSequenceClassification.from_pretrained(
            folder, config=config, dtype=reading_dtype(settings), use_safetensors=True,
            local_files_only=True, trust_remote_code=False,
        )  # fmt: skip
        tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
    except ModelError:
        raise
    except Exception as error:  # the tokenizer's vendor raises bare Exception
        raise ModelError(f"the reranker in {folder} cannot be loaded: {error}") from error
    return CrossEncoder(
        folder.resolve().name, model.eval().to(settings.device), tokenizer, reading_tokens(settings)
    )


class CrossEncoder:
    """Reads question and passage in one pass; a single output is a logit, two are the classes no and yes."""

    def __init__(self, name: str, model: PreTrainedModel, tokenizer: Tokenizer, batch_tokens: int) -> None:
        self.name = name
        self._model = model
        self._batch_tokens = batch_tokens
        self._pad_id = int(model.config.pad_token_id or 0)
        self._takes_types = int(getattr(model.config, "type_vocab_size", 0) or 0) > 1
        self._tokenizer = tokenizer
        self._tokenizer.no_padding()
        self._tokenizer.enable_truncation(min(_MAX_TOKENS, _positions(model.config)))
        self._lock = threading.Lock()

    def scores(self, question: str, texts: Sequence[str]) -> NDArray[np.float32]:
        """Return `(len(texts),)` float32 in 0..1. Raises: ModelError if one is not finite."""
        pairs = self._tokenizer.encode_batch([(question, text) for text in texts])
        scores = np.empty(len(texts), np.float32)
        with self._lock:
            for rows in by_length([len(pair) for pair in pairs], self._batch_tokens):
                scores[rows] = self._forward([pairs[row] for row in rows])
        if not np.isfinite(scores).all():
            raise ModelError(f"the reranker {self.name} gave values that are not finite")
        return scores

    @torch.inference_mode()
    def _forward(self, pairs: Sequence[Encoding]) -> NDArray[np.float32]:
        shape = (len(pairs), max(len(pair) for pair in pairs))
        tokens = torch.full(shape, self._pad_id, dtype=torch.long)
        mask, types = torch.zeros(shape, dtype=torch.long), torch.zeros(shape, dtype=torch.long)
        for row, pair in enumerate(pairs):
            tokens[row, : len(pair)] = torch.tensor(pair.ids)
            types[row, : len(pair)] = torch.tensor(pair.type_ids)
            mask[row, : len(pair)] = 1
        device = self._model.device
        named = {"token_type_ids": types.to(device)} if self._takes_types else {}
        logits = self._model(
            input_ids=tokens.to(device), attention_mask=mask.to(device), **named
        ).logits.float()
        says_yes = logits[:, 0].sigmoid() if logits.shape[1] == 1 else logits.softmax(dim=1)[:, 1]
        scores: NDArray[np.float32] = says_yes.cpu().numpy()
        return scores


def _check(config: PretrainedConfig, folder: Path) -> None:
    if not any(name.endswith("ForSequenceClassification") for name in config.architectures or []):
        raise ModelError(
            f"{folder} does not hold a cross-encoder; its architecture is {config.architectures}"
        )
    if config.num_labels not in (1, 2):
        raise ModelError(
            f"the model in {folder} has {config.num_labels} classes; a reranker has one score or two classes"
        )


def _positions(config: PretrainedConfig) -> int:
    """Return the most tokens that the model reads; RoBERTa's positions start behind the padding index."""
    positions = int(getattr(config, "max_position_embeddings", _MAX_TOKENS) or _MAX_TOKENS)
    return positions - (config.pad_token_id or 0) - 1 if "roberta" in config.model_type else positions
