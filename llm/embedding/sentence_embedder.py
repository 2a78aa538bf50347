"""A sentence-transformers bi-encoder on torch, in batches of texts of similar length."""

import threading
import time
from collections.abc import Sequence

import numpy as np
import torch
from transformers import AutoModel, logging

from core.errors import ModelError
from core.settings import LlmSettings
from llm.batches import by_length, check_complete, padded_shape, reading_dtype, reading_tokens
from llm.embedding.embedder import Emphasis, Vectors
from llm.embedding.folder import EmbedderFolder
from llm.embedding.gathering import Gathering
from llm.embedding.pooling import dense_layers, pool
from llm.embedding.tokens import TextTokenizer

logging.disable_progress_bar()
logging.set_verbosity_error()  # `check_complete` says what matters of its report

# Tokens are padded to a multiple of this number, and in bf16 rows too: each new shape costs the CPU's matrix
# library tens of milliseconds and some memory.
_STEP = 8
# Questions that are embedded together; each further one would cost as much as alone.
_QUESTIONS_AT_ONCE = 16
# The weight of a token outside all words of a question, such as punctuation and special tokens.
_NO_WORD = 0.5

_Question = tuple[list[int], list[float]]
"""The token ids of a question and their weights."""


def load(folder: EmbedderFolder, settings: LlmSettings, tokenizer: TextTokenizer) -> "SentenceEmbedder":
    """Load the weights of a folder: safetensors only, and never code from the folder.

    Raises: ModelError if they are missing, damaged or of an unknown architecture.
    """
    if settings.threads:
        torch.set_num_threads(settings.threads)
    dtype = reading_dtype(settings)
    try:
        model, found = AutoModel.from_pretrained(
            folder.path, dtype=dtype, use_safetensors=True, local_files_only=True, trust_remote_code=False,
            output_loading_info=True,
        )  # fmt: skip
    except (OSError, ValueError, KeyError, RuntimeError) as error:
        raise ModelError(f"the embedder in {folder.path} cannot be loaded: {error}") from error
    check_complete(found["missing_keys"], f"the embedder in {folder.path}")
    if model.config.is_encoder_decoder:
        model = model.get_encoder()
    return SentenceEmbedder(folder, model.eval().to(settings.device), tokenizer, reading_tokens(settings))


class SentenceEmbedder:
    """A transformer, the pooling and the dense layers that the folder names, and its prompts."""

    def __init__(
        self, folder: EmbedderFolder, model: torch.nn.Module, tokenizer: TextTokenizer, batch_tokens: int
    ) -> None:
        self.model_id = folder.model_id
        self.dimension = folder.dimension
        self.tokenizer = tokenizer
        self.forward_seconds = 0.0
        self._folder = folder
        self._pad_id = int(folder.config.get("pad_token_id") or 0)
        self._model = model
        self._device = next(model.parameters()).device
        self._dense = dense_layers(folder).to(self._device)
        self._batch_tokens = batch_tokens
        self._steps = _STEP if next(model.parameters()).dtype is torch.bfloat16 else 1, _STEP
        self._lock = threading.Lock()
        self._question = Gathering[_Question, Vectors](self._questions, _QUESTIONS_AT_ONCE)

    def embed(self, texts: Sequence[str]) -> Vectors:
        """Return `(len(texts), dimension)` float32, unit rows; a text over the limit is cut there."""
        ids = self.tokenizer.ids([self._folder.passage_prompt + text for text in texts])
        vectors = np.empty((len(texts), self.dimension), np.float32)
        with self._lock:
            for rows in by_length([len(row) for row in ids], self._batch_tokens, _STEP):
                vectors[rows] = self._forward([ids[row] for row in rows])
        return self._checked(vectors)

    def embed_question(self, question: str, emphasis: Emphasis) -> Vectors:
        """Return `(dimension,)` float32 of unit length; each word counts by its weight in `emphasis`.

        Concurrent questions are computed together, and do not wait for passages.
        """
        prompt = self._folder.question_prompt
        ids, places = self.tokenizer.located_ids(prompt + question)
        moved = [(start + len(prompt), end + len(prompt), weight) for start, end, weight in emphasis]
        return self._question((ids, _token_weights(places, moved)))

    def _questions(self, asked: Sequence[_Question]) -> list[Vectors]:
        weights = [weights for _, weights in asked] if self._folder.pooling == "mean" else None
        return list(self._checked(self._forward([ids for ids, _ in asked], weights)))

    def _checked(self, vectors: Vectors) -> Vectors:
        if not np.isfinite(vectors).all():
            raise ModelError(
                f"the embedder {self.model_id} gave values that are not finite; nothing was stored"
            )
        return vectors

    @torch.inference_mode()
    def _forward(self, ids: list[list[int]], weights: list[list[float]] | None = None) -> Vectors:
        shape = padded_shape([len(row) for row in ids], self._batch_tokens, self._steps)
        tokens = torch.full(shape, self._pad_id, dtype=torch.long)
        mask = torch.zeros(shape, dtype=torch.long)
        mask[:, 0] = 1  # a row without any token would give NaN
        for position, row in enumerate(ids):
            tokens[position, : len(row)] = torch.tensor(row)
            mask[position, : len(row)] = 1
        shares = mask.float()
        for position, row_weights in enumerate(weights or []):
            shares[position, : len(row_weights)] = torch.tensor(row_weights)
        started = time.perf_counter()
        tokens, mask, shares = tokens.to(self._device), mask.to(self._device), shares.to(self._device)
        states = self._model(input_ids=tokens, attention_mask=mask).last_hidden_state
        pooled = self._dense(pool(states, mask, shares, self._folder.pooling))
        vectors: Vectors = torch.nn.functional.normalize(pooled, dim=1).cpu().numpy()
        self.forward_seconds += time.perf_counter() - started
        return vectors[: len(ids)]


def _token_weights(places: Sequence[tuple[int, int]], emphasis: Emphasis) -> list[float]:
    """Return the weight of each token: that of the word which it is part of."""
    weights = [_NO_WORD] * len(places)
    for start, end, weight in emphasis:
        for token, (first, last) in enumerate(places):
            if start <= first < last <= end:
                weights[token] = weight
    return weights
