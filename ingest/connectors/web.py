"""Pages of a web site as a source: the pages of a sitemap, or those that links lead to."""

import hashlib
import tempfile
from collections import deque
from collections.abc import Iterator, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any, Self

import httpx
from pydantic import Field, model_validator

from core.errors import FetchError, InputError, ParseError
from core.settings import IngestSettings
from core.text.secrets import redacted, secret_in
from core.values.metadata import Metadata, day_of
from ingest.connectors.http.client import Request, Response, WebClient, bounded
from ingest.connectors.http.guard import checked_url
from ingest.connectors.http.login import login
from ingest.connectors.http.pages import (
    HTML,
    Page,
    PageMemory,
    file_name,
    is_document,
    joined,
    links,
    media_type,
    page_stamp,
)
from ingest.connectors.http.robots import Robots
from ingest.connectors.http.xml import local_name, read_xml, text_of
from ingest.connectors.listing import in_parts, naming_source
from ingest.connectors.options import SecretOptions
from ingest.connectors.source import Listed, Listing
from ingest.uris import escaped

_GZIP_MARK = b"\x1f\x8b"
_GONE = frozenset({401, 403, 404, 405, 406, 410, 451})
_MOST_SITEMAPS = 1000


class WebOptions(SecretOptions):
    """The options of a web source: where to begin, and how far to go."""

    prefix: str = Field("", description="pages begin with this; by default with the folder of the address")
    depth: int = Field(3, ge=0, le=20, description="links followed from the first page")
    max_pages: int = Field(10_000, ge=1, le=1_000_000)
    delay_seconds: float = Field(
        0.5, ge=0, le=3600, description="between two requests; robots.txt may ask for more"
    )
    queries: bool = Field(False, description="also follow links with a question mark")

    @model_validator(mode="after")
    def _is_an_address(self) -> Self:
        try:
            checked_url(self.url)
            if self.prefix and not joined(self.url, self.prefix).startswith(joined(self.url, "/")):
                raise ValueError("prefix is on the same server as the address")
        except InputError as error:
            raise ValueError(str(error)) from error
        return self

    @property
    def below(self) -> str:
        """The address that every page begins with, without the slash that follows."""
        last = httpx.URL(self.url).path.rpartition("/")[2]
        return joined(self.url, self.prefix or ("." if "." in last else "?")).rstrip("/?")


class WebSource:
    """The pages below a prefix that robots.txt allows; an unchanged page is not sent again."""

    kind = "web"

    def __init__(self, options: WebOptions, settings: IngestSettings, folder: Path) -> None:
        self._options = options
        self._max_bytes = settings.max_file_bytes
        self._agent = settings.connectors.user_agent
        self._client = WebClient(
            settings.connectors, settings.max_file_bytes, login(options), options.delay_seconds
        )
        name = hashlib.sha256(f"{options.url} {options.below}".encode()).hexdigest()[:16]
        self._memory = PageMemory(folder / f"web-{name}.json")
        self._kept = tempfile.TemporaryDirectory(prefix="vade-web-")
        self._robots = Robots.parse(b"", self._agent)
        self._problems: list[tuple[str, ParseError]] = []
        self._sound = True
        self.uri = options.below

    @property
    def config(self) -> Mapping[str, Any]:
        """Where to begin, how far to go, and the readers of the pages."""
        return self._options.config

    def listings(self, cursor: str) -> Iterator[Listing]:
        """Yield the pages as they are found.

        Raises: SourceError if the first page, the sitemap or robots.txt cannot be fetched.
        """
        self._problems, self._sound = [], True
        with naming_source(self.uri):
            self._read_robots()
            first = self._client.send(Request(url=self._options.url))
            if first.status != 200:
                raise FetchError(f"the server answered {first.status}")
            root = _sitemap(first.content, self._max_bytes)
        found = self._crawled() if root is None else self._mapped(first)
        yield from self._parts(found)

    def fetch(self, listed: Listed) -> bytes:
        """Return a page.

        Raises: FetchError if it cannot be fetched now; TooLargeError; ParseError if a redirect leads out
        of the source.
        """
        kept = self._kept_at(listed.uri)
        if kept.is_file():
            return kept.read_bytes()
        response = self._client.send(Request(url=listed.uri))
        if response.status != 200:
            raise FetchError(f"the server answered {response.status}")
        if not self._is_inside(response.url):
            raise ParseError(f"the page leads out of the source, to {redacted(response.url)[:200]}")
        return response.content

    def close(self) -> None:
        """Close connections and delete the pages that were kept."""
        self._client.close()
        self._kept.cleanup()

    def _parts(self, found: Iterator[Listed]) -> Iterator[Listing]:
        for part in in_parts(found):
            if not part.complete:
                yield part
            else:
                yield Listing(unreadable=tuple(self._problems), complete=self._sound)

    def _read_robots(self) -> None:
        """Read robots.txt; without one every page may be read (RFC 9309, 2.3.1).

        Raises: FetchError if it cannot be fetched.
        """
        response = self._client.send(Request(url=joined(self._options.url, "/robots.txt")))
        if response.status >= 500:
            raise FetchError(f"the server answered {response.status} for robots.txt, so no page may be read")
        self._robots = Robots.parse(response.content if response.status < 400 else b"", self._agent)
        self._client.delay_seconds = max(self._options.delay_seconds, self._robots.delay_seconds)

    def _mapped(self, first: Response) -> Iterator[Listed]:
        """Yield the pages of a sitemap, and of the sitemaps that it names (sitemaps.org)."""
        seen: dict[str, Page] = {}
        done: set[str] = set()
        waiting, maps = deque([first.url]), {first.url}
        while waiting:
            url = waiting.popleft()
            with naming_source(self.uri):
                content = first.content if url == first.url else self._content(url)
                root = _sitemap(content, self._max_bytes)
                if root is None:
                    raise FetchError(f"{redacted(url)} is not a sitemap")
            for entry in root:
                target = joined(url, text_of(entry, "loc"))
                if local_name(entry) == "sitemap" and target not in maps and len(maps) < _MOST_SITEMAPS:
                    maps.add(target)
                    waiting.append(target)
                elif local_name(entry) == "url" and not target:
                    self._note_unusable(text_of(entry, "loc"))
                elif local_name(entry) == "url" and self._may_read(target) and target not in done:
                    if self._is_enough(len(done)):
                        return
                    done.add(target)
                    yield from self._entry(target, text_of(entry, "lastmod"), seen)
        self._memory.save(seen)

    def _note_unusable(self, address: str) -> None:
        """Note an entry of a sitemap whose address cannot be used."""
        reason = ParseError("its address in the sitemap is not that of a web page, or is too long")
        self._problems.append((f"{self.uri}/{escaped(redacted(address))[:200]}", reason))

    def _entry(self, target: str, changed: str, seen: dict[str, Page]) -> Iterator[Listed]:
        if changed:
            stamp, metadata = f"lastmod {changed}"[:255], Metadata(day=day_of(changed))
            yield Listed(
                uri=target,
                name=file_name(target, ""),
                principals=self._options.readers,
                stamp=stamp,
                metadata=metadata,
            )
        elif page := self._visit(target, seen):
            yield self._listed(page)

    def _crawled(self) -> Iterator[Listed]:
        """Yield the first page and those that its links lead to, nearest first."""
        start = joined(self._options.url, "")
        seen: dict[str, Page] = {}
        done: set[str] = set()
        queued = {start}
        waiting = deque([(start, 0)])
        while waiting:
            url, depth = waiting.popleft()
            page = self._visit(url, seen)
            if page is None or page.url in done:
                continue
            done.add(page.url)
            yield self._listed(page)
            for target in page.links if depth < self._options.depth else ():
                if target in queued or not self._may_read(target) or self._is_queried(target):
                    continue
                if self._is_enough(len(queued)):
                    break
                queued.add(target)
                waiting.append((target, depth + 1))
        self._memory.save(seen)

    def _visit(self, url: str, seen: dict[str, Page]) -> Page | None:
        """Return a page as it is, or as it was if it is unchanged or unavailable; None if it is no page."""
        before = self._memory.pages.get(url)
        try:
            response = self._client.send(
                Request(url=url, headers=before.conditions if before else {}, wants_content=_is_html)
            )
            page = self._page(url, response, before)
        except (FetchError, ParseError) as error:
            # The pages behind it stay known; without a memory of them, no page may be taken for removed.
            self._sound = self._sound and (before is not None or not isinstance(error, FetchError))
            page = Page(url=url, name=file_name(url, ""), stamp="", links=before.links if before else ())
        if page:
            seen[url] = page
        return page

    def _page(self, url: str, response: Response, before: Page | None) -> Page | None:
        if response.status == 304 and before:
            return before
        if response.status in _GONE:
            return None
        if response.status != 200:
            raise FetchError(f"the server answered {response.status}")
        kind = media_type(response.headers)
        if not self._may_read(response.url) or not is_document(kind):
            return None
        etag, modified = response.headers.get("etag", ""), response.headers.get("last-modified", "")
        found: tuple[str, ...] = ()
        if response.content:
            with suppress(OSError):  # then it is requested once more
                self._kept_at(response.url).write_bytes(response.content)
            inside = dict.fromkeys(filter(self._is_inside, links(response.content, response.url)))
            found = tuple(link for link in inside if not self._holds_secret(link))
        stamp = page_stamp(etag, modified, response.content)
        return Page(
            url=response.url,
            name=file_name(response.url, kind),
            stamp=stamp,
            etag=etag,
            modified=modified,
            links=found,
        )

    def _content(self, url: str) -> bytes:
        response = self._client.send(Request(url=url))
        if response.status != 200:
            raise FetchError(f"the server answered {response.status} for {redacted(url)}")
        return response.content

    def _listed(self, page: Page) -> Listed:
        return Listed(uri=page.url, name=page.name, principals=self._options.readers, stamp=page.stamp)

    def _is_inside(self, url: str) -> bool:
        return url == self.uri or url.startswith(f"{self.uri}/")

    def _may_read(self, url: str) -> bool:
        return self._is_inside(url) and self._robots.may_read(url) and not self._holds_secret(url)

    def _holds_secret(self, url: str) -> bool:
        """Return whether an address holds a secret, which would be shown with every citation of the page.

        It is reported, unless it has a question mark and is not followed for that reason.
        """
        found = secret_in(url)
        if found and not self._is_queried(url):
            shown = redacted(url)
            reason = ParseError(f"its address holds {found}; the page is not read")
            if all(shown != told for told, _ in self._problems):
                self._problems.append((shown, reason))
        return bool(found)

    def _is_queried(self, url: str) -> bool:
        return "?" in url and not self._options.queries

    def _is_enough(self, number: int) -> bool:
        """Return whether the limit of pages is reached; then the pages beyond it are kept as they were."""
        if number < self._options.max_pages:
            return False
        if self._sound:
            self._sound = False
            reason = f"there are more than {number} pages; raise max_pages, or narrow prefix or depth"
            self._problems.append((self.uri, ParseError(reason)))
        return True

    def _kept_at(self, url: str) -> Path:
        return Path(self._kept.name, hashlib.sha256(url.encode()).hexdigest())


def _is_html(status: int, headers: Mapping[str, str]) -> bool:
    return status == 200 and media_type(headers) in HTML


def _sitemap(content: bytes, max_bytes: int) -> Any:
    """Return the root of a sitemap or of an index of sitemaps; None if the content is neither."""
    if content.startswith(_GZIP_MARK):
        content = bounded(iter([content]), max_bytes, packed=True)
    if b"<urlset" not in content[:2000] and b"<sitemapindex" not in content[:2000]:
        return None
    return read_xml(content)
