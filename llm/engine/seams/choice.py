"""The implementation of the engine's seams on a device: Triton kernels or plain torch."""

import os
from dataclasses import dataclass
from importlib.util import find_spec
from typing import Literal

import torch

from core.errors import ModelError
from core.logs import noted
from core.values.notices import WITHOUT_KERNELS, Notice
from llm.engine.seams.experts import ExpertsFunction, torch_experts
from llm.engine.seams.ops import AttentionOps, TorchOps

Kernels = Literal["auto", "triton", "torch"]
# Ampere: the first with bfloat16 matrix instructions and asynchronous copies, for which the tiles are made.
_LEAST_CAPABILITY = (8, 0)


@dataclass(frozen=True, slots=True)
class Seams:
    """The attention and expert functions of one engine."""

    attention: AttentionOps
    experts: ExpertsFunction
    notices: tuple[Notice, ...] = ()
    """What answers have to do without."""


def choose_seams(wish: Kernels, device: torch.device) -> Seams:
    """Return the kernels if the device can run them, otherwise the references in plain torch.

    Raises: ModelError if Triton is asked for by name and cannot run here.
    """
    if wish == "torch" or (wish == "auto" and device.type != "cuda"):
        return Seams(TorchOps(), torch_experts)
    hindrance = _hindrance(device)
    if hindrance and wish == "triton":
        raise ModelError(f"llm.engine.kernels is triton, but {hindrance}")
    if hindrance:
        notice = noted(WITHOUT_KERNELS, "engine.no_kernels", hindrance)
        return Seams(TorchOps(), torch_experts, (notice,))
    from llm.engine.seams.kernels.triton_experts import TritonExperts
    from llm.engine.seams.kernels.triton_ops import TritonOps

    return Seams(TritonOps(device), TritonExperts(device))


def _hindrance(device: torch.device) -> str:
    """Return why kernels cannot run on the device; empty if they can."""
    if find_spec("triton") is None:
        return "it is not installed; install the `gpu` extra"
    if device.type == "cuda":
        found = torch.cuda.get_device_capability(device)
        return "" if found >= _LEAST_CAPABILITY else f"{torch.cuda.get_device_name(device)} is too old for it"
    # Triton's own switch, for tests: kernels are interpreted on a CPU.
    return "" if os.environ.get("TRITON_INTERPRET") == "1" else f"{device.type} is not a GPU"
