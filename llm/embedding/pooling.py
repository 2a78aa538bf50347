"""Pooling: the vectors of a text's tokens become the vector of the text."""

from collections.abc import Sequence
from pathlib import Path

import torch
from safetensors.torch import load_file

from core.errors import ModelError
from llm.embedding.folder import EmbedderFolder, read_object

_ACTIVATIONS = {
    "Identity": torch.nn.Identity,
    "Tanh": torch.nn.Tanh,
    "GELU": torch.nn.GELU,
    "ReLU": torch.nn.ReLU,
}


def pool(states: torch.Tensor, mask: torch.Tensor, weights: torch.Tensor, mode: str) -> torch.Tensor:
    """Return `(b, h)` float32 of `states` `(b, t, h)` by one of `folder.POOLINGS`.

    `mask` `(b, t)` is 1 for a token and 0 for padding, which stands on the right; `weights` `(b, t)` are the
    weights of the tokens in a mean.
    """
    states = states.float()
    if mode == "cls":
        return states[:, 0]
    if mode == "lasttoken":
        return states[torch.arange(len(states)), mask.sum(dim=1) - 1]
    if mode == "max":
        return states.masked_fill(mask.unsqueeze(-1) == 0, -torch.inf).amax(dim=1)
    if mode == "weightedmean":
        weights = weights * torch.arange(1, weights.shape[1] + 1, device=weights.device)
    total, weight = (states * weights.unsqueeze(-1)).sum(dim=1), weights.sum(dim=1, keepdim=True)
    return total / (weight.sqrt() if mode == "mean_sqrt_len" else weight)


def dense_layers(folder: EmbedderFolder) -> torch.nn.Sequential:
    """Return the linear layers that the folder has behind the pooling; most folders have none.

    Raises: ModelError if the files of a layer are missing or damaged, or its activation is unknown.
    """
    return torch.nn.Sequential(*(part for path in folder.dense_layers for part in _dense(path)))


def _dense(path: Path) -> Sequence[torch.nn.Module]:
    said = read_object(path / "config.json", required=True)
    name = str(said.get("activation_function", "Identity")).rsplit(".", 1)[-1].removesuffix("()")
    if name not in _ACTIVATIONS:
        raise ModelError(f"the activation {name!r} in {path} is not supported")
    try:
        weights = load_file(path / "model.safetensors")
        linear = torch.nn.Linear(said["in_features"], said["out_features"], bias="linear.bias" in weights)
        linear.load_state_dict({key.removeprefix("linear."): value for key, value in weights.items()})
    except (OSError, KeyError, RuntimeError, ValueError) as error:
        raise ModelError(f"the dense layer in {path} cannot be loaded: {error}") from error
    return linear.eval(), _ACTIVATIONS[name]()
