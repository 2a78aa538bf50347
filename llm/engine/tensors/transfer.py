"""Copies between host and device that do not block: through pinned memory, which the device reads itself.

A plain copy would block the host until all work queued before it is done.
"""

import torch
from torch import Tensor


def to_device(values: Tensor, device: torch.device) -> Tensor:
    """Return a copy of host `values` on the device; work that is queued later sees them."""
    if device.type != "cuda":
        return values.to(device)
    return values.pin_memory().to(device, non_blocking=True)


class Arriving:
    """A tensor on its way to the host."""

    def __init__(self, source: Tensor) -> None:
        self._arrived: torch.cuda.Event | None = None
        self._host = source
        if source.is_cuda:
            self._host = torch.empty(source.shape, dtype=source.dtype, pin_memory=True)
            self._host.copy_(source, non_blocking=True)
            self._arrived = torch.cuda.Event()  # type: ignore[no-untyped-call]
            self._arrived.record()

    def wait(self) -> Tensor:
        """Return the tensor on the host once it has arrived; work that was queued later is not waited for."""
        if self._arrived is not None:
            self._arrived.synchronize()
        return self._host
