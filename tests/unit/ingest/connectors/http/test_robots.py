import time

import pytest

from ingest.connectors.http.robots import Robots

SITE = "https://example.com"


def may_read(text: str | bytes, path: str, agent: str = "vademecum") -> bool:
    content = text if isinstance(text, bytes) else text.encode()
    return Robots.parse(content, agent).may_read(SITE + path)


@pytest.mark.parametrize(
    ("rules", "path", "allowed"),
    [
        ("Disallow: /docs", "/docs/a", False),
        ("Disallow: /docs", "/blog", True),
        ("Disallow:", "/docs", True),
        # The longest match counts, in whatever order the rules stand (RFC 9309, 2.2.2).
        ("Disallow: /docs\nAllow: /docs/open", "/docs/open/a", True),
        ("Allow: /docs/open\nDisallow: /docs", "/docs/secret", False),
        ("Allow: /\nDisallow: /docs/private", "/docs/private/b", False),
        ("Disallow: /docs/open\nAllow: /docs/open", "/docs/open", True),
        # `*` stands for any characters.
        ("Disallow: /*/private", "/docs/private/b", False),
        ("Disallow: /*/private", "/private", True),
        ("Disallow: /*.pdf", "/docs/a.pdf?page=2", False),
        ("Disallow: /docs/*/a*b", "/docs/x/y/a12b", False),
        # `$` stands for the end.
        ("Disallow: /*.pdf$", "/docs/a.pdf", False),
        ("Disallow: /*.pdf$", "/docs/a.pdf?page=2", True),
        ("Disallow: /$", "/", False),
        ("Disallow: /$", "/docs", True),
        # Paths are compared after percent-encoding; their case counts.
        ("Disallow: /über", "/%C3%BCber", False),
        ("Disallow: /a%3Cd", "/a%3cd", False),
        ("Disallow: /Docs", "/docs", True),
    ],
)
def test_rules_match_as_rfc_9309_says(rules: str, path: str, allowed: bool) -> None:
    assert may_read(f"User-agent: *\n{rules}\n", path) == allowed


def test_the_group_that_names_the_crawler_counts_and_groups_are_merged() -> None:
    text = (
        "User-agent: *\nDisallow: /\n\n"
        "User-Agent: Vademecum\nDisallow: /a\n\n"
        "user-agent: other\nuser-agent: vademecum\nDisallow: /b # a comment\n"
    )
    assert [may_read(text, path) for path in ("/a", "/b", "/c")] == [False, False, True]
    assert not may_read(text, "/a", "vademecum/1.0 (+https://example.com/other)")
    assert may_read(text, "/a", "other")
    assert not may_read(text, "/c", "stranger")
    assert not may_read(text, "/c", "myvademecum")


@pytest.mark.parametrize(
    "content", [b"", b"# nothing", b"<html>no rules</html>", b"\xff\x00\x80", b"Disallow: /"]
)
def test_a_file_without_rules_allows_everything(content: bytes) -> None:
    assert may_read(content, "/docs")


@pytest.mark.parametrize("mark", [b"\xef\xbb\xbf", b""])
@pytest.mark.parametrize("end", [b"\n", b"\r\n", b"\r"])
def test_a_byte_order_mark_and_any_line_end_are_read(mark: bytes, end: bytes) -> None:
    content = mark + end.join([b"User-agent: *", b"Disallow: /docs", b""])
    assert not may_read(content, "/docs/a")


def test_a_long_file_is_read_up_to_its_last_whole_line_within_500_kib() -> None:
    head = b"User-agent: *\nDisallow: /a\n"
    filled = head + b"#" * (500 * 1024 - len(head) - 10) + b"\n"
    cut = filled + b"Allow: /a/private-but-for-this\nDisallow: /b\n"
    assert [may_read(cut, path) for path in ("/a/x", "/b")] == [False, True]
    assert not may_read(filled + b"Disallow: /b\n", "/a")


def test_a_hostile_file_costs_little_time() -> None:
    began = time.perf_counter()
    rules = "Disallow: /" + "*a" * 1000 + "b\n"
    assert may_read("User-agent: *\n" + rules * 200, "/" + "a" * 4000)
    assert time.perf_counter() - began < 5


@pytest.mark.parametrize(
    ("asked", "seconds"), [("2", 2), ("0.5", 0.5), ("1e300", 3600), ("-1", 0), ("inf", 0), ("soon", 0)]
)
def test_the_delay_that_a_site_asks_for_is_a_number_and_at_most_an_hour(asked: str, seconds: float) -> None:
    content = f"User-agent: *\nCrawl-delay: {asked}\n".encode()
    assert Robots.parse(content, "vademecum").delay_seconds == seconds
    assert Robots.parse(b"", "vademecum").delay_seconds == 0
