"""The KV layout of a model, observed while it stores one token."""

from typing import Any

import torch
from torch import Tensor
from transformers import PreTrainedModel
from transformers.cache_utils import Cache

from llm.engine.model.attention import cache_argument, is_latent
from llm.engine.tensors.store import KvLayout
from llm.engine.tensors.stream_layout import LATENT_GROUP, StreamLayout


class _Watcher(Cache):  # type: ignore[misc]
    """A cache that only remembers the latest keys and values of each layer."""

    is_compileable = False

    def __init__(self) -> None:
        super().__init__(layers=[])
        self.seen: dict[int, tuple[Tensor, Tensor]] = {}

    def update(
        self, keys: Tensor, values: Tensor, layer_idx: int, *args: Any, **kwargs: Any
    ) -> tuple[Tensor, Tensor]:
        self.seen[layer_idx] = (keys, values)
        return keys, values

    def get_seq_length(self, layer_idx: int = 0) -> int:
        return 0

    def get_mask_sizes(self, query_length: int, layer_idx: int) -> tuple[int, int]:
        return query_length, 0


@torch.no_grad()
def watch_layout(model: PreTrainedModel) -> KvLayout:
    """Return the KV layout of this process's part of the model, by running it on one token.

    Unlike the configuration, this is right for every attention variant, and for a model of which this
    process holds only some heads or layers.
    """
    watcher = _Watcher()
    token = torch.zeros(1, 1, dtype=torch.int64, device=model.device)
    model(input_ids=token, use_cache=True, **{cache_argument(model): watcher})
    latent = any(is_latent(module) for module in model.modules())
    layers = {index: _streams(*states, latent=latent) for index, states in sorted(watcher.seen.items())}
    keys, _ = next(iter(watcher.seen.values()))
    return KvLayout(layers, keys.dtype, keys.device)


def _streams(keys: Tensor, values: Tensor, latent: bool) -> tuple[StreamLayout, StreamLayout]:
    first, second = keys.shape[-1], values.shape[-1]
    if latent:
        # The rotated part carries the position and stays in the model's dtype: its errors would cost most.
        group = LATENT_GROUP if first % LATENT_GROUP == 0 else first
        return StreamLayout(keys.shape[1], first, group), StreamLayout(values.shape[1], second, 0)
    return StreamLayout(keys.shape[1], first, first), StreamLayout(values.shape[1], second, second)
