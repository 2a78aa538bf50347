"""Weights in eight bits, by torchao or, for INT8 experts, by code of our own.

Both `fp8` and `int8` halve a bfloat16 model. torchao's INT8 tensors cannot be multiplied in groups,
so INT8 experts are ours (`seams/experts.py`); experts of an uncommon kind stay as stored. Routers, the
output layer and the projection that latent attention absorbs stay as stored too.
"""

from typing import Literal

from torch import nn
from transformers import PreTrainedModel

from core.errors import ModelError, UnsupportedModelError
from llm.engine.seams.experts import quantize_experts

WeightFormat = Literal["model", "int8", "fp8"]
_EXPERTS = r"re:(.*\.)?experts\.(gate_up_proj|down_proj)$"
_KEPT = ("kv_b_proj", "lm_head", "gate", "router")


def quantize_weights(model: PreTrainedModel, weights: WeightFormat) -> None:
    """Convert the model's weights to the given format, in place.

    Raises: ModelError if torchao is missing, UnsupportedModelError if the experts' weights are
    stored in an order that float8 does not take.
    """
    if weights == "model":
        return
    try:
        from torchao.quantization import Float8WeightOnlyConfig, FqnToConfig, Int8WeightOnlyConfig, quantize_
    except ImportError as error:
        raise ModelError("eight-bit weights need torchao; install the `quant` extra") from error
    if weights == "int8":
        quantize_(model, Int8WeightOnlyConfig(), filter_fn=_takes_eight_bits)
        quantize_experts(model)
        return
    transposed = [module for module in model.modules() if getattr(module, "is_transposed", False)]
    if transposed:
        raise UnsupportedModelError(f"the experts of {model.config.model_type} cannot be held in float8")
    quantize_(model, Float8WeightOnlyConfig(), filter_fn=_takes_eight_bits)
    quantize_(model, FqnToConfig({_EXPERTS: Float8WeightOnlyConfig()}), filter_fn=None)


def _takes_eight_bits(module: nn.Module, name: str) -> bool:
    return isinstance(module, nn.Linear) and name.rsplit(".", 1)[-1] not in _KEPT
