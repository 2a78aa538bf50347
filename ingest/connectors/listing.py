"""What listings of all kinds of sources have in common."""

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from itertools import islice

from core.errors import FetchError, ParseError, SourceError
from ingest.source import Listed, Listing

# One part of a listing is one transaction; the first is small, so that a source can be tried out at once.
_AT_FIRST, _AT_ONCE = 10, 500
# A stamp has at most 255 characters.
_STAMP_CHARS = 255


@contextmanager
def telling(uri: str) -> Iterator[None]:
    """Make a problem while a source is listed one that says that nothing may be taken for removed."""
    try:
        yield
    except (FetchError, ParseError) as error:
        raise SourceError(f"{uri} cannot be listed: {error}; nothing was removed") from error


def in_parts(
    listed: Iterable[Listed], unreadable: Sequence[tuple[str, ParseError]] = (), cursor: str = ""
) -> Iterator[Listing]:
    """Yield a complete listing in parts; `unreadable` is looked at when all is listed."""
    documents = iter(listed)
    size = _AT_FIRST
    while part := list(islice(documents, size)):
        yield Listing(part)
        size = _AT_ONCE
    yield Listing(unreadable=tuple(unreadable), cursor=cursor, complete=True)


def stamp(*parts: object) -> str:
    """Return a stamp of what a server says about a document; empty if it says nothing."""
    return "|".join(str(part) for part in parts if part)[:_STAMP_CHARS]
