"""One step of the neural model: a plan in, one sample for each sequence that reached its end out."""

from collections.abc import Callable
from collections.abc import Sequence as Many
from typing import Protocol

import torch
from torch import Tensor
from transformers import PreTrainedModel

from llm.engine.engine import Sample, Waiting
from llm.engine.model.attention import PagedAttention, cache_argument
from llm.engine.scheduling.plan import Plan
from llm.engine.scheduling.sequence import Sequence
from llm.engine.tensors.batch import Batch, pack

StartSampling = Callable[[Tensor, Many[Sequence]], Waiting]
"""Takes logits `(s, vocabulary)` and their sequences; the returned function waits for a sample of each."""


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
        """Return logits `(s, vocabulary)` float32; without `sampled`, it has no rows."""
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
    """Packs a plan, computes it and samples.

    On a GPU the work is queued at once and the host goes on. On a CPU it is computed when the result is
    waited for, so that the text of the batch before is handed out first, as on a GPU.
    """

    def __init__(
        self, forward: Forward, page_tokens: int, device: torch.device, start_sampling: StartSampling
    ) -> None:
        self._forward = forward
        self._page_tokens = page_tokens
        self._device = device
        self._start_sampling = start_sampling

    def start(self, plan: Plan) -> Waiting:
        """Start computing; the returned function gives one sample for each of `plan.sampled`, in order."""
        batch, sequences = pack(plan, self._page_tokens, self._device), plan.sampled
        if self._device.type == "cuda":
            return self._compute(batch, sequences)

        def compute() -> Many[Sample]:
            return self._compute(batch, sequences)()

        return compute

    def _compute(self, batch: Batch, sequences: Many[Sequence]) -> Waiting:
        logits = self._forward(batch)
        return self._start_sampling(logits, sequences) if sequences else list
