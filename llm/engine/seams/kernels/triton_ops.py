"""The attention seam by Triton kernels and torch's variable-length attention."""

import inspect
from typing import Any

import torch
from torch import Tensor
from torch.nn.attention.varlen import AuxRequest, varlen_attn
from torch.nn.functional import pad

from llm.engine.seams.kernels import latent_decode, page_write, paged_decode
from llm.engine.seams.ops import AttentionRule, TorchOps
from llm.engine.tensors.batch import DecodeRows
from llm.engine.tensors.store import KvStream

# Without a GPU, under the interpreter, this many processors are assumed: enough to cut sequences into parts.
_ASSUMED_PROCESSORS = 4
_VARLEN_TAKES = frozenset(inspect.signature(varlen_attn).parameters)
# 2.10 has no windows; 2.11 has them and takes grouped queries without being asked to.
_VARLEN_IS_WHOLE = "window_size" in _VARLEN_TAKES
_VARLEN_GROUPS = "enable_gqa" in _VARLEN_TAKES
_WIDEST_FLASH_HEAD = 256


class TritonOps:
    """Kernels for a decoding step's work in each layer; the reference for inputs that they do not take."""

    def __init__(self, device: torch.device) -> None:
        self._reference = TorchOps()
        self._processors = _ASSUMED_PROCESSORS
        if device.type == "cuda":
            self._processors = torch.cuda.get_device_properties(device).multi_processor_count

    def write(self, streams: tuple[KvStream, KvStream], slots: Tensor, states: tuple[Tensor, Tensor]) -> None:
        """Write both streams in one launch."""
        if page_write.can_write(states):
            page_write.write_pages(streams, slots, states)
        else:
            self._reference.write(streams, slots, states)

    def read(self, stream: KvStream, pages: Tensor) -> Tensor:
        """Gather by the reference: only prompts read, seldom and in large pieces."""
        return self._reference.read(stream, pages)

    def attend_pages(
        self, query: Tensor, keys: KvStream, values: KvStream, rows: DecodeRows, rule: AttentionRule
    ) -> Tensor:
        """Attend by `paged_decode`."""
        return paged_decode.attend_pages(query, keys, values, rows, rule, self._processors)

    def attend_latents(
        self, query: Tensor, latents: KvStream, rotated: KvStream, rows: DecodeRows, rule: AttentionRule
    ) -> Tensor:
        """Attend in latent space, by `latent_decode` if it takes the width."""
        if not latent_decode.can_attend(latents):
            return self._reference.attend_latents(query, latents, rotated, rows, rule)
        return latent_decode.attend_latents(query, latents, rotated, rows, rule, self._processors)

    def attend_chunk(self, query: Tensor, keys: Tensor, values: Tensor, rule: AttentionRule) -> Tensor:
        """Attend by torch's flash attention, which aligns the last query with the last key."""
        if not takes_varlen(query):
            return self._reference.attend_chunk(query, keys, values, rule)
        return attend_varlen(query, keys, values, rule)


def takes_varlen(query: Tensor) -> bool:
    """Whether torch's variable-length attention takes these queries."""
    half = query.dtype in (torch.bfloat16, torch.float16)
    return _VARLEN_IS_WHOLE and query.is_cuda and half and query.shape[-1] <= _WIDEST_FLASH_HEAD


def attend_varlen(query: Tensor, keys: Tensor, values: Tensor, rule: AttentionRule) -> Tensor:
    """Return `(1, h, n, d)`: as `TorchOps.attend_chunk`, on a GPU in half precision.

    Values narrower than keys (MLA) are padded. Sinks are applied to the result: a sink s takes
    1 - sigmoid(lse - s) of a head's weight, where lse is the logarithm of the sum of the others.
    """
    new, length, width = query.shape[2], keys.shape[2], values.shape[-1]
    padded = pad(values, (0, query.shape[-1] - width)) if width < query.shape[-1] else values
    asked, known, given = (one[0].transpose(0, 1).contiguous() for one in (query, keys, padded))
    grouped: dict[str, Any] = {"enable_gqa": query.shape[1] != keys.shape[1]} if _VARLEN_GROUPS else {}
    # Made on the device: copying numbers there would wait for it.
    new_ends, known_ends = (
        torch.arange(0, 2 * size, size, dtype=torch.int32, device=query.device) for size in (new, length)
    )
    output, lse = varlen_attn(
        asked, known, given, new_ends, known_ends, new, length,
        return_aux=AuxRequest(lse=True),
        scale=rule.scaling,
        window_size=(-1 if rule.window is None else rule.window - 1, 0),
        **grouped,
    )  # fmt: skip
    if rule.sinks is not None:
        kept = torch.sigmoid(lse - rule.sinks.float()[:, None])
        output = output * kept.transpose(0, 1).unsqueeze(-1).to(output.dtype)
    return output[..., :width].transpose(0, 1)[None]
