import email.utils
import gzip
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from pathlib import Path

import pytest
from integration.ingest.connectors.contract import ConnectorContract
from integration.ingest.connectors.loopback import Answer, Asked, Web, serving
from integration.ingest.connectors.partners import LOOPBACK, READERS

from core.errors import FetchError, InputError, ParseError, SourceError
from core.settings import ConnectorSettings, IngestSettings, load_settings
from ingest.connectors.source import Listed, Listing
from ingest.connectors.sources import source_at
from ingest.connectors.web import WebOptions, WebSource


class SitePartner:
    """A site of pages: `mapped` has a sitemap, otherwise the first page links to all."""

    grants = False
    options: Mapping[str, str] = {"delay_seconds": "0"}

    def __init__(self, mapped: bool, dated: bool = True) -> None:
        self.mapped, self.dated = mapped, dated
        self.texts: dict[str, tuple[str, int]] = {}
        self.failing: set[str] = set()
        self.is_down = False
        self.web = Web(0)

    @property
    def place(self) -> str:
        return self.web.url + ("/docs/sitemap.xml" if self.mapped else "/docs/index.html")

    def put(self, name: str, text: str) -> None:
        self.texts[name] = (text, self.texts.get(name, ("", 0))[1] + 1)

    def remove(self, name: str) -> None:
        del self.texts[name]

    def grant(self, name: str, *groups: str) -> frozenset[str]:
        raise NotImplementedError

    @contextmanager
    def away(self, name: str) -> Iterator[None]:
        self.failing.add(name)
        yield
        self.failing.clear()

    @contextmanager
    def down(self) -> Iterator[None]:
        self.is_down = True
        yield
        self.is_down = False

    def answer(self, asked: Asked) -> Answer:
        name = asked.path.removeprefix("/docs/")
        if self.is_down or name in self.failing:
            return Answer(status=500)
        if name == "sitemap.xml" and self.mapped:
            return Answer(status=200, content=self.sitemap())
        if name == "index.html" and not self.mapped:
            anchors = "".join(f'<a href="{page}#top">x</a>' for page in self.texts)
            return Answer(
                status=200,
                content=f"<html>{anchors}</html>",
                headers={"Content-Type": "text/html", "ETag": '"index"'},
            )
        text, version = self.texts.get(name, ("", 0))
        if not text or asked.headers.get("if-none-match") == f'"{version}"':
            return Answer(status=304 if text else 404)
        return Answer(
            status=200, content=text, headers={"ETag": f'"{version}"', "Content-Type": "text/markdown"}
        )

    def sitemap(self) -> str:
        dates = {name: email.utils.formatdate(version) for name, (_, version) in self.texts.items()}
        entries = "".join(
            f"<url><loc>{self.web.url}/docs/{name}</loc>"
            + (f"<lastmod>{date}</lastmod>" if self.dated else "")
            + "</url>"
            for name, date in dates.items()
        )
        return f'<urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">{entries}</urlset>'


@contextmanager
def site(mapped: bool, dated: bool = True) -> Iterator[SitePartner]:
    partner = SitePartner(mapped, dated)
    with serving(partner.answer) as partner.web:
        yield partner


class TestSitemapContract(ConnectorContract):
    @pytest.fixture
    def partner(self) -> Iterator[SitePartner]:
        with site(mapped=True) as partner:
            yield partner


class TestUndatedSitemapContract(ConnectorContract):
    @pytest.fixture
    def partner(self) -> Iterator[SitePartner]:
        with site(mapped=True, dated=False) as partner:
            yield partner


PAGE = {"Content-Type": "text/html; charset=utf-8"}


def crawl(
    pages: Mapping[str, Answer | str], tmp_path: Path, start: str = "/docs/", **options: object
) -> tuple[dict[str, Listed], list[Listing], Web]:
    """Return what is listed by path, the listings and what was asked; pages as text are HTML."""

    def answering(asked: Asked) -> Answer:
        page = pages.get(asked.target, Answer(status=404))
        return Answer(status=200, content=page, headers=PAGE) if isinstance(page, str) else page

    with serving(answering) as web, closing(open_site(web.url + start, tmp_path, **options)) as source:
        parts = list(source.listings(""))
        found = {one.uri.removeprefix(web.url): one for part in parts for one in part.listed}
        for listed in found.values():
            if listed.stamp:
                assert source.fetch(listed)
        return found, parts, web


def open_site(url: str, tmp_path: Path, **options: object) -> WebSource:
    told = WebOptions.model_validate({"url": url, "read": list(READERS), "delay_seconds": 0, **options})
    settings = IngestSettings(connectors=ConnectorSettings.model_validate(LOOPBACK), max_file_bytes=2**20)
    return WebSource(told, settings, tmp_path)


def test_a_crawl_follows_links_below_the_prefix_once(tmp_path: Path) -> None:
    pages: dict[str, Answer | str] = {
        "/docs/": '<a href="a">1</a> <a href="/docs/a#x">2</a> <a href="../out">3</a>'
        '<a href="b?page=2">4</a>'
        '<a rel="nofollow" href="c">5</a> <a href="mailto:x@y">6</a> <a href="http://127.0.0.2/docs/">7</a>'
        '<a href="manual.pdf">8</a><a href="pump.png">9</a><a href="javascript:x">10</a><a>11</a>',
        "/docs/a": '<base href="/docs/deep/"><a href="d">deeper</a><a href="/docs/">back</a>',
        "/docs/deep/d": '<a href="e">too deep</a>',
        "/docs/manual.pdf": Answer(
            status=200, content=b"%PDF-1.7", headers={"Content-Type": "application/pdf", "ETag": "1"}
        ),
        "/docs/pump.png": Answer(status=200, content=b"x", headers={"Content-Type": "image/png"}),
        "/docs/deep/e": "e",
        "/docs/c": "c",
        "/out": "out",
        "/docs/b?page=2": "b",
    }
    found, parts, web = crawl(pages, tmp_path, depth=2)
    assert {path: one.name for path, one in found.items()} == {
        "/docs/": "docs.html", "/docs/a": "a.html", "/docs/deep/d": "d.html",
        "/docs/manual.pdf": "manual.pdf",
    }  # fmt: skip
    assert parts[-1].complete
    assert sorted(set(web.paths())) == sorted(
        ["/robots.txt", "/docs/", "/docs/a", "/docs/deep/d", "/docs/manual.pdf", "/docs/pump.png"]
    )
    assert web.paths().count("/docs/a") == 1, "what was read to find links is not asked for again"
    with_queries, _, _ = crawl(pages, tmp_path, depth=1, queries="true")
    assert "/docs/b?page=2" in with_queries


def test_robots_txt_is_obeyed(tmp_path: Path) -> None:
    pages: dict[str, Answer | str] = {
        "/robots.txt": Answer(status=200, content="User-agent: *\nDisallow: /docs/private"),
        "/docs/": '<a href="a">a</a><a href="private/b">b</a>',
        "/docs/a": "a",
        "/docs/private/b": "b",
    }
    found, _, web = crawl(pages, tmp_path)
    assert set(found) == {"/docs/", "/docs/a"}
    assert "/docs/private/b" not in web.paths()
    pages["/robots.txt"] = Answer(
        status=200, content="User-agent: *\nDisallow: /docs\nAllow: /docs/*b$\nAllow: /docs/$"
    )
    assert set(crawl(pages, tmp_path)[0]) == {"/docs/", "/docs/private/b"}
    pages["/robots.txt"] = Answer(status=403)
    assert set(crawl(pages, tmp_path)[0]) == {"/docs/", "/docs/a", "/docs/private/b"}
    pages["/robots.txt"] = Answer(status=500)
    with pytest.raises(SourceError, match="no page may be read"):
        crawl(pages, tmp_path)


def test_a_page_that_did_not_change_is_not_sent_again(tmp_path: Path) -> None:
    with site(mapped=False) as partner:
        partner.put("a.md", "Pump.")
        for expected in ([None, None], ['"index"', '"1"']):
            with closing(open_site(partner.place, tmp_path)) as source:
                listed = [one for part in source.listings("") for one in part.listed]
            assert {one.uri.rsplit("/", 1)[1] for one in listed} == {"index.html", "a.md"}
            pages = [asked for asked in partner.web.asked if asked.path.startswith("/docs")]
            assert [asked.headers.get("if-none-match") for asked in pages[-2:]] == expected


def test_a_crawl_with_a_failing_page_takes_nothing_for_gone_but_what_it_knows(tmp_path: Path) -> None:
    pages: dict[str, Answer | str] = {
        "/docs/": '<a href="a">a</a>',
        "/docs/a": '<a href="b">b</a>',
        "/docs/b": "b",
    }
    broken = {**pages, "/docs/a": Answer(status=500)}
    found, parts, _ = crawl(broken, tmp_path)
    assert (set(found), parts[-1].complete) == ({"/docs/", "/docs/a"}, False), (
        "never seen: who knows what it led to"
    )
    assert found["/docs/a"].stamp == ""


def test_more_pages_than_allowed_are_told_and_nothing_is_taken_for_gone(tmp_path: Path) -> None:
    many = "".join(f'<a href="{number}">x</a>' for number in range(9))
    pages = {"/docs/": many, **{f"/docs/{number}": "x" for number in range(9)}}
    found, parts, _ = crawl(pages, tmp_path, max_pages=4)
    assert (len(found), parts[-1].complete) == (4, False)
    [(_, problem)] = parts[-1].unreadable
    assert "more than 4 pages" in str(problem)


def test_a_page_that_leads_out_is_no_page_of_the_source(tmp_path: Path) -> None:
    leading_out = Answer(status=302, headers={"Location": "/elsewhere"})
    pages: dict[str, Answer | str] = {
        "/docs/": '<a href="a">a</a><a href="b">b</a>',
        "/docs/a": leading_out,
        "/docs/b": Answer(status=302, headers={"Location": "http://169.254.1.1/"}),
        "/elsewhere": "x",
    }
    found, _, _ = crawl(pages, tmp_path)
    assert "/docs/a" not in found
    with (
        serving(
            lambda asked: leading_out if asked.path == "/docs/a" else Answer(status=200, content="x")
        ) as web,
        closing(open_site(f"{web.url}/docs/", tmp_path)) as source,
        pytest.raises(ParseError, match="leads out"),
    ):
        source.fetch(Listed(uri=f"{web.url}/docs/a", name="a", principals=READERS))


def test_sitemaps_of_sitemaps_packed_or_not(tmp_path: Path) -> None:
    def answering(asked: Asked) -> Answer:
        here = f"http://{asked.headers['host']}"
        maps = {
            "/sitemap.xml": f"<sitemapindex><sitemap><loc>{here}/a.xml.gz</loc></sitemap>"
            f"<sitemap><loc>{here}/b.xml</loc></sitemap><sitemap><loc>{here}/sitemap.xml</loc></sitemap></sitemapindex>",
            "/a.xml.gz": f"<urlset><url><loc>{here}/one</loc><lastmod>2026-01-01</lastmod></url></urlset>",
            "/b.xml": f"<urlset><url><loc>{here}/two</loc></url><url><loc>http://127.0.0.2/three</loc></url>"
            f"<url><loc>file:///etc/passwd</loc></url><url><loc>{here}/one</loc></url></urlset>",
        }
        if asked.path in maps:
            raw = maps[asked.path].encode()
            return Answer(status=200, content=gzip.compress(raw) if asked.path.endswith(".gz") else raw)
        return (
            Answer(status=200, content="page", headers=PAGE)
            if asked.path in {"/one", "/two"}
            else Answer(status=404)
        )

    with serving(answering) as web, closing(open_site(f"{web.url}/sitemap.xml", tmp_path)) as source:
        parts = list(source.listings(""))
        listed = [one for part in parts for one in part.listed]
        assert [one.uri for one in listed] == [f"{web.url}/one", f"{web.url}/two"]
        assert listed[0].stamp == "lastmod 2026-01-01"
        assert parts[-1].complete
        assert source.fetch(listed[1]) == b"page"


@pytest.mark.parametrize(
    "sitemap",
    [
        '<!DOCTYPE x [<!ENTITY a SYSTEM "file:///etc/passwd">]><urlset><url><loc>&a;</loc></url></urlset>',
        "<urlset><url>",
    ],
)
def test_a_sitemap_with_entities_or_broken_is_refused(sitemap: str, tmp_path: Path) -> None:
    pages: dict[str, Answer | str] = {"/sitemap.xml": Answer(status=200, content=sitemap)}
    with pytest.raises((SourceError, FetchError)) as caught:
        crawl(pages, tmp_path, start="/sitemap.xml")
    assert isinstance(caught.value, SourceError)


@pytest.mark.parametrize(
    ("place", "options"),
    [
        ("http://ann:hunter2@example.com/", {}),
        ("http://0x7f.1/", {}),
        ("https://example.com/", {"prefix": "https://example.org/"}),
        ("https://example.com/", {"depth": "many"}),
        ("https://example.com/", {"token": "hunter2"}),
    ],
)
def test_addresses_and_options_that_are_not_used(place: str, options: dict[str, str], tmp_path: Path) -> None:
    with pytest.raises(InputError) as caught:
        source_at(place, options, READERS, load_settings(tmp_path))
    assert "hunter2" not in str(caught.value)


@pytest.mark.parametrize(
    ("url", "prefix", "uri"),
    [
        ("https://example.com", "", "https://example.com"),
        ("https://Example.com:443/docs", "", "https://example.com/docs"),
        ("https://example.com/docs/index.html", "", "https://example.com/docs"),
        ("https://example.com/docs/x/", "/docs/", "https://example.com/docs"),
        ("https://example.com/sitemap.xml", "", "https://example.com"),
    ],
)
def test_a_source_is_named_by_its_prefix(url: str, prefix: str, uri: str) -> None:
    assert WebOptions(url=url, prefix=prefix).below == uri
