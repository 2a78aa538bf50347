"""As much of Confluence and Jira as the contract needs: pages, rate limits, permissions, faults."""

import json
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from integration.ingest.connectors.loopback import Answer, Asked, Web

EPOCH = datetime(2026, 1, 5, 8, tzinfo=UTC)
GROUPS = {"field": ["ann", "bob"], "office": ["bob", "carl"]}
PAGE = 4


def as_json(value: Any, status: int = 200, **headers: str) -> Answer:
    return Answer(
        status=status, content=json.dumps(value), headers={"Content-Type": "application/json", **headers}
    )


@dataclass(kw_only=True)
class Item:
    """A page or an issue."""

    number: int
    title: str
    text: str
    version: int = 1
    changed: datetime = EPOCH
    groups: list[str] = field(default_factory=list)
    above: list[int] = field(default_factory=list)
    secret: bool = False


class AtlassianPartner:
    """Items by name; a subclass answers for its system. `clock` is the time on both sides."""

    grants = True
    options = {"password_env": "ATLASSIAN_TOKEN", "full_hours": "0"}  # noqa: RUF012

    def __init__(self) -> None:
        self.items: dict[str, Item] = {}
        self.numbers = 0
        self.clock = EPOCH
        self.web = Web(0)
        self.failing: set[int] = set()
        self.is_down = False
        self.impatient = 0
        self.expiring = 0
        self.shown = True
        self.deleting = ""

    @property
    def place(self) -> str:
        """The source's URI."""
        raise NotImplementedError

    def put(self, name: str, text: str) -> None:
        if name in self.items:
            item = self.items[name]
            item.text, item.version, item.changed = text, item.version + 1, self.clock
            return
        self.numbers += 1
        self.items[name] = Item(
            number=self.numbers, title=name.removesuffix(".md"), text=text, changed=self.clock
        )

    def remove(self, name: str) -> None:
        del self.items[name]

    @contextmanager
    def away(self, name: str) -> Iterator[None]:
        self.failing.add(self.items[name].number)
        yield
        self.failing.clear()

    @contextmanager
    def down(self) -> Iterator[None]:
        self.is_down = True
        yield
        self.is_down = False

    def answer(self, asked: Asked) -> Answer:
        if self.is_down:
            return Answer(status=500)
        if asked.headers.get("authorization") != "Bearer hunter2":
            return Answer(status=401)
        if self.impatient:
            self.impatient -= 1
            return Answer(status=429, headers={"Retry-After": "0"})
        return self.route(asked)

    def route(self, asked: Asked) -> Answer:
        raise NotImplementedError

    def chosen(self, query: str, word: str) -> list[Item]:
        since = re.search(rf'{word} >= "([^"]+)"', query)
        found = sorted(self.items.values(), key=lambda item: item.number)
        after = datetime.strptime(since[1], "%Y/%m/%d %H:%M").replace(tzinfo=UTC) if since else datetime.min
        return [item for item in found if item.changed >= after.replace(tzinfo=UTC)]


class WikiPartner(AtlassianPartner):
    """Confluence at `/wiki`, with one space that group `field` may read."""

    @property
    def place(self) -> str:
        return f"confluence+{self.web.url}/wiki"

    def grant(self, name: str, *groups: str) -> frozenset[str]:
        self.items[name].groups = list(groups)
        return frozenset({"ext:confluence:user:bob"})

    def route(self, asked: Asked) -> Answer:
        path, query = asked.path.removeprefix("/wiki/rest/api/"), asked.query
        if path == "content/search":
            return self.search(query)
        if path == "space/PUMPS":
            return as_json({"key": "PUMPS", **({"permissions": self.permissions()} if self.shown else {})})
        if match := re.fullmatch(r"group/(\w+)/member", path):
            start = int(query["start"])
            return as_json({"results": [{"username": name} for name in GROUPS[match[1]]][start : start + 1]})
        return self.page(path)

    def page(self, path: str) -> Answer:
        match = re.fullmatch(r"content/(\d+)(/restriction/byOperation/read)?", path)
        item = next((one for one in self.items.values() if match and one.number == int(match[1])), None)
        if item is None or match is None:
            return Answer(status=404)
        if match[2]:
            return as_json({"restrictions": restrictions(item)})
        if item.number in self.failing:
            return Answer(status=500)
        return as_json({"title": item.title, "body": {"export_view": {"value": f"<p>{item.text}</p>"}}})

    def search(self, query: dict[str, str]) -> Answer:
        start = int(query.get("start", 0))
        if start and self.expiring:
            self.expiring -= 1
            return Answer(status=400)
        if start and self.deleting:
            self.remove(self.deleting)
            self.deleting = ""
        found = self.chosen(query["cql"], "lastmodified")
        results = [
            {
                "id": str(item.number), "title": item.title, "space": {"key": "PUMPS"},
                "version": {"number": item.version}, "ancestors": [{"id": str(one)} for one in item.above],
                "restrictions": {"read": {"restrictions": restrictions(item)}},
            }
            for item in found[start : start + PAGE]
        ]  # fmt: skip
        cql = query["cql"].replace(" ", "%20")
        following = {"next": f"/rest/api/content/search?cql={cql}&start={start + PAGE}"}
        return as_json({"results": results, "_links": following if start + PAGE < len(found) else {}})

    def permissions(self) -> list[dict[str, Any]]:
        read = {"operation": "read", "targetType": "space"}
        group = {"group": {"results": [{"name": "field"}]}}
        other = {"operation": {"operation": "delete", "targetType": "page"}, "subjects": group_of("office")}
        return [{"operation": read, "subjects": group, "anonymousAccess": False}, other]


def group_of(*names: str) -> dict[str, Any]:
    return {"group": {"results": [{"name": name} for name in names]}, "user": {"results": []}}


def restrictions(item: Item) -> dict[str, Any]:
    return group_of(*item.groups)


class TrackerPartner(AtlassianPartner):
    """Jira with one project; who browses it is said by its scheme, for all issues alike."""

    def __init__(self) -> None:
        super().__init__()
        self.holders: list[dict[str, Any]] = [{"type": "projectRole", "parameter": "10"}]

    @property
    def place(self) -> str:
        return f"jira+{self.web.url}"

    def grant(self, name: str, *groups: str) -> frozenset[str]:
        self.items[name].secret = True
        return frozenset()

    def route(self, asked: Asked) -> Answer:
        path, query = asked.path.removeprefix("/rest/api/2/"), asked.query
        if path == "search":
            return self.search(query)
        if path == "project/PUMP/permissionscheme":
            scheme = [{"permission": "BROWSE_PROJECTS", "holder": one} for one in self.holders]
            other = {"permission": "ADMINISTER_PROJECTS", "holder": {"type": "group", "parameter": "office"}}
            return as_json({"permissions": [*scheme, other]}) if self.shown else Answer(status=403)
        if path == "project/PUMP/role/10":
            group = {"type": "atlassian-group-role-actor", "name": "field", "actorGroup": {"name": "field"}}
            return as_json({"actors": [group, {"type": "atlassian-user-role-actor", "name": "Dora"}]})
        match = re.fullmatch(r"issue/PUMP-(\d+)", path)
        item = next((one for one in self.items.values() if match and one.number == int(match[1])), None)
        if item is None or item.number in self.failing:
            return Answer(status=500 if item else 404)
        return as_json(self.issue(item))

    def issue(self, item: Item) -> dict[str, Any]:
        comments = [
            {
                "id": "1",
                "body": "raw",
                "author": {"displayName": "Ann <b>"},
                "created": "2026-01-05T08:00:00.000",
            },
            {"id": "2", "body": "hush", "visibility": {"type": "role", "value": "Developers"}},
            {"id": "3", "body": "It <leaks>."},
        ]
        fields = {
            "summary": item.title, "status": {"name": "Open"}, "description": item.text,
            "comment": {"comments": comments},
        }  # fmt: skip
        shown = {
            "description": f"<p>{item.text}</p>",
            "comment": {"comments": [{"id": "1", "body": "<i>ok</i>"}]},
        }
        return {"key": f"PUMP-{item.number}", "fields": fields, "renderedFields": shown}

    def search(self, query: dict[str, str]) -> Answer:
        start = int(query["startAt"])
        if start and self.deleting:
            self.remove(self.deleting)
            self.deleting = ""
        found = self.chosen(query["jql"], "updated")
        issues = [
            {
                "key": f"PUMP-{item.number}",
                "fields": {
                    "summary": item.title, "updated": f"{item.changed.isoformat()} {item.version}",
                    "project": {"key": "PUMP"}, "security": {"id": "1"} if item.secret else None,
                },
            }
            for item in found[start : start + PAGE]
        ]  # fmt: skip
        return as_json({"issues": issues, "total": len(found)})
