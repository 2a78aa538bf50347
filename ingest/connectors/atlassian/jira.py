"""Issues of Jira with their comments, by the REST interface of Data Center and Cloud."""

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
from ingest.connectors.source import Listed

_AT_ONCE = 100
_LISTED = "updated,summary,project,security"
_FETCHED = "summary,status,issuetype,resolution,description,comment"


class JiraOptions(AtlassianOptions):
    """`keys` are projects."""


class JiraSource(AtlassianSource):
    """Issues; the readers of an issue may browse its project. With a security level, no one may read it.

    Comments with restricted visibility are left out.
    """

    kind = "jira"

    def __init__(
        self,
        options: JiraOptions,
        settings: IngestSettings,
        folder: Path,
        now: Callable[[], datetime] = utc_now,
    ) -> None:
        super().__init__(options, settings, now)
        self._is_cloud = options.is_cloud
        self._projects: dict[str, frozenset[str]] = {}

    def _documents(self, after: datetime | None) -> Iterator[Listed]:
        self._projects.clear()
        conditions = []
        if self._options.keys:
            conditions.append("project in ({})".format(", ".join(f'"{key}"' for key in self._options.keys)))
        if after:
            conditions.append(f'updated >= "{after:%Y/%m/%d %H:%M}"')
        jql = f"{' and '.join(conditions) or 'project is not EMPTY'} order by created asc, key asc"
        yield from self._entries(self._by_token(jql) if self._is_cloud else self._by_number(jql))

    def _by_number(self, jql: str) -> Iterator[dict[str, Any]]:
        def page(start: int) -> tuple[list[dict[str, Any]], bool]:
            query: dict[str, str | int] = {
                "jql": jql,
                "startAt": start,
                "maxResults": _AT_ONCE,
                "fields": _LISTED,
            }
            found = self._rest.get("rest/api/2/search", **query)
            return found["issues"], start + len(found["issues"]) < found["total"]

        return overlapping(page, "key")

    def _by_token(self, jql: str) -> Iterator[dict[str, Any]]:
        token: dict[str, str] = {}
        while True:
            page = self._rest.get(
                "rest/api/2/search/jql", jql=jql, maxResults=_AT_ONCE, fields=_LISTED, **token
            )
            yield from page["issues"]
            if not page.get("nextPageToken"):
                return
            token = {"nextPageToken": page["nextPageToken"]}

    def _listed(self, issue: dict[str, Any]) -> Listed:
        key, fields = issue["key"], issue["fields"]
        readers = frozenset() if fields.get("security") else self._project(fields["project"]["key"])
        updated = fields["updated"]
        name, metadata = f"{key} {fields['summary']}.html", Metadata(day=day_of(updated))
        return Listed(
            uri=self._address(issue),
            name=name,
            principals=readers,
            stamp=updated,
            metadata=metadata,
        )

    def _address(self, issue: dict[str, Any]) -> str:
        return f"{self.uri}/browse/{quote(issue['key'])}"

    def _html(self, listed: Listed) -> bytes:
        key = listed.uri.rpartition("/")[2]
        issue = self._rest.get(f"rest/api/2/issue/{key}", fields=_FETCHED, expand="renderedFields")
        fields, rendered = issue["fields"], issue.get("renderedFields") or {}
        title = html.escape(f"{issue['key']}: {fields['summary']}")
        about = [
            f"{label}: {html.escape(fields[name]['name'])}"
            for label, name in (("Type", "issuetype"), ("Status", "status"), ("Resolution", "resolution"))
            if fields.get(name)
        ]
        parts = [f"<h1>{title}</h1>", f"<p>{'; '.join(about)}</p>" if about else ""]
        parts.append(rendered.get("description") or _paragraphs(fields.get("description")))
        shown = {one["id"]: one["body"] for one in (rendered.get("comment") or {}).get("comments", ())}
        for comment in (fields.get("comment") or {}).get("comments", ()):
            if not comment.get("visibility"):
                author = html.escape((comment.get("author") or {}).get("displayName") or "")
                parts.append(f"<h2>{author} {html.escape(str(comment.get('created', ''))[:10])}</h2>")
                parts.append(shown.get(comment["id"]) or _paragraphs(comment["body"]))
        return f"<html><head><title>{title}</title></head><body>{''.join(parts)}</body></html>".encode(
            "utf-8", "replace"
        )

    def _project(self, key: str) -> frozenset[str]:
        """Return the users and groups who may browse a project."""
        if key not in self._projects:
            where = f"rest/api/2/project/{quote(key, safe='')}"
            try:
                scheme = self._rest.get(
                    f"{where}/permissionscheme", expand="permissions,user,group,projectRole"
                )
                readers: set[str] = set()
                for grant in scheme["permissions"]:
                    if grant["permission"] == "BROWSE_PROJECTS":
                        readers |= self._holders(grant["holder"], where)
                self._projects[key] = frozenset(readers)
            except (FetchError, ExpiredError, KeyError) as error:
                reason = f"the server does not show who may browse project {key} ({error})"
                self._projects[key] = self._unknown(f"projects/{key}", reason)
        return self._projects[key]

    def _holders(self, holder: dict[str, Any], where: str) -> frozenset[str]:
        """Return the holders of a permission, without those of one issue only, as its reporter."""
        kind, named = holder.get("type"), str(holder.get("parameter") or "")
        if kind == "anyone":
            return frozenset({PUBLIC})
        if kind == "group":
            return self._naming.group((holder.get("group") or {}).get("name") or named)
        if kind == "user":
            user = holder.get("user") or {}
            return self._naming.user(user.get("name") or user.get("accountId") or named)
        found: frozenset[str] = frozenset()
        if kind == "projectRole" and named.isdecimal():
            for actor in self._rest.get(f"{where}/role/{named}").get("actors", ()):
                group, user = actor.get("actorGroup") or {}, actor.get("actorUser") or {}
                if actor.get("type") == "atlassian-group-role-actor":
                    found |= self._naming.group(group.get("name") or actor.get("name") or "")
                elif actor.get("type") == "atlassian-user-role-actor":
                    found |= self._naming.user(user.get("accountId") or actor.get("name") or "")
        return found


def _paragraphs(text: Any) -> str:
    return "".join(f"<p>{html.escape(part)}</p>" for part in str(text or "").split("\n\n") if part.strip())
