"""Listings: their parts, names and stamps, as all kinds of sources make them."""

import re
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from itertools import islice

from core.errors import FetchError, ParseError, SourceError
from ingest.connectors.source import Listed, Listing, Source
from ingest.uris import is_short, too_long_to_keep

# One part of a listing is one transaction; the first is small, so that trying a source out is quick.
_AT_FIRST, _AT_ONCE = 10, 500
_LONGEST_NAME = 500
_UNSAFE = re.compile("[\x00-\x1f\x7f]+")
# Halves of characters and the NUL character, which no database takes.
_NO_TEXT = re.compile("[\x00\ud800-\udfff]")
# Bytes of a file's name that are not UTF-8, as Python writes them.
_BYTES = re.compile("[\udc80-\udcff]")
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

    An entry that cannot be kept is reported as unreadable, see `sifted`.
    """
    problems: list[tuple[str, ParseError]] = []
    documents = sifted(listed, problems)
    size = _AT_FIRST
    while part := list(islice(documents, size)):
        yield Listing(listed=part)
        size = _AT_ONCE
    yield Listing(unreadable=(*unreadable, *problems), complete=True)


def sound_listings(source: Source, cursor: str) -> Iterator[Listing]:
    """Yield a source's listing; in each part, an entry that cannot be kept is a document that failed.

    Raises: SourceError as the source does.
    """
    for part in source.listings(cursor):
        problems: list[tuple[str, ParseError]] = []
        listed = list(sifted(part.listed, problems))
        bad = {uri for uri, _ in problems}
        limits = [(one.uri, _readers(one)) for one in part.listed if one.uri in bad]
        yield replace(
            part, listed=listed, unreadable=(*part.unreadable, *problems), limits=(*part.limits, *limits)
        )


def sifted(listed: Iterable[Listed], problems: list[tuple[str, ParseError]]) -> Iterator[Listed]:
    """Yield the entries that a database can keep, and add those that it cannot to `problems`.

    In names, control characters and halves of characters are replaced.
    """
    for one in listed:
        if not is_short(one.uri):
            problems.append(too_long_to_keep(one.uri))
        elif _BYTES.search(one.name):
            reason = f"its name is not UTF-8 ({_shown(one.name)}); rename it"
            problems.append((_shown(one.uri), ParseError(reason)))
        elif any(map(_NO_TEXT.search, _words(one))):
            reason = "what its source says about it contains characters that are no text"
            problems.append((_shown(one.uri), ParseError(reason)))
        else:
            yield replace(one, name=_plain(one.name))


def _readers(one: Listed) -> frozenset[str]:
    return frozenset(name for name in one.principals if not _NO_TEXT.search(name))


def _words(one: Listed) -> Iterator[str]:
    known = one.metadata
    yield from (one.uri, one.stamp, *one.principals)
    yield from (known.owner, *known.tags, *known.devices, *known.supersedes)


def _plain(name: str) -> str:
    text = name.encode("utf-8", "replace").decode()
    return _UNSAFE.sub(" ", text).strip()[-_LONGEST_NAME:] or "nameless"


def _shown(text: str) -> str:
    return text.encode("utf-8", "backslashreplace").decode().replace("\\udc", "\\x").replace("\0", "\\0")


def stamp(*parts: object) -> str:
    """Return a stamp made of a server's words on a document; empty if there are none."""
    return "|".join(str(part) for part in parts if part)[:_STAMP_CHARS]
