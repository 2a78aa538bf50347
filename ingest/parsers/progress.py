"""Progress of a parser: the page that it reads, and the file inside the file."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar

from core.events import ignore

PageRead = Callable[[int, int, bool], None]
"""Called with a page's 1-based number, the number of pages, and whether text recognition is about to read the
page, which takes seconds. An exception from it ends the parsing."""
MemberRead = Callable[[str], None]
"""Called with the path of a file inside before it is parsed, and with an empty path behind it."""


_page_read: ContextVar[PageRead] = ContextVar("page_read", default=ignore)
_member_read: ContextVar[MemberRead] = ContextVar("member_read", default=ignore)


@contextmanager
def reporting_progress(page_read: PageRead, member_read: MemberRead = ignore) -> Iterator[None]:
    """Call the functions for each page and each file inside that a parser in this thread begins."""
    page, member = _page_read.set(page_read), _member_read.set(member_read)
    try:
        yield
    finally:
        _page_read.reset(page)
        _member_read.reset(member)


def begin_page(page: int, pages: int, recognizing: bool = False) -> None:
    """Report that the parser begins a page."""
    _page_read.get()(page, pages, recognizing)


def begin_member(path: str) -> None:
    """Report that the parser begins a file inside; an empty path reports that it has left it."""
    _member_read.get()(path)
