"""The seam of the experts' matrix products.

A model's router chooses experts for each token; one function computes the chosen experts. The reference
is transformers' grouped product, which sorts the tokens by expert; experts in INT8 are dequantized and
computed one at a time.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn
from transformers import PreTrainedModel
from transformers.integrations.moe import ALL_EXPERTS_FUNCTIONS, ExpertsInterface, _default_apply_gate

from llm.engine.tensors.store import quantize

IMPLEMENTATION = "vade_experts"
ExpertsFunction = Callable[[Any, Tensor, Tensor, Tensor], Tensor]
"""Takes the layer's experts, hidden states `(t, d)`, chosen experts `(t, k)` and their weights
`(t, k)`; gives the weighted sum `(t, d)`."""

_PRODUCTS = ("gate_up_proj", "down_proj")
_SCALES = "{}_scales"
_SILU = {"SiLU", "SiLUActivation"}


@dataclass(frozen=True, slots=True)
class StoredWeights:
    """One product's weights of all experts."""

    numbers: Tensor  # (e, out, in)
    scales: Tensor | None = None  # (e, out), if the weights are in eight bits


def stored_weights(experts: Any) -> tuple[StoredWeights, StoredWeights]:
    """Return the weights of gate and up, and those of down, as they are stored."""
    gate_up, down = (_stored(experts, name) for name in _PRODUCTS)
    return gate_up, down


def are_plain(experts: Any) -> bool:
    """Whether experts are of the common kind: gates first, SiLU, no biases, outputs in rows."""
    kind = type(experts)
    plain_gate = getattr(kind, "_apply_gate", None) is _default_apply_gate
    odd = experts.has_bias or experts.is_transposed or not experts.has_gate
    odd = (
        odd
        or not getattr(experts, "is_concatenated", True)
        or getattr(experts, "has_post_expert_norm", False)
    )
    return plain_gate and not odd and type(experts.act_fn).__name__ in _SILU


def torch_experts(experts: Any, hidden: Tensor, chosen: Tensor, weights: Tensor) -> Tensor:
    """Return `(t, d)`: tokens sorted by expert, each expert's tokens multiplied at once."""
    gate_up, down = stored_weights(experts)
    if gate_up.numbers.dtype == torch.int8:
        return _exact_in_turn(hidden, chosen, weights, gate_up, down)
    output: Tensor = ALL_EXPERTS_FUNCTIONS["grouped_mm"](experts, hidden, chosen, weights)
    return output


def attach_experts(model: PreTrainedModel, compute: ExpertsFunction = torch_experts) -> bool:
    """Make the model's experts call `compute`; return whether the model has replaceable experts."""
    layers = expert_layers(model)
    if not layers:
        return False
    ExpertsInterface.register(IMPLEMENTATION, _experts)
    for module in layers:
        module.compute_experts = compute
    model.set_experts_implementation(IMPLEMENTATION)
    return True


def expert_layers(model: PreTrainedModel) -> list[Any]:
    """Return the modules that hold a layer's experts."""
    return [module for module in model.modules() if hasattr(module, "_apply_gate")]


@torch.no_grad()
def quantize_experts(model: PreTrainedModel) -> None:
    """Convert plain experts to INT8, in place, with a scale for each row of weights."""
    for module in filter(are_plain, expert_layers(model)):
        for name in _PRODUCTS:
            exact = getattr(module, name)
            numbers, scales = quantize(exact, exact.shape[-1])
            setattr(module, name, nn.Parameter(numbers, requires_grad=False))
            module.register_buffer(_SCALES.format(name), scales[..., 0].contiguous())
    attach_experts(model)


def _stored(experts: Any, name: str) -> StoredWeights:
    weights = getattr(experts, name)
    if weights.dtype == torch.int8:
        return StoredWeights(weights, getattr(experts, _SCALES.format(name)))
    if hasattr(weights, "qdata"):  # torchao's tensors: numbers, and a scale for each row
        return StoredWeights(weights.qdata, weights.scale.squeeze(-1))
    return StoredWeights(weights)


def _exact_in_turn(
    hidden: Tensor, chosen: Tensor, weights: Tensor, gate_up: StoredWeights, down: StoredWeights
) -> Tensor:
    output = torch.zeros(hidden.shape, dtype=torch.float32, device=hidden.device)
    for expert in chosen.unique().tolist():  # type: ignore[no-untyped-call]
        if expert >= len(down.numbers):  # another process holds it
            continue
        tokens, places = (chosen == expert).nonzero(as_tuple=True)
        gates, ups = (hidden[tokens] @ _exact(gate_up, expert, hidden.dtype).T).chunk(2, -1)
        product = (nn.functional.silu(gates) * ups) @ _exact(down, expert, hidden.dtype).T
        output.index_add_(0, tokens, product.float() * weights[tokens, places, None].float())
    return output.to(hidden.dtype)


def _exact(weights: StoredWeights, expert: int, dtype: torch.dtype) -> Tensor:
    assert weights.scales is not None, "only weights in eight bits come here"
    return (weights.numbers[expert].float() * weights.scales[expert][:, None]).to(dtype)


def _experts(module: Any, hidden: Tensor, chosen: Tensor, weights: Tensor) -> Tensor:
    output: Tensor = module.compute_experts(module, hidden, chosen, weights)
    return output
