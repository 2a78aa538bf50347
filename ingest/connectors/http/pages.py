"""Web pages: their links, their file names, and a memory of them between runs."""

import hashlib
import json
import mimetypes
import os
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import asdict, dataclass
from html.parser import HTMLParser
from pathlib import Path, PurePosixPath

import httpx

from core.errors import InputError
from ingest.connectors.http.guard import checked_url
from ingest.parsers.formats import EXTENSIONS

HTML = frozenset({"text/html", "application/xhtml+xml"})
_NO_DOCUMENT = ("image/", "audio/", "video/", "font/")
_NO_DOCUMENT_TYPES = frozenset({"text/css", "text/javascript", "application/javascript", "application/wasm"})
# Only the first part of a page is searched for links.
_SEARCHED_BYTES = 4 * 2**20
_LONGEST_URL = 2000


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """A page as it was last seen."""

    url: str
    """The address after redirects."""
    name: str
    """The file name that chooses the parser."""
    stamp: str
    etag: str = ""
    """The header `ETag`."""
    modified: str = ""
    """The header `Last-Modified`."""
    links: tuple[str, ...] = ()

    @property
    def conditions(self) -> dict[str, str]:
        """Headers that request the page only if it changed."""
        named = {"If-None-Match": self.etag, "If-Modified-Since": self.modified}
        return {name: value for name, value in named.items() if value}


class PageMemory:
    """Pages by the address that was requested; if the file is lost, all pages are requested anew."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self.pages: dict[str, Page] = {}
        with suppress(OSError, ValueError, TypeError, AttributeError):
            for address, page in json.loads(path.read_text("utf-8")).items():
                self.pages[address] = Page(**{**page, "links": tuple(page["links"])})

    def save(self, pages: Mapping[str, Page]) -> None:
        """Remember these pages and no others; a full disk costs only some requests."""
        self.pages = dict(pages)
        half = self._path.with_suffix(".half")
        with suppress(OSError):
            self._path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            half.write_text(json.dumps({address: asdict(page) for address, page in pages.items()}), "utf-8")
            os.replace(half, self._path)


class _Links(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.base = ""
        self.found: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        named = {name: value or "" for name, value in attrs}
        if tag == "base" and not self.base:
            self.base = named.get("href", "")
        elif tag in {"a", "area"} and "nofollow" not in named.get("rel", "").lower().split():
            self.found.append(named.get("href", ""))


def links(content: bytes, url: str) -> Iterator[str]:
    """Yield the addresses that a page links to, without fragments."""
    parser = _Links()
    parser.feed(content[:_SEARCHED_BYTES].decode("utf-8", "replace"))
    base = joined(url, parser.base) or url
    for href in parser.found:
        if found := joined(base, href):
            yield found


def joined(base: str, href: str) -> str:
    """Return the address that a link leads to; empty if it is not a web server's."""
    try:
        url = checked_url(str(httpx.URL(base).join(href.strip()))).copy_with(fragment=None)
    except (InputError, httpx.InvalidURL, UnicodeError, ValueError):
        return ""
    return str(url) if len(str(url)) <= _LONGEST_URL else ""


def media_type(headers: Mapping[str, str]) -> str:
    """Return the media type that a server gives a page, without parameters."""
    return headers.get("content-type", "").partition(";")[0].strip().lower()


def is_document(kind: str) -> bool:
    """Return whether a page of this media type may hold text."""
    return not kind.startswith(_NO_DOCUMENT) and kind not in _NO_DOCUMENT_TYPES


def file_name(url: str, kind: str) -> str:
    """Return the file name by which the parser is chosen."""
    parsed = httpx.URL(url)
    name = PurePosixPath(parsed.path).name or parsed.host
    if PurePosixPath(name).suffix.lower() in EXTENSIONS:
        return name
    return name + (".html" if kind in HTML else mimetypes.guess_extension(kind) or "")


def page_stamp(etag: str, modified: str, content: bytes) -> str:
    """Return a stamp that changes with the page; empty without `etag`, `modified` and content."""
    if etag or modified:
        return f"{etag} {modified}"[:255]
    return hashlib.sha256(content).hexdigest() if content else ""
