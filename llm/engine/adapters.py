"""LoRA adapters: small changes to a model's weights, one of them active in each step.

The scheduler groups sequences by adapter, and an adapter's name is part of a prefix's digest, so
neither answers nor pages of two adapters mix.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from torch import Tensor
from transformers import PreTrainedModel

from core.errors import ModelError, UnsupportedModelError
from llm.engine.model.attention import is_latent
from llm.engine.model.runner import Forward
from llm.engine.tensors.batch import Batch

# Its weights are read without calling its layer, so an adapter on it would have no effect.
_ABSORBED = "kv_b_proj"


class Adapters:
    """The adapters of one model by name; the empty name is the model as it is."""

    def __init__(self, model: PreTrainedModel, folders: Mapping[str, Path]) -> None:
        """Load the adapters into `model`, all inactive.

        Raises: ModelError if peft is missing or a folder holds no fitting adapter.
        """
        self.names = frozenset(folders)
        self._in_force = ""
        self._adapted: Any = _load(model, folders) if folders else None

    def use(self, name: str) -> None:
        """Activate an adapter. Raises: ModelError if no adapter has that name."""
        if name == self._in_force:
            return
        if name and name not in self.names:
            raise ModelError(f"no adapter is called {name!r}")
        if name:
            self._adapted.base_model.enable_adapter_layers()
            self._adapted.set_adapter(name)
        else:
            self._adapted.base_model.disable_adapter_layers()
        self._in_force = name


class AdaptedForward:
    """Activates each batch's adapter before computing it."""

    def __init__(self, forward: Forward, adapters: Adapters) -> None:
        self._forward = forward
        self._adapters = adapters

    def __call__(self, batch: Batch) -> Tensor:
        """Return the batch's logits under its adapter."""
        self._adapters.use(batch.adapter)
        return self._forward(batch)


def _load(model: PreTrainedModel, folders: Mapping[str, Path]) -> Any:
    """Return the model with all adapters loaded and inactive."""
    try:
        from peft import PeftConfig, PeftModel
    except ImportError as error:
        raise ModelError("adapters need peft; install the `lora` extra") from error
    adapted: Any = None
    for name, folder in folders.items():
        try:
            _check_targets(model, PeftConfig.from_pretrained(folder))
            if adapted is None:
                adapted = PeftModel.from_pretrained(model, folder, adapter_name=name)
            else:
                adapted.load_adapter(folder, adapter_name=name)
        except (OSError, ValueError, KeyError, RuntimeError) as error:
            raise ModelError(f"{folder} holds no adapter that fits: {error}") from error
    adapted.eval()
    adapted.base_model.disable_adapter_layers()
    return adapted


def _check_targets(model: PreTrainedModel, config: Any) -> None:
    latent = any(is_latent(module) for module in model.modules())
    if latent and _ABSORBED in (config.target_modules or ()):
        raise UnsupportedModelError(
            f"the adapter changes {_ABSORBED}, which the engine absorbs; merge it first"
        )
