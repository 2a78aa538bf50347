"""One engine over several processes of one node: the first process plans, all of them compute.

Transformers splits the model (tensor, expert or pipeline parallel). The scheduler, the page pool and
sampling live in the first process only. It sends each batch, and the others compute it over their own
part of the model and its pages; page numbers are the same in each process.
"""

import torch.distributed as dist
from torch import Tensor
from transformers import PreTrainedModel

from core.settings import EngineSettings
from llm.engine.build import assemble, prepare
from llm.engine.engine import Engine
from llm.engine.model.runner import Forward
from llm.engine.seams.choice import choose_seams
from llm.engine.tensors.batch import Batch

LEADER = 0


class LeadingForward:
    """Sends each batch to the other processes before computing it."""

    def __init__(self, forward: Forward) -> None:
        self._forward = forward

    def __call__(self, batch: Batch) -> Tensor:
        """Return the batch's logits, computed by all processes together."""
        dist.broadcast_object_list([batch], src=LEADER)
        return self._forward(batch)

    def dismiss(self) -> None:
        """End the other processes' loops."""
        dist.broadcast_object_list([None], src=LEADER)


def lead(model: PreTrainedModel, settings: EngineSettings) -> tuple[Engine, LeadingForward]:
    """Return the first process's engine, and its forward pass, whose `dismiss` ends the other processes.

    Raises: as `build_engine`.
    """
    forward, num_pages = prepare(model, settings, choose_seams(settings.kernels, model.device))
    leading = LeadingForward(forward)
    return assemble(model, settings, leading, num_pages), leading


def follow(model: PreTrainedModel, settings: EngineSettings) -> None:
    """Compute the first process's batches until it ends the loop; the settings must equal its own.

    Raises: as `build_engine`. A fault in a step ends a follower: the processes would no longer agree.
    """
    forward, _ = prepare(model, settings, choose_seams(settings.kernels, model.device))
    while True:
        sent: list[Batch | None] = [None]
        dist.broadcast_object_list(sent, src=LEADER)
        if sent[0] is None:
            return
        forward(sent[0])
