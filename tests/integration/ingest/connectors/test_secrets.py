"""No connector keeps or shows a secret that stands in an address."""

import json
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from fakes.application import make_app
from integration.ingest.connectors.loopback import Answer, Asked, serving
from integration.ingest.connectors.partners import LOOPBACK, READERS, SHELF_LOADER

from admin.sources import add_source, remove_source, sources_to_sync
from api.app import App
from core.errors import InputError, SourceError
from core.store.sources import list_sources, register
from ingest.connectors.http.guard import checked_url
from ingest.connectors.sources import open_source, source_at

LOADER = {"loader": SHELF_LOADER}


@pytest.fixture
def app(tmp_path: Path) -> Iterator[App]:
    app = make_app(tmp_path / "data", ingest={"connectors": {**LOOPBACK, "loaders": [SHELF_LOADER]}})
    yield app
    app.close()


def kept(app: App) -> bytes:
    """Return every byte below the data folder."""
    app.database.empty_log()
    return b"".join(path.read_bytes() for path in app.settings.data_dir.rglob("*") if path.is_file())


@pytest.mark.parametrize(
    ("place", "options"),
    [
        ("https://example.com/docs/?token=hunter2", {}),
        ("https://example.com/docs/", {"prefix": "/docs/?key=hunter2"}),
        ("git+https://example.com/x.git?private_token=hunter2", {}),
        ("webdav+https://example.com/dav?access_token=hunter2", {}),
        ("s3+https://example.com/bucket/x?X-Amz-Signature=hunter2", {}),
        ("imaps://example.com/INBOX?password=hunter2", {}),
        ("confluence+https://example.com/wiki?os_password=hunter2", {}),
        ("jira+https://example.com?token=hunter2", {}),
        ("https://ann:hunter2@example.com/", {}),
        ("https://example.com/a b?token=hunter2", {}),
        ("nothing+https://example.com/?token=hunter2", {}),
        ("langchain:a", {**LOADER, "args": '{"url": "https://example.com/?sig=hunter2"}'}),
        ("langchain:a", {**LOADER, "args": '{"headers": {"Authorization": "hunter2"}}'}),
        ("langchain:a", {**LOADER, "args": '{"all": [{"api_key": "hunter2"}]}'}),
        ("langchain:a", {**LOADER, "args": '{"db": "postgresql://ann:hunter2@db/x"}'}),
    ],
)
def test_an_address_with_a_secret_is_refused_without_repeating_it(
    place: str, options: dict[str, str], app: App
) -> None:
    with pytest.raises(InputError) as caught:
        add_source(app.database, app.settings, place, options, "public")
    assert "hunter2" not in str(caught.value)
    assert b"hunter2" not in kept(app)


@pytest.mark.parametrize(
    ("place", "options", "properly"),
    [
        ("https://example.com/?token=hunter2", {}, "password_env=NAME; it is sent as a header, not kept"),
        ("langchain:a", {**LOADER, "args": '{"token": "hunter2"}'}, "from environment variables"),
        ("maildir:///srv/mail?token=hunter2", {}, "this kind of source takes no login"),
    ],
)
def test_it_is_said_how_to_give_it_properly(
    place: str, options: dict[str, str], properly: str, app: App
) -> None:
    with pytest.raises(InputError, match=properly):
        source_at(place, options, READERS, app.settings)


def test_a_source_of_before_hides_its_secret_and_is_freed_of_it(app: App) -> None:
    config = {"url": "https://example.com/docs/?token=hunter2", "read": ["public"]}
    with app.database.writing() as session:
        entry = register(session, "https://example.com/docs", "web", config, scheduled=True)
    assert b"hunter2" in kept(app)
    with pytest.raises(SourceError, match=r"the parameter 'token'.* Remove the source") as caught:
        open_source(entry, app.settings)
    assert "hunter2" not in str(caught.value)
    remove_source(app.database, entry.uri)
    with app.database.reading() as session:
        [entry] = list_sources(session)
    assert (entry.config["url"], entry.scheduled) == ("https://example.com/docs/?token=***", False)
    assert b"hunter2" not in kept(app)
    with pytest.raises(InputError, match="no source takes part"):
        sources_to_sync(app.database, [])


@pytest.mark.parametrize("mapped", [True, False])
def test_pages_whose_address_holds_a_secret_are_left_out_and_told(mapped: bool, app: App) -> None:
    secret = "page?token=hunter2"

    def answering(asked: Asked) -> Answer:
        here = f"http://{asked.headers['host']}"
        if asked.path == "/sitemap.xml":
            entries = "".join(f"<url><loc>{here}/{at}</loc></url>" for at in ("good", "page?token=hunter2"))
            return Answer(status=200, content=f"<urlset>{entries}</urlset>")
        links = f'<a href="good">good</a><a href="{secret}">secret</a><a href="moved">moved</a>'
        if asked.path == "/moved":
            return Answer(status=302, headers={"Location": f"/{secret}"})
        known = asked.path in {"/good", "/", "/page"}
        headers = {"Content-Type": "text/html"}
        return Answer(status=200, content=links, headers=headers) if known else Answer(status=404)

    options = {"delay_seconds": "0", "queries": "true"}
    with serving(answering) as web:
        source = source_at(f"{web.url}/{'sitemap.xml' if mapped else ''}", options, READERS, app.settings)
        with closing(source):
            report = app.ingestion.ingest(source)
    assert {one.uri.rpartition("/")[2] for one in report.documents if not one.reason} <= {"good", ""}
    [failed] = report.failures
    assert failed.uri == f"{web.url}/page?token=***"
    assert failed.reason == "its address holds the parameter 'token'; the page is not read"
    assert "hunter2" not in json.dumps(report.as_json())
    assert b"hunter2" not in kept(app)


def test_a_redirect_out_of_a_source_does_not_show_its_secret(app: App) -> None:
    def answering(asked: Asked) -> Answer:
        if asked.path == "/docs/a":
            return Answer(status=302, headers={"Location": "/login?session_id=hunter2"})
        return Answer(status=200, content='<a href="a">a</a>', headers={"Content-Type": "text/html"})

    with serving(answering) as web:
        source = source_at(f"{web.url}/docs/", {"delay_seconds": "0"}, READERS, app.settings)
        with closing(source):
            report = app.ingestion.ingest(source)
    assert "hunter2" not in json.dumps(report.as_json())
    assert b"hunter2" not in kept(app)


def test_an_address_that_is_none_is_told_without_its_secret() -> None:
    for text in ("ftp://e.org/?token=hunter2", "http://e.org/a b?token=hunter2"):
        with pytest.raises(InputError) as caught:
            checked_url(text)
        assert "hunter2" not in str(caught.value)
