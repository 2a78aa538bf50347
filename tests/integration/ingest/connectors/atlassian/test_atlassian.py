import json
from collections.abc import Iterator
from contextlib import closing
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from integration.ingest.connectors.atlassian.atlassian_server import (
    EPOCH,
    AtlassianPartner,
    TrackerPartner,
    WikiPartner,
)
from integration.ingest.connectors.contract import ConnectorContract
from integration.ingest.connectors.loopback import Answer, Asked, serving
from integration.ingest.connectors.partners import LOOPBACK, READERS

from core.errors import FetchError, InputError, SourceError
from core.settings import ConnectorSettings, IngestSettings, load_settings
from ingest.connectors.atlassian.base import AtlassianSource
from ingest.connectors.atlassian.confluence import ConfluenceOptions, ConfluenceSource
from ingest.connectors.atlassian.jira import JiraOptions, JiraSource
from ingest.connectors.source import Listed, Listing
from ingest.connectors.sources import source_at

SETTINGS = IngestSettings(connectors=ConnectorSettings.model_validate(LOOPBACK))
FIELD = {"ext:confluence:group:field"}


@pytest.fixture
def wiki(monkeypatch: pytest.MonkeyPatch) -> Iterator[WikiPartner]:
    monkeypatch.setenv("ATLASSIAN_TOKEN", "hunter2")
    made = WikiPartner()
    with serving(made.answer) as made.web:
        yield made


@pytest.fixture
def tracker(monkeypatch: pytest.MonkeyPatch) -> Iterator[TrackerPartner]:
    monkeypatch.setenv("ATLASSIAN_TOKEN", "hunter2")
    made = TrackerPartner()
    with serving(made.answer) as made.web:
        yield made


class TestConfluenceContract(ConnectorContract):
    @pytest.fixture
    def partner(self, wiki: WikiPartner) -> WikiPartner:
        return wiki


class TestJiraContract(ConnectorContract):
    @pytest.fixture
    def partner(self, tracker: TrackerPartner) -> TrackerPartner:
        return tracker


def opened(partner: AtlassianPartner, **options: Any) -> AtlassianSource:
    told = {"url": partner.place, "password_env": "ATLASSIAN_TOKEN", **options}
    if isinstance(partner, WikiPartner):
        return ConfluenceSource(
            ConfluenceOptions.model_validate(told), SETTINGS, Path(), lambda: partner.clock
        )
    return JiraSource(JiraOptions.model_validate(told), SETTINGS, Path(), lambda: partner.clock)


def listed(partner: AtlassianPartner, cursor: str = "", **options: Any) -> tuple[list[Listed], Listing]:
    """Return what is listed, and the last part of the listing."""
    with closing(opened(partner, **options)) as source:
        parts = list(source.listings(cursor))
    return [one for part in parts for one in part.listed], parts[-1]


def readers(partner: AtlassianPartner, **options: Any) -> dict[str, set[str]]:
    return {one.name.removesuffix(".html"): set(one.principals) for one in listed(partner, **options)[0]}


@pytest.mark.parametrize("kind", ["wiki", "tracker"])
def test_changes_are_listed_with_an_overlap_and_all_of_it_in_time(
    kind: str, request: pytest.FixtureRequest
) -> None:
    partner: AtlassianPartner = request.getfixturevalue(kind)
    for number in range(6):
        partner.put(f"old-{number}", "Pump.")
    first, end = listed(partner)
    assert (len(first), end.complete, end.readers_hours) == (6, True, 72.0)
    partner.clock = EPOCH + timedelta(days=3)
    _, later = listed(partner, end.cursor)
    assert later.complete, "too long ago: all of it again"
    partner.clock += timedelta(hours=1)
    partner.put("new", "Pump.")
    partner.remove("old-1")
    changed, end = listed(partner, later.cursor)
    assert ([one.name.split(" ")[-1] for one in changed], end.complete) == (["new.html"], False)
    assert json.loads(end.cursor)["since"] == partner.clock.isoformat()
    partner.clock += timedelta(hours=20)
    assert listed(partner, end.cursor)[1].complete


def test_other_options_or_a_damaged_cursor_list_all_of_it(wiki: WikiPartner) -> None:
    wiki.put("a", "Pump.")
    _, end = listed(wiki)
    assert not listed(wiki, end.cursor)[1].complete
    assert listed(wiki, end.cursor, identity="same")[1].complete
    for damaged in ("{", "[]", '{"full": "yesterday"}', '{"full": "2026-01-05T08:00:00+00:00"}'):
        assert listed(wiki, damaged)[1].complete
    wiki.clock -= timedelta(days=9)
    assert listed(wiki, end.cursor)[1].complete, "the clock was set back"


def test_rate_limits_are_waited_out_and_expired_lists_begun_again(wiki: WikiPartner) -> None:
    for number in range(9):
        wiki.put(f"{number}", "Pump.")
    wiki.impatient, wiki.expiring = 2, 2
    found, end = listed(wiki)
    assert ({one.name for one in found}, end.complete) == ({f"{n}.html" for n in range(9)}, True)
    wiki.expiring = 3
    with pytest.raises(SourceError, match="the list broke off 3 times"):
        listed(wiki)


@pytest.mark.parametrize("kind", ["wiki", "tracker"])
def test_what_is_deleted_while_others_are_listed_hides_none(
    kind: str, request: pytest.FixtureRequest
) -> None:
    partner: AtlassianPartner = request.getfixturevalue(kind)
    for number in range(9):
        partner.put(f"{number}", "Pump.")
    partner.deleting = "0"
    found, end = listed(partner)
    assert {one.name.split(" ")[-1] for one in found} >= {f"{n}.html" for n in range(1, 9)}
    assert end.complete


def test_names_that_no_database_takes_are_made_plain(wiki: WikiPartner) -> None:
    wiki.put("a\x00b\ud800\n" + "c" * 600, "Pump.")
    [one], _ = listed(wiki)
    assert (len(one.name), one.name.isprintable(), one.name.encode()[-5:]) == (500, True, b".html")
    with closing(opened(wiki)) as source:
        assert b"Pump." in source.fetch(one)


def test_a_page_is_read_by_who_may_read_its_space_and_all_above_it(wiki: WikiPartner) -> None:
    for name in ("free", "shut", "below", "other", "deep"):
        wiki.put(name, "Pump.")
    items = wiki.items
    items["shut"].groups = ["office"]
    items["below"].above = [items["shut"].number]
    items["other"].groups = ["field"]
    items["deep"].groups, items["deep"].above = ["field"], [items["free"].number, items["shut"].number]
    assert readers(wiki) == {
        "free": FIELD, "shut": {"ext:confluence:user:bob"}, "below": {"ext:confluence:user:bob"},
        "other": FIELD, "deep": {"ext:confluence:user:bob"},
    }  # fmt: skip
    assert readers(wiki, identity="same")["free"] == {"group:field"}
    assert readers(wiki, name="wiki2")["free"] == {"ext:wiki2:group:field"}


def test_a_page_whose_parent_cannot_be_seen_is_read_by_nobody(wiki: WikiPartner) -> None:
    wiki.put("a", "Pump.")
    wiki.items["a"].above = [999]
    assert readers(wiki) == {"a": set()}


@pytest.mark.parametrize("kind", ["wiki", "tracker"])
def test_unknown_permissions_mean_nobody_and_are_told(kind: str, request: pytest.FixtureRequest) -> None:
    partner: AtlassianPartner = request.getfixturevalue(kind)
    partner.put("a", "Pump.")
    partner.shown = False
    assert list(readers(partner, read=["public"]).values()) == [set()]
    [(_, reason)] = listed(partner)[1].unreadable
    assert "no one can read it" in str(reason)


def test_who_browses_a_project_is_mirrored(tracker: TrackerPartner) -> None:
    tracker.put("a", "Pump.")
    [found] = readers(tracker).values()
    assert found == {"ext:jira:group:field", "ext:jira:user:dora"}
    tracker.holders = [
        {"type": "group", "parameter": "Field Service"}, {"type": "user", "user": {"name": "ann"}},
        {"type": "reporter"}, {"type": "applicationRole"}, {"type": "group"}, {"type": "new in version 12"},
    ]  # fmt: skip
    [found] = readers(tracker, identity="same").values()
    assert found == {"group:Field Service", "user:ann"}
    tracker.holders = [{"type": "anyone"}]
    assert list(readers(tracker).values()) == [{"public"}]


def test_an_issue_holds_its_comments_but_not_those_for_some(tracker: TrackerPartner) -> None:
    tracker.put("Seal & shaft", "Drips.")
    [one], _ = listed(tracker)
    assert (one.uri, one.name) == (f"{tracker.place}/browse/PUMP-1", "PUMP-1 Seal & shaft.html")
    with closing(opened(tracker)) as source:
        text = source.fetch(one).decode()
    assert "<h1>PUMP-1: Seal &amp; shaft</h1><p>Status: Open</p><p>Drips.</p>" in text
    assert "<h2>Ann &lt;b&gt; 2026-01-05</h2><i>ok</i>" in text
    assert "<p>It &lt;leaks&gt;.</p>" in text
    assert "hush" not in text


@pytest.mark.parametrize(
    "answer",
    [
        Answer(status=200, content="<html>sign in</html>"),
        Answer(status=200, content="{}"),
        Answer(status=200, content="[]"),
        Answer(status=403),
        Answer(status=200, content='{"results": [1]}'),
    ],
)
def test_answers_of_another_kind_are_no_empty_list(answer: Answer, wiki: WikiPartner) -> None:
    wiki.route = lambda asked: answer  # type: ignore[method-assign]
    with pytest.raises(SourceError, match="nothing was removed"):
        listed(wiki)
    with closing(opened(wiki)) as source, pytest.raises(FetchError):
        source.fetch(Listed(uri=f"{wiki.place}/spaces/PUMPS/pages/1", name="a", principals=READERS))


@pytest.mark.parametrize(("kind", "lacking"), [("wiki", "version"), ("tracker", "fields")])
def test_an_entry_that_lacks_a_field_is_one_document_that_nobody_reads(
    kind: str, lacking: str, request: pytest.FixtureRequest
) -> None:
    partner: AtlassianPartner = request.getfixturevalue(kind)
    for name in ("a", "b", "c"):
        partner.put(name, "Pump.")
    [address, *_] = [one.uri for one in listed(partner)[0]]
    route = partner.route

    def answering(asked: Asked, missing: str = lacking) -> Answer:
        answer = route(asked)
        if "search" in asked.path:
            found = json.loads(answer.content)
            (found.get("results") or found["issues"])[0].pop(missing)
            return Answer(status=200, content=json.dumps(found))
        return answer

    partner.route = answering  # type: ignore[method-assign]
    found, end = listed(partner)
    [(uri, problem)] = end.unreadable
    assert (uri, end.complete) == (address, True)
    assert f"lacks a field: KeyError('{lacking}')" in str(problem)
    assert [bool(one.principals) for one in found] == [False, True, True]
    partner.route = partial(answering, missing="id" if kind == "wiki" else "key")  # type: ignore[method-assign]
    found, end = listed(partner)
    assert (len(found), end.complete) == (2, False), "nothing may be taken for removed"
    assert [uri for uri, _ in end.unreadable] == [f"{partner.place}/entry 1"]


def test_a_next_page_on_another_server_is_not_asked_for(
    wiki: WikiPartner, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ConfluenceOptions, "is_cloud", True)
    for number in range(9):
        wiki.put(f"{number}", "Pump.")
    assert len(listed(wiki)[0]) == 9, "in the cloud, a list goes on by links"
    elsewhere = {"results": [], "_links": {"next": "http://127.0.0.2:9/rest/api/content/search"}}
    wiki.route = lambda asked: Answer(status=200, content=json.dumps(elsewhere))  # type: ignore[method-assign]
    with pytest.raises(SourceError, match="another server"):
        listed(wiki)


def test_addresses_and_keys_that_are_not_used(tmp_path: Path) -> None:
    for place, options in (
        ("confluence+https://ann:hunter2@example.com", {}),
        ("jira+https://example.com", {"keys": 'A") or ("'}),
        ("jira+https://example.com", {"name": "My Jira"}),
    ):
        with pytest.raises(InputError) as caught:
            source_at(place, options, READERS, load_settings(tmp_path))
        assert "hunter2" not in str(caught.value)
