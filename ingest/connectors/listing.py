"""Listings: their parts, names and stamps, as all kinds of sources make them."""

import re
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from itertools import islice

from core.errors import FetchError, ParseError, SourceError
from ingest.connectors.source import Listed, Listing
from ingest.uris import is_short, too_long_to_keep

# One part of a listing is one transaction; the first is small, so that trying a source out is quick.
_AT_FIRST, _AT_ONCE = 10, 500
_LONGEST_NAME = 500
_UNSAFE = re.compile("[\x00-\x1f\x7f]+")
# A stamp has at most 255 characters.
_STAMP_CHARS = 255


@contextmanager
def naming_source(uri: str) -> Iterator[None]:
    """Turn an error inside the block into a SourceError that names the source."""
    try:
        yield
    except (FetchError, ParseError) as error:
        raise SourceError(f"{uri} cannot be listed: {error}; nothing was removed") from error


def in_parts(
    listed: Iterable[Listed], unreadable: Sequence[tuple[str, ParseError]] = ()
) -> Iterator[Listing]:
    """Yield a complete listing in parts; `unreadable` is looked at when all is listed.

    Names come as servers give them: characters that no database takes are replaced. A document whose
    address is too long to be kept is reported as unreadable.
    """
    too_long: list[str] = []
    documents = (_named(one) for one in listed if _fits(one, too_long))
    size = _AT_FIRST
    while part := list(islice(documents, size)):
        yield Listing(listed=part)
        size = _AT_ONCE
    problems = (*unreadable, *(too_long_to_keep(uri) for uri in too_long))
    yield Listing(unreadable=problems, complete=True)


def _fits(listed: Listed, too_long: list[str]) -> bool:
    if is_short(listed.uri):
        return True
    too_long.append(listed.uri)
    return False


def _named(listed: Listed) -> Listed:
    name = _UNSAFE.sub(" ", listed.name.encode("utf-8", "replace").decode()).strip()
    return replace(listed, name=name[-_LONGEST_NAME:] or "nameless")


def stamp(*parts: object) -> str:
    """Return a stamp made of a server's words on a document; empty if there are none."""
    return "|".join(str(part) for part in parts if part)[:_STAMP_CHARS]
