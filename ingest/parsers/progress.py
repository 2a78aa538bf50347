"""Progress of reading a file: the page, and the file inside it."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar

from core.events import ignore

PageRead = Callable[[int, int, bool], None]
"""Called with a page's 1-based number, the number of pages, and whether a picture is about to be recognized,
which takes seconds. What it raises ends the reading."""
MemberRead = Callable[[str], None]
"""Called with the path of a file inside that is about to be read; empty once none is."""


_page_read: ContextVar[PageRead] = ContextVar("page_read", default=ignore)
_member_read: ContextVar[MemberRead] = ContextVar("member_read", default=ignore)


@contextmanager
def reporting_progress(page_read: PageRead, member_read: MemberRead = ignore) -> Iterator[None]:
    """Call these for each page, and each file inside, that a parser in this thread begins."""
    page, member = _page_read.set(page_read), _member_read.set(member_read)
    try:
        yield
    finally:
        _page_read.reset(page)
        _member_read.reset(member)


def begin_page(page: int, pages: int, recognizing: bool = False) -> None:
    """Report that a page is being read."""
    _page_read.get()(page, pages, recognizing)


def begin_member(path: str) -> None:
    """Report that a file inside is being read, or with an empty path that none is."""
    _member_read.get()(path)
