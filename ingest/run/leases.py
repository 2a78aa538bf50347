"""The leases of one run: its own and those of the documents under way, shared between threads."""

import threading
from collections.abc import Iterable

from core.errors import LeaseLostError
from core.store.jobs import Lease


class HeldLeases:
    """The leases that a run holds, the stage of each, and those that were taken away; thread-safe.

    The heartbeat renews what is held. A job's stage is what others see of its progress.
    """

    def __init__(self, own: Lease) -> None:
        """Hold the lease of the run itself, which ends with the run."""
        self.own = own
        self._lock = threading.Lock()
        self._stages: dict[Lease, str] = {own: ""}
        self._taken: set[Lease] = set()

    @property
    def held(self) -> dict[Lease, str]:
        """The leases held, with the stage of each."""
        with self._lock:
            return dict(self._stages)

    def hold(self, leases: Iterable[Lease]) -> None:
        """Keep leases alive from now on."""
        with self._lock:
            self._stages.update(dict.fromkeys(leases, ""))

    def drop(self, lease: Lease) -> None:
        """Stop keeping a lease alive because its job has ended."""
        with self._lock:
            self._stages.pop(lease, None)

    def lose(self, leases: set[Lease]) -> None:
        """Note that leases were taken away."""
        with self._lock:
            self._taken |= leases
            for lease in leases:
                self._stages.pop(lease, None)

    def is_taken(self, lease: Lease) -> bool:
        """Return whether a lease is known to be lost or cancelled."""
        with self._lock:
            return lease in self._taken

    def check(self) -> None:
        """Raise LeaseLostError if the run was cancelled, or belongs to another worker by now."""
        if self.is_taken(self.own):
            raise LeaseLostError(f"the run over {self.own.key} was cancelled, or taken over by another")

    def set_stage(self, lease: Lease, stage: str) -> None:
        """Note the stage of a job; others see it with the next heartbeat."""
        with self._lock:
            if lease in self._stages:
                self._stages[lease] = stage

    def begin_page(self, lease: Lease, page: int, pages: int, recognizing: bool) -> None:
        """Note which page of a long document is being read.

        Raises: LeaseLostError if the job or the run was cancelled, or belongs to another worker by now.
        """
        if self.is_taken(lease) or self.is_taken(self.own):
            raise LeaseLostError()
        if pages > 1:
            self.set_stage(lease, f"{'recognize' if recognizing else 'parse'}, page {page} of {pages}")
