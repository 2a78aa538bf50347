"""YAML of others: what is refused, and that refusing costs nothing."""

import ast
import resource
from datetime import date

import pytest
from unit.product import modules

from core.errors import ParseError
from ingest.parsers.web.site_source import split_front_matter
from ingest.plain_yaml import read_yaml

MOST = 65_536
# 401 bytes that took 5.1 GB when each alias was written out.
BOMB = "a: &a [x,x,x,x,x,x,x,x]\n" + "".join(
    f"{name}: &{name} [{','.join(f'*{before}' for _ in range(8))}]\n"
    for before, name in zip("abcdefgh", "bcdefghi", strict=True)
)


def test_data_is_read() -> None:
    text = "read: [group:field, 'user:ann']\ndate: 2026-03-31\ntags:\n  - pump\n  - 泵\n"
    assert read_yaml(text, MOST) == {
        "read": ["group:field", "user:ann"],
        "date": date(2026, 3, 31),
        "tags": ["pump", "泵"],
    }


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        (BOMB, "an alias"),
        ("a: &a 1\nb: *a", "an alias"),
        ("a: &a [*a]", "an alias"),
        ("<<: {read: [public]}", "merges"),
        ("read: [public]\nread: []", "'read' stands in it twice"),
        ("read: [public]\n'read': []", "'read' stands in it twice"),
        ("a: {b: 1, b: 2}", "'b' stands in it twice"),
        ("[" * 20_000, "nested more than 12 deep"),
        ("- " * 20_000, "nested more than 12 deep"),
        ("{a: " * 13 + "1" + "}" * 13, "nested more than 12 deep"),
        ("a" * (MOST + 1), "longer than 65,536 characters"),
        ("a: 0x" + "f" * 5000, "too large"),
        ("a: 1" + ":59" * 5000, "too large"),
        ("a: " + "9" * 5000, "not YAML"),
        ('a: "\\ud800"', "no text has"),
        ('a: "\\0"', "no text has"),
        ('"\\udce9": 1', "no text has"),
        ("a: 2026-13-45", "not YAML"),
        ("!!bool perhaps", "not YAML"),
        ("!!int ''", "not YAML"),
        ("!!timestamp x", "not YAML"),
        ("!!python/object/apply:os.getcwd []", "not YAML in line 1"),
        ("a: 1\n---\nb: 2", "not YAML in line 2"),
        ("a: [", "not YAML in line 1"),
    ],
)
def test_traps_are_refused_in_one_line(text: str, reason: str) -> None:
    with pytest.raises(ParseError, match=reason) as caught:
        read_yaml(text, MOST)
    assert "\n" not in str(caught.value)
    assert len(str(caught.value)) < 300


def test_aliases_take_no_memory() -> None:
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    with pytest.raises(ParseError):
        read_yaml(BOMB, MOST)
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 50_000


@pytest.mark.parametrize(
    ("fields", "reason"),
    [(BOMB, "an alias"), ("title: A\ntitle: B", "twice"), ("title: A\nserial: 0x" + "f" * 5000, "too large")],
)
def test_front_matter_with_a_trap_is_left_out_with_a_notice(fields: str, reason: str) -> None:
    page = split_front_matter(f"---\n{fields}\n---\nStop the pump.")
    assert (page.title, page.text) == ("", "Stop the pump.")
    assert page.notice.startswith("The front matter was not read: ")
    assert reason in page.notice


def test_no_other_module_reads_yaml() -> None:
    readers = {
        path
        for path, module in modules()
        for node in ast.walk(module)
        if isinstance(node, ast.Import | ast.ImportFrom)
        and "yaml" in {getattr(node, "module", None), *(alias.name for alias in node.names)}
    }
    assert readers == {"ingest/plain_yaml.py"}
