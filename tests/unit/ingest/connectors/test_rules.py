"""Rules of a tree: which name is one, and what comes of one that cannot be read."""

import pytest

from core.errors import FetchError, ParseError, TooLargeError
from ingest.connectors.trees.rules import TreeRules, is_document, is_near_miss, is_rule

GOOD = {".vade.yaml": b"read: [public]", "pay/.vade.yaml": b"read: [group:hr]"}
OWNER = frozenset({"user:ann", "group:field"})


def rules(failing: dict[str, Exception], *more: str) -> TreeRules:
    def read(path: str) -> bytes:
        if path in failing:
            raise failing[path]
        return GOOD[path]

    return TreeRules([*GOOD, "a.md", "pay/b.md", *more], read, lambda path: f"x:{path}", OWNER)


def test_the_nearest_rule_counts() -> None:
    found = rules({})
    assert [set(found.of(path).readers) for path in ("a.md", "pay/b.md", "pay/deep/c.md")] == [
        {"public"},
        {"group:hr"},
        {"group:hr"},
    ]
    assert found.problems == ()


@pytest.mark.parametrize(
    ("error", "reason"),
    [
        (FetchError("the server answered 500"), "the server answered 500"),
        (ParseError("it is torn"), "it is torn"),
        (TooLargeError(), "larger than 65,536 bytes"),
    ],
)
def test_a_rule_that_cannot_be_fetched_leaves_the_users_among_the_owners(
    error: Exception, reason: str
) -> None:
    found = rules({"pay/.vade.yaml": error})
    assert found.of("pay/deep/c.md").readers == {"user:ann"}
    assert found.of("a.md").readers == {"public"}
    [(uri, problem)] = found.problems
    assert uri == "x:pay/.vade.yaml"
    assert str(problem) == (
        f"this rule cannot be read: {reason if 'larger' not in reason else f'it is {reason}'}. "
        "Until it is mended, user:ann may read below it"
    )


def test_near_misses_are_problems_and_no_documents() -> None:
    found = rules({}, "pay/.vade.yml", "vade.yaml")
    assert [uri for uri, _ in found.problems] == ["x:pay/.vade.yml", "x:vade.yaml"]
    assert found.not_documents == ("x:pay/.vade.yml", "x:vade.yaml")


@pytest.mark.parametrize(
    "name",
    [
        ".vade.yml", "vade.yaml", "vade.yml", ".Vade.yaml", ".VADE.YAML", ".vade.yaml.txt", ".vade..yaml",
        "_vade.yaml", "vade_yaml", ".vade-yaml", ".vade.yaml~", " .vade.yaml", ".vade.yaml ",
        ".vade.yaml.bak", "\uff0evade.yaml", ".ｖａｄｅ.yaml", ".vade.yml.orig",
    ],
)  # fmt: skip
def test_names_that_miss_the_rule(name: str) -> None:
    assert is_near_miss(name)
    assert is_near_miss(f"a/b/{name}")
    assert not is_rule(name)
    assert not is_document(name)


@pytest.mark.parametrize(
    "name", ["vale.yaml", "evade.yaml", "vade-mecum.yaml", "vade.md", "vade", "vade.toml", "my.vade.yaml.md"]
)
def test_names_that_mean_something_else(name: str) -> None:
    assert not is_near_miss(name)
    assert is_document(name)


def test_the_rule_itself_is_no_near_miss_and_no_document() -> None:
    assert is_rule("a/.vade.yaml")
    assert not is_near_miss("a/.vade.yaml")
    assert not is_document("a/.vade.yaml")
