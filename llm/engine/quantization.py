"""Weights in eight bits, by torchao, where its tensors can do what the model asks of them.

`fp8` holds linear layers and experts in float8 and halves a bfloat16 model; `int8` holds linear
layers only, because torchao's INT8 tensors cannot be multiplied in groups. Routers, the output
layer and the projection that latent attention absorbs stay as they are.
"""

from typing import Literal

from torch import nn
from transformers import PreTrainedModel

from core.errors import ModelError
from llm.engine.errors import UnsupportedModelError

WeightFormat = Literal["model", "int8", "fp8"]
_EXPERTS = r"re:(.*\.)?experts\.(gate_up_proj|down_proj)$"
_KEPT = ("kv_b_proj", "lm_head", "gate", "router")


def quantize_weights(model: PreTrainedModel, weights: WeightFormat) -> None:
    """Turn the model's weights, in place, into the format named.

    Raises: ModelError if torchao is missing, UnsupportedModelError if the experts' weights are
    stored in a way that it does not take.
    """
    if weights == "model":
        return
    try:
        from torchao.quantization import Float8WeightOnlyConfig, FqnToConfig, Int8WeightOnlyConfig, quantize_
    except ImportError as error:
        raise ModelError("eight-bit weights need torchao; install the `quant` extra") from error
    if weights == "int8":
        quantize_(model, Int8WeightOnlyConfig(), filter_fn=_takes_eight_bits)
        return
    transposed = [module for module in model.modules() if getattr(module, "is_transposed", False)]
    if transposed:
        raise UnsupportedModelError(f"the experts of {model.config.model_type} cannot be held in float8")
    quantize_(model, Float8WeightOnlyConfig(), filter_fn=_takes_eight_bits)
    quantize_(model, FqnToConfig({_EXPERTS: Float8WeightOnlyConfig()}), filter_fn=None)


def _takes_eight_bits(module: nn.Module, name: str) -> bool:
    return isinstance(module, nn.Linear) and name.rsplit(".", 1)[-1] not in _KEPT
