"""The experts' seam: Triton kernels where they are faster, transformers' grouped product elsewhere."""

from typing import Any

import torch
from torch import Tensor

from llm.engine.seams.experts import StoredWeights, are_plain, stored_weights, torch_experts
from llm.engine.seams.kernels.fused_experts import fused_experts

# Up to this many, an expert of Qwen3's or DeepSeek's shape gets 16 to 24 rows, for which one pass over its
# weights is enough. Beyond, arithmetic is the limit, which the grouped product is made for.
MOST_TOKENS = 256
_FLOAT8_CAPABILITY = (8, 9)


class TritonExperts:
    """Fused experts for decoding batches and for all eight-bit weights, which the library cannot group."""

    def __init__(self, device: torch.device) -> None:
        self._float8 = device.type != "cuda" or torch.cuda.get_device_capability(device) >= _FLOAT8_CAPABILITY

    def __call__(self, experts: Any, hidden: Tensor, chosen: Tensor, weights: Tensor) -> Tensor:
        """Return `(t, d)`: as `torch_experts`."""
        if are_plain(experts):
            gate_up, down = stored_weights(experts)
            if self._takes(gate_up, len(hidden)):
                return fused_experts(hidden, chosen, weights, gate_up, down)
        return torch_experts(experts, hidden, chosen, weights)

    def _takes(self, stored: StoredWeights, tokens: int) -> bool:
        if stored.numbers.dtype == torch.int8:
            return True
        if stored.scales is not None:
            return self._float8
        return tokens <= MOST_TOKENS
