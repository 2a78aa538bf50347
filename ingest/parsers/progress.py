"""Tells whoever waits for a document how far its reading has come: the page, and the file inside it."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar

PageRead = Callable[[int, int, bool], None]
"""Called with a page's 1-based number, the number of pages, and whether a picture is about to be recognized,
which takes seconds. What it raises ends the reading."""
MemberRead = Callable[[str], None]
"""Called with the path of a file inside that is about to be read; empty once none is."""


def unheard(page: int, pages: int, recognizing: bool) -> None:
    """Tell nobody."""


def unheard_member(path: str) -> None:
    """Tell nobody."""


_told: ContextVar[PageRead] = ContextVar("page_read", default=unheard)
_told_member: ContextVar[MemberRead] = ContextVar("member_read", default=unheard_member)


@contextmanager
def telling(page_read: PageRead, member_read: MemberRead = unheard_member) -> Iterator[None]:
    """Let parsers in this thread tell of each page, and of each file inside, that they begin."""
    page, member = _told.set(page_read), _told_member.set(member_read)
    try:
        yield
    finally:
        _told.reset(page)
        _told_member.reset(member)


def begin_page(page: int, pages: int, recognizing: bool = False) -> None:
    """Tell that a page is being read."""
    _told.get()(page, pages, recognizing)


def begin_member(path: str) -> None:
    """Tell that a file inside is being read, or with an empty path that none is."""
    _told_member.get()(path)
