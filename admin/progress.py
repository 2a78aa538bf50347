"""How a use case reports the progress of its steps to the edge that called it."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager

from core.events import ignore

Advance = Callable[[int, int], None]
"""Called with how many things were done just now, and how many there are as far as is known."""

ShowProgress = Callable[[str], AbstractContextManager[Advance]]
"""Shows one step by its name, such as "Ingesting", while the context is open."""


@contextmanager
def unseen(step: str) -> Iterator[Advance]:
    """Show no progress."""
    yield ignore
