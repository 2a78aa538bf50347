"""The weights of a BERT in an ONNX file, under the names of its Hugging Face folder.

ONNX Runtime's quantizer writes a weight `x` as the integers `x_quantized`, with `x_scale` and
`x_zero_point` for all of it or for each column: `x = (x_quantized - x_zero_point) * x_scale`. The matrix of
a linear layer has a name without meaning; the name of what the multiplication writes tells the layer.
"""

import re

import numpy as np
from numpy.typing import NDArray

from core.errors import ModelError
from llm.models.packages.onnx_file import OnnxFile, OnnxNode

Weights = dict[str, NDArray[np.float32]]

_QUANTIZED = "_quantized"
_PRODUCTS = ("MatMulInteger", "MatMul")
# `/encoder/layer.0/output/dense/MatMul_output_0_output_quantized`, `/bert/pooler/dense/Gemm_output_0_…`
_LAYER = re.compile(r"/(?P<path>.+)/(?:MatMul|Gemm)(?:_\d+)?_output_0.*")
_NAMED = re.compile(r"[\w.]+\.(?:weight|bias)")


def bert_weights(file: OnnxFile) -> Weights:
    """Return the weights by name, in float32; the matrix of a linear layer is `(out, in)`.

    Raises: ModelError if a quantized weight lacks its scale or zero point.
    """
    weights = {name: _float(file, name) for name in _base_names(file) if _NAMED.fullmatch(name)}
    for node in file.nodes:
        found = _linear(file, node)
        if found is not None:
            name, source = found
            weights[name] = np.ascontiguousarray(_float(file, source).T)
    return weights


def _base_names(file: OnnxFile) -> list[str]:
    return [name.removesuffix(_QUANTIZED) for name in file.tensors]


def _linear(file: OnnxFile, node: OnnxNode) -> tuple[str, str] | None:
    """Return the name of a linear layer's matrix and the name that the file has for it, if it is one."""
    source = node.inputs[1].removesuffix(_QUANTIZED) if len(node.inputs) > 1 else ""
    if node.operation not in _PRODUCTS or source not in {*_base_names(file)}:
        return None
    if _NAMED.fullmatch(source):
        return source, source
    layer = _LAYER.fullmatch(node.outputs[0])
    return (f"{layer['path'].replace('/', '.')}.weight", source) if layer else None


def _float(file: OnnxFile, name: str) -> NDArray[np.float32]:
    quantized = file.tensors.get(name + _QUANTIZED)
    if quantized is None:
        return file.tensors[name].astype(np.float32)
    try:
        scale, zero = file.tensors[f"{name}_scale"], file.tensors[f"{name}_zero_point"]
    except KeyError as error:
        raise ModelError(f"the weight {name} has no {error} in the ONNX file") from error
    difference: NDArray[np.float32] = quantized.astype(np.float32) - zero.astype(np.float32)
    return difference * scale.astype(np.float32)
