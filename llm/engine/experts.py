"""The seam of the experts' matrix products.

A model's router chooses experts for each token; what the chosen experts compute is handed to one
function. The reference is transformers' grouped product, which sorts the tokens by expert.
"""

from collections.abc import Callable
from typing import Any

from torch import Tensor
from transformers import PreTrainedModel
from transformers.integrations.moe import ALL_EXPERTS_FUNCTIONS, ExpertsInterface

IMPLEMENTATION = "vade_experts"
ExpertsFunction = Callable[[Any, Tensor, Tensor, Tensor], Tensor]
"""Takes the layer's experts, hidden states `(t, d)`, chosen experts `(t, k)` and their weights
`(t, k)`; gives the weighted sum `(t, d)`."""


def grouped_experts(experts: Any, hidden: Tensor, chosen: Tensor, weights: Tensor) -> Tensor:
    """Sort the tokens by expert and multiply each expert's share at once."""
    output: Tensor = ALL_EXPERTS_FUNCTIONS["grouped_mm"](experts, hidden, chosen, weights)
    return output


def attach_experts(model: PreTrainedModel, compute: ExpertsFunction = grouped_experts) -> bool:
    """Make the model's experts compute through `compute`; tell whether the model has such experts."""
    layers = [module for module in model.modules() if hasattr(module, "_apply_gate")]
    if not layers:
        return False
    ExpertsInterface.register(IMPLEMENTATION, _experts)
    for module in layers:
        module.compute_experts = compute
    model.set_experts_implementation(IMPLEMENTATION)
    return True


def _experts(module: Any, hidden: Tensor, chosen: Tensor, weights: Tensor) -> Tensor:
    output: Tensor = module.compute_experts(module, hidden, chosen, weights)
    return output
