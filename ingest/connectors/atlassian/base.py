"""The common base of Confluence and Jira: REST with paging, a cursor by time, and full listings at times."""

import hashlib
import json
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any, Literal, Self

import httpx
from pydantic import Field, model_validator

from core.errors import FetchError, InputError, ParseError
from core.settings import IngestSettings
from ingest.connectors.http.client import Request, WebClient
from ingest.connectors.http.guard import checked_url
from ingest.connectors.http.login import login
from ingest.connectors.listing import in_parts, naming_source
from ingest.connectors.options import Names, SecretOptions
from ingest.connectors.principals import SYSTEM_NAME, Naming
from ingest.connectors.source import Listed, Listing

# How often a list that moved while it was read is read from its beginning.
_MOST_BEGINNINGS = 3
_EXPIRED = frozenset({400, 404, 410})
# What reading a field raises that an answer lacks, or that is of another type.
_LACKING = (KeyError, TypeError, AttributeError, ValueError)


class ExpiredError(Exception):
    """The server no longer knows where a list continues, or the list moved while it was read."""


class AtlassianOptions(SecretOptions):
    """The options of Confluence and Jira: the part of the system, and the naming of its users.

    `read` is not used: the system itself knows who may read.
    """

    name: str = Field(
        "", pattern=SYSTEM_NAME, description="the system's name in principals; by default its kind"
    )
    identity: Literal["ext", "same"] = Field(
        "ext", description="`same`: users and groups have the same names here"
    )
    full_hours: float = Field(
        20.0, ge=0, description="a full listing, with all permissions, at least this often"
    )
    readers_hours: float = Field(
        72.0, ge=0, description="permissions that no listing confirms for this long expire; 0: never"
    )
    overlap_hours: float = Field(
        26.0, ge=0, description="how far a list of changes reaches back; covers time zones"
    )
    keys: Names = Field((), description="spaces or projects; by default all that the user may see")

    @model_validator(mode="after")
    def _is_an_address(self) -> Self:
        try:
            checked_url(self.base)
        except InputError as error:
            raise ValueError(str(error)) from error
        if any(not key.replace("_", "").replace("~", "").replace("-", "").isalnum() for key in self.keys):
            raise ValueError("keys are letters and digits")
        return self

    @property
    def base(self) -> str:
        """The system's address, without a slash at the end."""
        return self.url.partition("+")[2].rstrip("/")

    @property
    def is_cloud(self) -> bool:
        """Whether this is Atlassian's own service, whose interface differs in places."""
        return self.base.split("/")[2].endswith(".atlassian.net")


class Rest:
    """A REST client for JSON below one address."""

    def __init__(self, base: str, client: WebClient) -> None:
        self._base = httpx.URL(f"{base}/")
        self._client = client

    def get(self, path: str, **query: str | int) -> Any:
        """Return the JSON at a path. Raises: FetchError; ExpiredError if it does not exist, or no longer."""
        url = self._base.copy_merge_params(query) if query else self._base
        return self._ask(str(url.copy_with(path=f"{self._base.path}{path}")))

    def follow(self, link: str) -> Any:
        """Return the next page by the link that the last one gave. Raises: as `get`.

        A link may omit the path of the system itself, as Confluence's links do.
        """
        context = self._base.path.rstrip("/")
        whole = link.startswith(("http:", "https:", f"{context}/"))
        url = self._base.join(link if whole else f"{context}{link}")
        if (url.scheme, url.host, url.port) != (self._base.scheme, self._base.host, self._base.port):
            raise FetchError("the server leads to another server")
        return self._ask(str(url))

    def _ask(self, url: str) -> Any:
        response = self._client.send(Request(url=url, headers={"Accept": "application/json"}))
        if response.status in _EXPIRED:
            raise ExpiredError(f"the server answered {response.status}")
        if response.status != 200:
            raise FetchError(f"the server answered {response.status}")
        try:
            return json.loads(response.content)
        except (ValueError, RecursionError) as error:
            raise FetchError("the server's answer is not JSON") from error


class AtlassianSource(ABC):
    """Lists the changes since the cursor, and all documents with permissions at least every `full_hours`.

    Only a full listing shows removed documents, and the readers of unchanged ones.
    """

    kind: str

    def __init__(
        self, options: AtlassianOptions, settings: IngestSettings, now: Callable[[], datetime]
    ) -> None:
        self.uri = options.url.rstrip("/")
        self._options = options
        self._now = now
        self._client = WebClient(settings.connectors, settings.max_file_bytes, login(options))
        self._rest = Rest(options.base, self._client)
        self._naming = Naming(options.name or self.kind, options.identity)
        self._problems: dict[str, ParseError] = {}
        self._nameless = 0

    @property
    def config(self) -> Mapping[str, Any]:
        """The part of the system, and the naming of its users."""
        return self._options.config

    def listings(self, cursor: str) -> Iterator[Listing]:
        """Yield the changes since the cursor, or all documents. Raises: SourceError if the server fails."""
        self._problems, self._nameless = {}, 0
        began = self._now()
        state = self._state(cursor)
        after, full = None, began.isoformat()
        if state:
            after = datetime.fromisoformat(state["since"]) - timedelta(hours=self._options.overlap_hours)
            full = state["full"]
        reached = json.dumps({"since": began.isoformat(), "full": full, "told": self._options_hash()})
        hours = self._options.readers_hours
        for part in in_parts(self._from_the_beginning(after)):
            if not part.complete:
                yield replace(part, readers_hours=hours)
            else:
                problems = (*part.unreadable, *self._problems.items())
                yield Listing(
                    listed=(),
                    gone=(),
                    unreadable=problems,
                    cursor=reached,
                    complete=after is None and not self._nameless,
                    readers_hours=hours,
                )

    def fetch(self, listed: Listed) -> bytes:
        """Return a document as HTML. Raises: FetchError."""
        try:
            return self._html(listed)
        except ExpiredError as error:
            raise FetchError(str(error)) from error
        except _LACKING as error:
            raise FetchError(f"the server's answer lacks a field: {error!r}") from error

    def close(self) -> None:
        """Close connections."""
        self._client.close()

    @abstractmethod
    def _documents(self, after: datetime | None) -> Iterator[Listed]:
        """Yield the documents changed after a time, or all. Raises: FetchError; ExpiredError."""

    @abstractmethod
    def _listed(self, entry: dict[str, Any]) -> Listed:
        """Return the document that an entry of the server's list describes. Raises: as a field lacks."""

    @abstractmethod
    def _address(self, entry: dict[str, Any]) -> str:
        """Return the URI of the document that an entry describes. Raises: as a field lacks."""

    @abstractmethod
    def _html(self, listed: Listed) -> bytes:
        """Return a document. Raises: FetchError; ExpiredError."""

    def _entries(self, found: Iterable[dict[str, Any]]) -> Iterator[Listed]:
        """Yield the documents of a server's list; an entry that lacks a field is a document that failed.

        Raises: FetchError if not one entry is as it should be: this is another kind of answer.
        """
        good = 0
        for number, entry in enumerate(found, start=1):
            try:
                listed = self._listed(entry)
            except _LACKING as error:
                yield from self._lacking(number, entry, error)
                continue
            good += 1
            yield listed
        if self._nameless and not good:
            raise FetchError("the entries of the server's list lack their names")

    def _lacking(self, number: int, entry: dict[str, Any], error: Exception) -> Iterator[Listed]:
        """Note an entry that lacks a field, and close its document: who may read it is not known.

        If not even its address is known, no document may be taken for removed.
        """
        reason = ParseError(f"its entry in the server's list lacks a field: {error!r}"[:300])
        try:
            uri = self._address(entry)
        except _LACKING:
            self._nameless += 1
            self._problems[f"{self.uri}/entry {number}"] = reason
            return
        self._problems[uri] = reason
        yield Listed(uri=uri, name=f"{uri.rpartition('/')[2]}.html", principals=frozenset())

    def _from_the_beginning(self, after: datetime | None) -> Iterator[Listed]:
        with naming_source(self.uri):
            for beginning in range(_MOST_BEGINNINGS):
                try:
                    yield from self._documents(after)
                    return
                except ExpiredError as error:
                    if beginning == _MOST_BEGINNINGS - 1:
                        raise FetchError(f"the list broke off {_MOST_BEGINNINGS} times: {error}") from error
                except _LACKING as error:
                    raise FetchError(f"the server's answer lacks a field: {error!r}") from error

    def _state(self, cursor: str) -> dict[str, str] | None:
        """Return the state of the last listing; None if all has to be listed."""
        try:
            state: dict[str, str] = json.loads(cursor)
            age = self._now() - datetime.fromisoformat(state["full"])
            same = state["told"] == self._options_hash()
            known = same and datetime.fromisoformat(state["since"]) <= self._now()
        except (ValueError, KeyError, TypeError):
            return None
        return state if known and age < timedelta(hours=self._options.full_hours) else None

    def _options_hash(self) -> str:
        """Return a hash of the options: if they change, all is listed anew."""
        return hashlib.sha256(self._options.model_dump_json().encode()).hexdigest()[:16]

    def _unknown(self, part: str, reason: str) -> frozenset[str]:
        """Note that the readers of a part are not known, and return an empty set: no one may read it."""
        self._problems[f"{self.uri}/{part}"] = ParseError(f"{reason}; no one can read it")
        return frozenset()


def overlapping(
    page: Callable[[int], tuple[list[dict[str, Any]], bool]], name: str
) -> Iterator[dict[str, Any]]:
    """Yield a list that is paged by number: `page(start)` returns a part, and whether more follows.

    Each part begins with the last entry of the one before; `name` is the key that identifies an entry.

    Raises: ExpiredError if a part begins with another entry: one was deleted meanwhile, so another one
    would be left out and taken for removed. FetchError if the parts are too short to overlap.
    """
    entries, more = page(0)
    yield from entries
    start = 0
    while more:
        if len(entries) < 2:
            raise FetchError("the server gives its list one entry at a time")
        start, last = start + len(entries) - 1, entries[-1][name]
        entries, more = page(start)
        if not entries or entries[0][name] != last:
            raise ExpiredError("an entry was deleted while the list was read")
        yield from entries[1:]


def utc_now() -> datetime:
    """Return the current time in UTC."""
    return datetime.now(UTC)
