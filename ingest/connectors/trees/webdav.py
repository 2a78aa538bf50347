"""Files on a WebDAV server: Nextcloud, ownCloud, SharePoint with an HTTP login."""

from collections import deque
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Self
from urllib.parse import quote, unquote, urlsplit

import httpx
from pydantic import model_validator

from core.errors import FetchError, InputError, ParseError
from core.settings import IngestSettings
from ingest.connectors.http.client import Request
from ingest.connectors.http.guard import checked_url
from ingest.connectors.http.login import login
from ingest.connectors.http.xml import local_name, read_xml, text_of
from ingest.connectors.listing import stamp
from ingest.connectors.options import SecretOptions
from ingest.connectors.trees.remote_tree import RemoteFile, TreeSource, content_of
from ingest.connectors.trees.rules import is_hidden, is_near_miss, is_rule

_ASKED = (
    b'<?xml version="1.0" encoding="utf-8"?><d:propfind xmlns:d="DAV:"><d:prop><d:resourcetype/>'
    b"<d:getetag/><d:getlastmodified/><d:getcontentlength/></d:prop></d:propfind>"
)
_DEEPEST = 64


class WebDavOptions(SecretOptions):
    """The options of a WebDAV source: the folder's address, and the login."""

    @model_validator(mode="after")
    def _is_an_address(self) -> Self:
        try:
            checked_url(self.base)
        except InputError as error:
            raise ValueError(str(error)) from error
        return self

    @property
    def base(self) -> str:
        """The folder's address as the server takes it, without a slash at the end."""
        return self.url.removeprefix("webdav+").rstrip("/")


class WebDavSource(TreeSource):
    """The files below a folder; if the server does not list a folder, its documents are kept."""

    kind = "webdav"

    def __init__(self, options: WebDavOptions, settings: IngestSettings, folder: Path) -> None:
        super().__init__(unquote(options.url), options, settings, login(options))
        self._base = options.base
        self._root = unquote(urlsplit(options.base).path)

    def _files(self) -> Iterator[RemoteFile]:
        waiting, seen = deque([""]), {""}
        while waiting:
            folder = waiting.popleft()
            try:
                entries = list(self._entries(folder))
            except (FetchError, ParseError) as error:
                if not folder:
                    raise
                reason = ParseError(f"the folder cannot be listed: {error}; its documents are kept")
                self._problems.append((self._uri(folder), reason))
                self._unlisted.append(folder)
                continue
            for path, is_folder, file in entries:
                if not is_folder:
                    yield file
                elif path not in seen and path.count("/") < _DEEPEST and not is_hidden(path):
                    seen.add(path)
                    waiting.append(path)

    def _entries(self, folder: str) -> Iterator[tuple[str, bool, RemoteFile]]:
        """Yield the entries of a folder: path, whether it is a folder, and its state as a file."""
        url = f"{self._url(folder)}/"
        headers = {"Depth": "1", "Content-Type": "application/xml; charset=utf-8"}
        response = self._client.send(Request(url=url, method="PROPFIND", headers=headers, content=_ASKED))
        if response.status != 207:
            raise FetchError(f"the server answered {response.status}")
        for entry in read_xml(response.content):
            if local_name(entry) != "response":
                continue
            path = self._path(text_of(entry, "href"), url)
            if path and path != folder and path.startswith(f"{folder}/" if folder else ""):
                yield from self._entry(path, entry)

    def _entry(self, path: str, entry: Any) -> Iterator[tuple[str, bool, RemoteFile]]:
        """Yield the entry at a path, unless it is hidden and no rule, or the server does not show it."""
        found = next((one for one in entry if _is_good(one)), None)
        if is_rule(path):  # even if the server refuses its state: a rule that is missed opens a door
            yield path, False, RemoteFile(path, "") if found is None else _file(path, found)
        elif found is not None:
            is_folder = found.find("{*}prop/{*}resourcetype/{*}collection") is not None
            if is_folder or not is_hidden(path) or is_near_miss(path):
                yield path, is_folder, _file(path, found)
        elif not is_hidden(path) and " 404" not in text_of(entry, "status"):
            reason = ParseError("the server lists it without its state; what is known of it is kept")
            self._problems.append((self._uri(path), reason))
            self._unlisted.append(path)

    def _path(self, href: str, url: str) -> str:
        """Return the path of a link below the source; empty if it leads elsewhere."""
        try:
            found = httpx.URL(url).join(href)
        except httpx.InvalidURL:
            return ""
        path = unquote(found.raw_path.decode("ascii").partition("?")[0], errors="surrogateescape")
        if not path.startswith(f"{self._root}/"):
            return ""
        parts = path.removeprefix(f"{self._root}/").rstrip("/")
        return "" if {"", ".", ".."} & set(parts.split("/")) else parts

    def _read(self, path: str) -> bytes:
        return content_of(self._client.send(Request(url=self._url(path))))

    def _url(self, path: str) -> str:
        return f"{self._base}/{quote(path, errors='surrogateescape')}".rstrip("/")


def _is_good(element: Any) -> bool:
    return local_name(element) == "propstat" and " 200" in text_of(element, "status")


def _file(path: str, propstat: Any) -> RemoteFile:
    etag, modified, size = (
        text_of(propstat, f"prop/{name}") for name in ("getetag", "getlastmodified", "getcontentlength")
    )
    return RemoteFile(path, stamp(etag.strip('"'), modified, size))
