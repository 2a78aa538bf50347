"""The KV store: for each layer two streams of pages, in the model's dtype or in INT8.

A *slot* is one token's place, numbered `page * page_tokens + offset`. A grouped-query layer stores
its keys (after RoPE) and its values; a latent-attention layer (MLA) stores its latents and the
rotated part of its keys, a fraction of the size.
"""

from dataclasses import dataclass
from typing import Literal

import torch
from torch import Tensor

from llm.engine.tensors.stream_layout import StreamLayout

INT8_MAX = 127
SMALLEST_SCALE = 1e-8  # keeps an all-zero group from dividing by zero


@dataclass(frozen=True, slots=True)
class KvLayout:
    """The two streams of each layer, by layer index, and the model's dtype and device."""

    layers: dict[int, tuple[StreamLayout, StreamLayout]]
    dtype: torch.dtype
    device: torch.device

    def bytes_per_token(self, kv_dtype: Literal["model", "int8"]) -> int:
        """Return the memory of one token over all layers."""
        return sum(
            stream.bytes_per_token(self.dtype.itemsize, kv_dtype)
            for streams in self.layers.values()
            for stream in streams
        )


def quantize(values: Tensor, group: int) -> tuple[Tensor, Tensor]:
    """Return `values` `(…, d)` as INT8 and float32 scales `(…, d / group)`, symmetric around zero.

    The error of each number is at most half its group's scale.
    """
    grouped = values.float().view(*values.shape[:-1], -1, group)
    # By a tensor: a GPU multiplies by the inverse of a number, which rounds otherwise than the kernels do.
    levels = torch.full((), INT8_MAX, dtype=torch.float32, device=values.device)
    scales = (grouped.abs().amax(-1) / levels).clamp_min(SMALLEST_SCALE)
    numbers = (grouped / scales.unsqueeze(-1)).round().clamp(-INT8_MAX, INT8_MAX)
    return numbers.to(torch.int8).flatten(-2), scales


def dequantize(numbers: Tensor, scales: Tensor, dtype: torch.dtype) -> Tensor:
    """Return the values that `quantize` took, with INT8's error."""
    grouped = numbers.view(*scales.shape, -1).float() * scales.unsqueeze(-1)
    return grouped.flatten(-2).to(dtype)


class KvStream:
    """The pages of one stream: `payload` is `(pages, page_tokens, heads, width)`.

    `scales` is `(pages, page_tokens, heads, width / group)` float32 for INT8, otherwise None.
    Contents are worthless until written: a reader must mask the slots that are not its own.
    """

    def __init__(
        self, num_pages: int, page_tokens: int, layout: StreamLayout, dtype: torch.dtype, int8: bool
    ) -> None:
        shape = (num_pages, page_tokens, layout.heads)
        self.layout = layout
        self.dtype = dtype
        self.quantized = int8 and layout.group > 0
        self.payload = torch.zeros(*shape, layout.width, dtype=torch.int8 if self.quantized else dtype)
        self.scales = torch.zeros(*shape, layout.width // layout.group) if self.quantized else None

    def to(self, device: torch.device) -> "KvStream":
        """Move the pages to a device; return self."""
        self.payload = self.payload.to(device)
        self.scales = None if self.scales is None else self.scales.to(device)
        return self

    @property
    def num_bytes(self) -> int:
        """The memory of the stream."""
        return self.payload.nbytes + (0 if self.scales is None else self.scales.nbytes)


class KvStore:
    """Every layer's pages."""

    def __init__(
        self, layout: KvLayout, num_pages: int, page_tokens: int, kv_dtype: Literal["model", "int8"]
    ) -> None:
        self.page_tokens = page_tokens
        with layout.device:  # allocated on the device: they may be larger than the host's memory
            self.layers = {
                index: (
                    KvStream(num_pages, page_tokens, first, layout.dtype, kv_dtype == "int8"),
                    KvStream(num_pages, page_tokens, second, layout.dtype, kv_dtype == "int8"),
                )
                for index, (first, second) in layout.layers.items()
            }

    @property
    def num_bytes(self) -> int:
        """The memory of all streams."""
        return sum(stream.num_bytes for streams in self.layers.values() for stream in streams)
