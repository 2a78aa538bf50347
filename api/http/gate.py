"""A bounded queue in front of work that keeps the processor busy."""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import TypeVar

import anyio
from anyio import to_thread

from core.errors import BusyError

Result = TypeVar("Result")


class Gate:
    """Admits `concurrent` callers, queues `waiting` more, and refuses all others at once."""

    def __init__(self, concurrent: int, waiting: int) -> None:
        self._places = anyio.Semaphore(concurrent)
        self._threads = anyio.CapacityLimiter(concurrent)
        self._most = concurrent + waiting
        self._inside = 0

    def check(self) -> None:
        """Refuse a caller now whom `enter` would refuse.

        Raises: BusyError if the queue is full.
        """
        if self._inside >= self._most:
            raise BusyError()

    @asynccontextmanager
    async def enter(self) -> AsyncIterator[None]:
        """Hold a place while the context is open.

        Raises: BusyError if the queue is full.
        """
        self.check()
        self._inside += 1
        try:
            async with self._places:
                yield
        finally:
            self._inside -= 1

    async def run(self, work: Callable[..., Result], *arguments: object) -> Result:
        """Return what `work` returns, done in a thread of the gate's own.

        Raises: BusyError if the queue is full.
        """
        async with self.enter():
            return await to_thread.run_sync(work, *arguments, limiter=self._threads)
