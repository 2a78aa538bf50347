"""Prefetching: threads work ahead of a consumer, in order and by a bounded number of items."""

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TypeVar

_Item = TypeVar("_Item")
_Result = TypeVar("_Result")


def prefetch(work: Callable[[_Item], _Result], items: Iterable[_Item], threads: int) -> Iterator[_Result]:
    """Yield `work(item)` for each item in order, with up to two items per thread under way or waiting.

    Raises: the error that `work` raised, when its item's turn comes; later items are then dropped.
    """
    pool = ThreadPoolExecutor(threads, "prefetch")
    waiting: deque[Future[_Result]] = deque()
    try:
        for item in items:
            waiting.append(pool.submit(work, item))
            if len(waiting) >= 2 * threads:
                yield waiting.popleft().result()
        while waiting:
            yield waiting.popleft().result()
    finally:
        pool.shutdown(wait=False, cancel_futures=True)  # a caller who gives up does not wait for a long file
