"""Tells whoever waits for a long document how far its reading has come."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar

PageRead = Callable[[int, int, bool], None]
"""Called with a page's 1-based number, the number of pages, and whether a picture is about to be recognized,
which takes seconds. What it raises ends the reading."""


def unheard(page: int, pages: int, recognizing: bool) -> None:
    """Tell nobody."""


_told: ContextVar[PageRead] = ContextVar("page_read", default=unheard)


@contextmanager
def telling(page_read: PageRead) -> Iterator[None]:
    """Let parsers in this thread tell `page_read` of each page that they begin."""
    before = _told.set(page_read)
    try:
        yield
    finally:
        _told.reset(before)


def begin_page(page: int, pages: int, recognizing: bool = False) -> None:
    """Tell that a page is being read."""
    _told.get()(page, pages, recognizing)
