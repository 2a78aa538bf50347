"""Numbers between host and device without waiting: through pinned memory, which the device reads itself.

A plain copy would stop the host until everything queued before it is done.
"""

import torch
from torch import Tensor


def to_device(values: Tensor, device: torch.device) -> Tensor:
    """Return `values`, which lie on the host, on the device; work queued later sees them."""
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
        """Return it, on the host, as soon as it is there; what was queued later is not waited for."""
        if self._arrived is not None:
            self._arrived.synchronize()
        return self._host
