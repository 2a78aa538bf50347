"""Web pages: their links, the names they get as files, and what is remembered of them between nights."""

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
# Links stand in the first part of any sane page.
_SEARCHED_BYTES = 4 * 2**20
_LONGEST_URL = 2000


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """A page as it was last seen; `url` is where its address led in the end."""

    url: str
    name: str
    stamp: str
    etag: str = ""
    modified: str = ""
    links: tuple[str, ...] = ()

    @property
    def conditions(self) -> dict[str, str]:
        """Headers that ask for the page only if it is not as it was."""
        named = {"If-None-Match": self.etag, "If-Modified-Since": self.modified}
        return {name: value for name, value in named.items() if value}


class PageMemory:
    """Pages by the address they were asked for; a file that can be lost: then all are asked for anew."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self.pages: dict[str, Page] = {}
        with suppress(OSError, ValueError, TypeError, AttributeError):
            for address, page in json.loads(path.read_text("utf-8")).items():
                self.pages[address] = Page(**{**page, "links": tuple(page["links"])})

    def save(self, pages: Mapping[str, Page]) -> None:
        """Remember these pages and no others; a disk that takes no more costs only some requests."""
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
    """Return where a link leads; empty if that is no address of a web server."""
    try:
        url = checked_url(str(httpx.URL(base).join(href.strip()))).copy_with(fragment=None)
    except (InputError, httpx.InvalidURL, UnicodeError, ValueError):
        return ""
    return str(url) if len(str(url)) <= _LONGEST_URL else ""


def media_type(headers: Mapping[str, str]) -> str:
    """Return the type that a server says a page has, without parameters."""
    return headers.get("content-type", "").partition(";")[0].strip().lower()


def is_document(kind: str) -> bool:
    """Return whether something of this type may hold text to be read."""
    return not kind.startswith(_NO_DOCUMENT) and kind not in _NO_DOCUMENT_TYPES


def file_name(url: str, kind: str) -> str:
    """Return a name by which the right parser is chosen."""
    parsed = httpx.URL(url)
    name = PurePosixPath(parsed.path).name or parsed.host
    if PurePosixPath(name).suffix.lower() in EXTENSIONS:
        return name
    return name + (".html" if kind in HTML else mimetypes.guess_extension(kind) or "")


def page_stamp(etag: str, modified: str, content: bytes) -> str:
    """Return what changes with the page; empty if the server does not say and the content was not read."""
    if etag or modified:
        return f"{etag} {modified}"[:255]
    return hashlib.sha256(content).hexdigest() if content else ""
