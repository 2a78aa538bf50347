"""A transformer that classifies two texts read together, from a folder, run by torch."""

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
from llm.batches import by_length, check_complete, reading_dtype, reading_tokens
from llm.embedding.tokens import reads_cjk

logging.disable_progress_bar()
logging.set_verbosity_error()  # `check_complete` says what matters of its report

# A pair is cut at this length, as in the training of the models.
_MAX_TOKENS = 512


def load(folder: Path, settings: LlmSettings, role: str) -> "PairEncoder":
    """Load a folder: safetensors only, and never code from the folder. `role` names it in errors.

    Raises: ModelError if it is missing, damaged, or not a classifier of sequences.
    """
    try:
        config = AutoConfig.from_pretrained(folder, local_files_only=True, trust_remote_code=False)
        if not any(name.endswith("ForSequenceClassification") for name in config.architectures or []):
            raise ModelError(
                f"{folder} does not hold a cross-encoder; its architecture is {config.architectures}"
            )
        model, found = AutoModelForSequenceClassification.from_pretrained(
            folder, config=config, dtype=reading_dtype(settings), use_safetensors=True,
            local_files_only=True, trust_remote_code=False, output_loading_info=True,
        )  # fmt: skip
        check_complete(found["missing_keys"], f"the {role} in {folder}")
        tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
    except ModelError:
        raise
    except Exception as error:  # the tokenizer's vendor raises bare Exception
        raise ModelError(f"the {role} in {folder} cannot be loaded: {error}") from error
    return PairEncoder(
        folder.resolve().name, model.eval().to(settings.device), tokenizer, reading_tokens(settings)
    )


class PairEncoder:
    """Reads two texts in one pass."""

    def __init__(self, name: str, model: PreTrainedModel, tokenizer: Tokenizer, batch_tokens: int) -> None:
        self.name = name
        self.classes: dict[int, str] = {
            int(number): str(label).casefold() for number, label in (model.config.id2label or {}).items()
        }
        self._model = model
        self._batch_tokens = batch_tokens
        self._pad_id = int(model.config.pad_token_id or 0)
        self._takes_types = int(getattr(model.config, "type_vocab_size", 0) or 0) > 1
        self.reads_cjk = reads_cjk(tokenizer)
        self._tokenizer = tokenizer
        self._tokenizer.no_padding()
        self._tokenizer.enable_truncation(min(_MAX_TOKENS, _positions(model.config)))
        self._lock = threading.Lock()

    def logits(self, pairs: Sequence[tuple[str, str]]) -> NDArray[np.float32]:
        """Return `(len(pairs), classes)` float32."""
        encoded = self._tokenizer.encode_batch(list(pairs))
        logits = np.empty((len(pairs), int(self._model.config.num_labels)), np.float32)
        with self._lock:
            for rows in by_length([len(pair) for pair in encoded], self._batch_tokens):
                logits[rows] = self._forward([encoded[row] for row in rows])
        return logits

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
        found = self._model(input_ids=tokens.to(device), attention_mask=mask.to(device), **named)
        logits: NDArray[np.float32] = found.logits.float().cpu().numpy()
        return logits


def _positions(config: PretrainedConfig) -> int:
    """Return the most tokens that the model reads; RoBERTa's positions start behind the padding index."""
    positions = int(getattr(config, "max_position_embeddings", _MAX_TOKENS) or _MAX_TOKENS)
    return positions - (config.pad_token_id or 0) - 1 if "roberta" in config.model_type else positions
