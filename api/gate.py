"""A bounded line in front of work that keeps the processor busy."""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import TypeVar

import anyio
from anyio import to_thread

from core.errors import BusyError

Result = TypeVar("Result")


class Gate:
    """Lets `concurrent` callers work, `waiting` more queue, and refuses the rest at once."""

    def __init__(self, concurrent: int, waiting: int) -> None:
        self._places = anyio.Semaphore(concurrent)
        self._threads = anyio.CapacityLimiter(concurrent)
        self._most = concurrent + waiting
        self._inside = 0

    def check(self) -> None:
        """Refuse now what `enter` would refuse.

        Raises: BusyError if the line is full.
        """
        if self._inside >= self._most:
            raise BusyError()

    @asynccontextmanager
    async def enter(self) -> AsyncIterator[None]:
        """Hold a place.

        Raises: BusyError if the line is full.
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

        Raises: BusyError if the line is full.
        """
        async with self.enter():
            return await to_thread.run_sync(work, *arguments, limiter=self._threads)
