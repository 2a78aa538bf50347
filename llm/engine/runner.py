"""One step of the neural model: plan in, one sample for each sequence that got to its end out."""

from collections.abc import Callable
from collections.abc import Sequence as Many
from typing import Protocol

import torch
from torch import Tensor
from transformers import PreTrainedModel

from llm.engine.attention import PagedAttention, cache_argument
from llm.engine.batch import Batch, pack
from llm.engine.engine import Sample
from llm.engine.plan import Plan
from llm.engine.sequence import Sequence

SampleFunction = Callable[[Tensor, Many[Sequence]], list[Sample]]
"""Takes logits `(s, vocabulary)` and their sequences, gives a sample for each."""


class Forward(Protocol):
    """Computes a batch."""

    def __call__(self, batch: Batch) -> Tensor:
        """Return logits `(s, vocabulary)` float32 for `batch.sampled`."""
        ...


class ModelForward:
    """Computes a batch with a model whose attention is paged."""

    def __init__(self, model: PreTrainedModel, attention: PagedAttention) -> None:
        self._model = model
        self._attention = attention
        self._cache_argument = cache_argument(model)

    @torch.no_grad()
    def __call__(self, batch: Batch) -> Tensor:
        """Return logits `(s, vocabulary)` float32; a batch that samples nothing gives none."""
        wanted = batch.sampled if len(batch.sampled) else batch.slots.new_zeros(1)
        output = self._model(
            input_ids=batch.tokens,
            position_ids=batch.positions,
            use_cache=True,
            logits_to_keep=wanted,
            **{self._cache_argument: self._attention.begin(batch)},
        )
        logits: Tensor = output.logits[0, : len(batch.sampled)]
        return logits.float()


class ModelRunner:
    """Packs a plan, computes it, samples."""

    def __init__(
        self, forward: Forward, page_tokens: int, device: torch.device, sample: SampleFunction
    ) -> None:
        self._forward = forward
        self._page_tokens = page_tokens
        self._device = device
        self._sample = sample

    def run(self, plan: Plan) -> list[Sample]:
        """Return one sample for each of `plan.sampled`."""
        logits = self._forward(pack(plan, self._page_tokens, self._device))
        return self._sample(logits, plan.sampled) if plan.sampled else []
