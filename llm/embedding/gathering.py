"""Batching of concurrent calls: calls that arrive during a run are computed together in the next one."""

import threading
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from typing import Generic, TypeVar

_Item = TypeVar("_Item")
_Result = TypeVar("_Result")


class Gathering(Generic[_Item, _Result]):
    """Runs `run` over the waiting items, at most `most` at once, in the thread of one of the callers.

    `run` returns one result for each item, in order. A single caller does not wait: no run is delayed in
    the hope of more items.
    """

    def __init__(self, run: Callable[[Sequence[_Item]], Sequence[_Result]], most: int) -> None:
        self._run = run
        self._most = most
        self._running = threading.Lock()
        self._door = threading.Lock()
        self._waiting: list[tuple[_Item, Future[_Result]]] = []

    def __call__(self, item: _Item) -> _Result:
        """Return the result for one item. Raises: the error of `run`, in every caller of that run."""
        future: Future[_Result] = Future()
        with self._door:
            self._waiting.append((item, future))
        while not future.done():
            with self._running:
                if not future.done():
                    self._run_next()
        return future.result()

    def _run_next(self) -> None:
        with self._door:
            taken = self._waiting[: self._most]
            del self._waiting[: self._most]
        try:
            results = self._run([item for item, _ in taken])
            for (_, future), result in zip(taken, results, strict=True):
                future.set_result(result)
        except BaseException as error:  # of any kind: the waiting callers must get it
            for _, future in taken:
                if not future.done():
                    future.set_exception(error)
