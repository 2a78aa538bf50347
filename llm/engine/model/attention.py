"""Paged attention for an unchanged transformers model.

Its attention layers call two replaceable parts: a cache, which here writes new keys and values into
pages and returns them unchanged, and an attention function, which here reads the pages. A
latent-attention layer (MLA) is recognized by its `kv_lora_rank`; it hands its
latents to the cache, and its up-projection is absorbed into query and output, so that latents are
never expanded to keys and values (DeepSeek-V2, section 2.1.2).
"""

import inspect
from typing import Any

import torch
from torch import Tensor, nn
from transformers import AttentionInterface, PreTrainedModel
from transformers.cache_utils import Cache

from core.errors import UnsupportedModelError
from llm.engine.seams.ops import AttentionOps, AttentionRule
from llm.engine.tensors.batch import Batch, Chunk, DecodeRows
from llm.engine.tensors.store import KvStore, KvStream

IMPLEMENTATION = "vade_paged"


class PagedCache(Cache):  # type: ignore[misc]
    """A cache that writes into pages; to the model it looks empty in each step."""

    is_compileable = False

    def __init__(self, store: KvStore, ops: AttentionOps, slots: Tensor) -> None:
        super().__init__(layers=[])
        self._store = store
        self._ops = ops
        self._slots = slots

    def update(
        self, keys: Tensor, values: Tensor, layer_idx: int, *args: Any, **kwargs: Any
    ) -> tuple[Tensor, Tensor]:
        """Write `(1, k, t, d)` keys and values, or latents and rotated keys; return them."""
        lines = keys[0].transpose(0, 1), values[0].transpose(0, 1)
        self._ops.write(self._store.layers[layer_idx], self._slots, lines)
        return keys, values

    def get_seq_length(self, layer_idx: int = 0) -> int:
        """Return 0: positions are passed to the model, not counted from the cache."""
        return 0


class PagedAttention:
    """The attention function of one engine, for one batch at a time."""

    def __init__(self, store: KvStore, ops: AttentionOps) -> None:
        self._store = store
        self._ops = ops
        self._batch: Batch | None = None

    def begin(self, batch: Batch) -> PagedCache:
        """Set the batch that the next forward pass computes; return the cache to pass to the model."""
        self._batch = batch
        return PagedCache(self._store, self._ops, batch.slots)

    def __call__(
        self, layer: nn.Module, query: Tensor, keys: Tensor, values: Tensor, rule: AttentionRule
    ) -> Tensor:
        """Return `(1, t, h, d)` for a line of queries `(1, h, t, d)`; keys and values are the new tokens'."""
        assert self._batch is not None, "begin() sets the batch"
        streams = self._store.layers[layer.layer_idx]  # type: ignore[index]
        attend = (
            _LatentLayer(layer, streams, self._ops) if is_latent(layer) else _GroupedLayer(streams, self._ops)
        )
        line, rows = query[0].transpose(0, 1), self._batch.decode
        if rows is not None and not self._batch.chunks:
            return attend.decode(line, rows, rule)[None]
        output = query.new_empty(*line.shape[:2], values.shape[-1])
        if rows is not None:
            output[rows.index] = attend.decode(line[rows.index], rows, rule)
        for chunk in self._batch.chunks:
            new = slice(chunk.start, chunk.stop)
            chunk_output = attend.chunk(query[:, :, new], keys[:, :, new], values[:, :, new], chunk, rule)
            output[new] = chunk_output[0].transpose(0, 1)
        return output[None]


class _GroupedLayer:
    """Grouped-query attention: pages hold keys and values.

    A chunk behind other tokens reads their keys and values from pages. Over INT8 pages every chunk reads
    its own tokens from pages too, so that an answer does not depend on where the prompt was cut into
    chunks or on how much of it was shared.
    """

    def __init__(self, streams: tuple[KvStream, KvStream], ops: AttentionOps) -> None:
        self._streams = streams
        self._ops = ops

    def decode(self, query: Tensor, rows: DecodeRows, rule: AttentionRule) -> Tensor:
        return self._ops.attend_pages(query, *self._streams, rows, rule)

    def chunk(self, query: Tensor, keys: Tensor, values: Tensor, chunk: Chunk, rule: AttentionRule) -> Tensor:
        if chunk.past or self._streams[0].quantized:
            length = chunk.past + query.shape[2]
            keys, values = (
                self._ops.read(stream, chunk.pages)[:, :length].transpose(1, 2) for stream in self._streams
            )
        return self._ops.attend_chunk(query, keys, values, rule)


class _LatentLayer:
    """Multi-head latent attention: pages hold latents and rotated keys, shared by all heads."""

    def __init__(self, layer: Any, streams: tuple[KvStream, KvStream], ops: AttentionOps) -> None:
        self._layer = layer
        self._streams = streams
        self._ops = ops
        widths = [layer.qk_nope_head_dim, layer.v_head_dim]
        up_projection = layer.kv_b_proj.weight.view(-1, sum(widths), layer.kv_lora_rank)
        self._key_up, self._value_up = torch.split(up_projection, widths, 1)

    def decode(self, query: Tensor, rows: DecodeRows, rule: AttentionRule) -> Tensor:
        latents = self._ops.attend_latents(self._absorb(query, "bhn,hnr->bhr"), *self._streams, rows, rule)
        return torch.einsum("bhr,hvr->bhv", latents, self._value_up)

    def chunk(self, query: Tensor, keys: Tensor, values: Tensor, chunk: Chunk, rule: AttentionRule) -> Tensor:
        if not (chunk.past or self._streams[0].quantized):
            return self._ops.attend_chunk(query, keys, values, rule)
        length = chunk.past + query.shape[2]
        latents, rotated = (
            self._ops.read(stream, chunk.pages)[:, :length].transpose(1, 2) for stream in self._streams
        )
        if query.shape[2] > self._most_absorbed:
            keys, values = self._layer.expand_kv(latents, rotated)
            return self._ops.attend_chunk(query, keys, values, rule)
        absorbed = self._absorb(query, "bhqn,hnr->bhqr")
        weighted = self._ops.attend_chunk(absorbed, torch.cat([latents, rotated], -1), latents, rule)
        return torch.einsum("bhqr,hvr->bhqv", weighted, self._value_up)

    def _absorb(self, query: Tensor, product: str) -> Tensor:
        """Return queries of latents and rotated keys, `(…, r + rotary width)`."""
        content, rotary = torch.split(query, [self._layer.qk_nope_head_dim, self._layer.qk_rope_head_dim], -1)
        return torch.cat([torch.einsum(product, content, self._key_up), rotary], -1)

    @property
    def _most_absorbed(self) -> float:
        """Queries up to which attending in latent space is less work than expanding all latents.

        Per head and key: n (2r + rotary) for n queries against n (widths + rotary) + r widths.
        """
        rank, widths = self._layer.kv_lora_rank, self._key_up.shape[1] + self._value_up.shape[1]
        return rank * widths / (2 * rank - widths) if 2 * rank > widths else float("inf")


def cache_argument(model: PreTrainedModel) -> str:
    """Return the name under which a model takes its cache; transformers 5.24 changed it."""
    return "cache" if "cache" in inspect.signature(model.forward).parameters else "past_key_values"


def is_latent(layer: Any) -> bool:
    """Whether a layer attends to latents (MLA)."""
    return hasattr(layer, "kv_lora_rank")


def attach(model: PreTrainedModel, attention: PagedAttention) -> None:
    """Make `model` attend through `attention` from now on, until `detach`."""
    AttentionInterface.register(IMPLEMENTATION, _attend)
    if model.config._attn_implementation != IMPLEMENTATION:
        model.unpaged_attention = model.config._attn_implementation
    for module in model.modules():
        if hasattr(module, "layer_idx"):
            module.paged_attention = attention
    model.set_attn_implementation(IMPLEMENTATION)


def detach(model: PreTrainedModel) -> None:
    """Make `model` attend as it did before `attach`; a model that was never attached stays as it is."""
    if model.config._attn_implementation == IMPLEMENTATION:
        model.set_attn_implementation(model.unpaged_attention)


def _attend(
    module: Any, query: Tensor, key: Tensor, value: Tensor, attention_mask: Tensor | None, **options: Any
) -> tuple[Tensor, None]:
    """Transformers' attention function: call the engine that the layer belongs to."""
    if options.get("softcap") is not None:
        raise UnsupportedModelError("the engine does not cap attention scores as this model does")
    rule = AttentionRule(options["scaling"], options.get("sliding_window"), options.get("s_aux"))
    return module.paged_attention(module, query, key, value, rule), None
