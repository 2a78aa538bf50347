"""Pages and blog posts of Confluence, by the REST interface that Data Center and Cloud share."""

import html
from collections.abc import Callable, Iterator
from datetime import datetime
from pathlib import Path
from typing import Any
from urllib.parse import quote

from core.errors import FetchError
from core.permissions import PUBLIC
from core.settings import IngestSettings
from core.values.metadata import Metadata, day_of
from ingest.connectors.atlassian.base import (
    AtlassianOptions,
    AtlassianSource,
    ExpiredError,
    overlapping,
    utc_now,
)
from ingest.connectors.principals import both
from ingest.connectors.source import Listed

_AT_ONCE = 100
_SEARCH = "rest/api/content/search"
_EXPANDED = "version,space,ancestors,restrictions.read.restrictions.user,restrictions.read.restrictions.group"
_BODIES = ("export_view", "view", "storage")
_MOST_MEMBERS = 10_000


class ConfluenceOptions(AtlassianOptions):
    """`keys` are spaces."""


class ConfluenceSource(AtlassianSource):
    """Pages and blog posts; the readers of a page are those of its space whom no restriction excludes.

    A restriction holds for a page and all pages below it.
    """

    kind = "confluence"

    def __init__(
        self,
        options: ConfluenceOptions,
        settings: IngestSettings,
        folder: Path,
        now: Callable[[], datetime] = utc_now,
    ) -> None:
        super().__init__(options, settings, now)
        self._is_cloud = options.is_cloud
        self._spaces: dict[str, frozenset[str]] = {}
        self._limits: dict[str, frozenset[str] | None] = {}
        self._members: dict[str, frozenset[str]] = {}
        self._group_ids: dict[str, str] = {}

    def _documents(self, after: datetime | None) -> Iterator[Listed]:
        for kept in (self._spaces, self._limits, self._members, self._group_ids):
            kept.clear()
        conditions = ["type in (page, blogpost)"]
        if self._options.keys:
            conditions.append("space in ({})".format(", ".join(f'"{key}"' for key in self._options.keys)))
        if after:
            conditions.append(f'lastmodified >= "{after:%Y/%m/%d %H:%M}"')
        cql = f"{' and '.join(conditions)} order by created asc"
        yield from self._entries(self._by_link(cql) if self._is_cloud else self._by_number(cql))

    def _by_link(self, cql: str) -> Iterator[dict[str, Any]]:
        page = self._rest.get(_SEARCH, cql=cql, limit=_AT_ONCE, expand=_EXPANDED)
        yield from page["results"]
        while link := page.get("_links", {}).get("next"):
            page = self._rest.follow(link)
            yield from page["results"]

    def _by_number(self, cql: str) -> Iterator[dict[str, Any]]:
        def page(start: int) -> tuple[list[dict[str, Any]], bool]:
            found = self._rest.get(_SEARCH, cql=cql, start=start, limit=_AT_ONCE, expand=_EXPANDED)
            return found["results"], "next" in found.get("_links", {})

        return overlapping(page, "id")

    def _listed(self, content: dict[str, Any]) -> Listed:
        readers = self._space(content["space"]["key"])
        for limit in (self._limit(content), *(self._limit(one) for one in content.get("ancestors", ()))):
            if limit is not None:
                readers = both(readers, limit, self._in_group)
        version = content["version"]
        metadata = Metadata(
            day=day_of(version.get("when", "")), owner=(version.get("by") or {}).get("displayName", "")
        )
        return Listed(
            uri=self._address(content),
            name=f"{content['title']}.html",
            principals=readers,
            stamp=str(version["number"]),
            metadata=metadata,
        )

    def _address(self, content: dict[str, Any]) -> str:
        key, number = content["space"]["key"], int(content["id"])
        return f"{self.uri}/spaces/{quote(key, safe='~')}/pages/{number}"

    def _html(self, listed: Listed) -> bytes:
        number = int(listed.uri.rpartition("/")[2])
        expand = ",".join(f"body.{name}" for name in _BODIES)
        content = self._rest.get(f"rest/api/content/{number}", expand=expand)
        bodies = content["body"]
        body = next((bodies[name]["value"] for name in _BODIES if bodies.get(name, {}).get("value")), "")
        title = html.escape(content["title"])
        page = f"<html><head><title>{title}</title></head><body><h1>{title}</h1>{body}</body></html>"
        return page.encode("utf-8", "replace")

    def _space(self, key: str) -> frozenset[str]:
        """Return the readers of a space."""
        if key not in self._spaces:
            part = f"spaces/{quote(key, safe='~')}"
            try:
                space = self._rest.get(f"rest/api/space/{quote(key, safe='~')}", expand="permissions")
                entries = space["permissions"]
            except (FetchError, ExpiredError, KeyError) as error:
                reason = f"the server does not show who may read the space ({error})"
                self._spaces[key] = self._unknown(part, reason)
                return self._spaces[key]
            readers: set[str] = set()
            for entry in entries:
                operation = entry.get("operation", {})
                if (operation.get("operation"), operation.get("targetType")) == ("read", "space"):
                    readers |= {PUBLIC} if entry.get("anonymousAccess") is True else set()
                    readers |= self._subjects(entry.get("subjects", {}))
            self._spaces[key] = frozenset(readers)
        return self._spaces[key]

    def _limit(self, content: dict[str, Any]) -> frozenset[str] | None:
        """Return the only readers of a page and of the pages below it; None if the page is not restricted."""
        number = str(int(content["id"]))
        if number not in self._limits:
            found = content.get("restrictions", {}).get("read", {}).get("restrictions")
            if found is None:
                try:
                    path = f"rest/api/content/{number}/restriction/byOperation/read"
                    found = self._rest.get(path)["restrictions"]
                except (FetchError, ExpiredError, KeyError):
                    self._limits[number] = frozenset()
                    return frozenset()
            limited = any(found.get(kind, {}).get("results") for kind in ("user", "group"))
            self._limits[number] = self._subjects(found) if limited else None
        return self._limits[number]

    def _subjects(self, subjects: dict[str, Any]) -> frozenset[str]:
        found: frozenset[str] = frozenset()
        for user in subjects.get("user", {}).get("results", ()):
            found |= self._naming.user(_name(user))
        for group in subjects.get("group", {}).get("results", ()):
            named = self._naming.group(group.get("name") or "")
            which = group.get("id") if self._is_cloud else group.get("name")
            self._group_ids.update(dict.fromkeys(named, which or ""))
            found |= named
        return found

    def _in_group(self, group: str) -> frozenset[str]:
        """Return a group's users; an empty set if they are not shown."""
        if group not in self._members:
            which = quote(self._group_ids.get(group, ""), safe="")
            users: set[str] = set()
            try:
                start = 0
                while start < _MOST_MEMBERS:
                    path = f"rest/api/group/{which}/{'membersByGroupId' if self._is_cloud else 'member'}"
                    found = self._rest.get(path, start=start, limit=_AT_ONCE)["results"]
                    if not found:
                        break
                    start += len(found)
                    for user in found:
                        users |= self._naming.user(_name(user))
            except (FetchError, ExpiredError, KeyError):
                users.clear()
            self._members[group] = frozenset(users)
        return self._members[group]


def _name(user: dict[str, Any]) -> str:
    """Return a user's identifier: the name in Data Center, the account's id in the cloud."""
    return user.get("username") or user.get("accountId") or ""
