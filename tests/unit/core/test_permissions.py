import os
import unicodedata
from itertools import combinations

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from core.errors import InputError
from core.permissions import PUBLIC, common_readers, current_user, principal, scope_of

NAMES = st.text(st.characters(exclude_categories=["Cc", "Cs", "Zs", "Zl", "Zp"]), min_size=1, max_size=40)


@pytest.mark.parametrize(
    "text", ["public", "user:ann", "group:field", "ext:jira:ops", "user:ann@corp.example", "group:Büro Süd"]
)
def test_well_formed_principals(text: str) -> None:
    assert principal(text) == text


@pytest.mark.parametrize(
    "text",
    [
        "", "ann", "everyone", "Public", "PUBLIC", "public ", " public", "public:x", "user:", "group:",
        "user: ann", "user:ann ", "user:ann\n", "user:ann\x00", "user:a\tb", "User:ann", "ext:ann",
        "ext::ann", "ext:Jira:ann", "role:admin", "*", "user:" + "a" * 256, "user:ann\u00a0",
        "user:\u2003ann",
    ],
)  # fmt: skip
def test_malformed_principals_are_refused(text: str) -> None:
    with pytest.raises(InputError, match="not a principal"):
        principal(text)


@given(NAMES)
@example("group:")
@example("user:ext:wiki:ops")
def test_principals_are_not_confused_across_kinds(name: str) -> None:
    if name.removeprefix("user:").startswith(("group:", "ext:")):
        with pytest.raises(InputError, match="is a group"):
            scope_of(name)
        return
    user, group = scope_of(name).principals, scope_of(None, (name,)).principals
    if not name.startswith(("user:", "group:", "ext:")):
        assert user & group == {PUBLIC}
        assert user == {PUBLIC, f"user:{name}"}
        assert group == {PUBLIC, f"group:{name}"}
    held = (user | group) - {PUBLIC}
    assert all(each.partition(":")[0] in {"user", "group", "ext"} for each in held)


def test_group_with_a_user_s_name_is_another_principal() -> None:
    assert "user:alice@corp" not in scope_of(None, ("alice@corp",)).principals
    assert "group:alice@corp" not in scope_of("alice@corp").principals
    assert "user:ann" not in scope_of(None, ("user:ann",)).principals
    assert "public" not in {name.partition(":")[2] for name in scope_of("ann").principals}


def test_principals_in_case_and_unicode_variants_differ() -> None:
    variants = ["alice", "Alice", "ALICE", "ＡＬＩＣＥ", "alice\u200b", "аlice", "alicé", "alice\u0301"]
    scopes = [scope_of(name).principals - {PUBLIC} for name in variants]
    assert all(left.isdisjoint(right) for left, right in combinations(scopes, 2))


def test_principals_composed_and_decomposed_differ() -> None:
    composed, decomposed = (unicodedata.normalize(form, "José") for form in ("NFC", "NFD"))
    assert scope_of(composed).principals & scope_of(decomposed).principals == {PUBLIC}


def test_scope_without_a_user_is_public_only() -> None:
    assert scope_of(None).principals == {PUBLIC}


def test_scope_takes_names_with_and_without_prefix() -> None:
    assert scope_of("user:ann", ("group:field",)) == scope_of("ann", ("field",))
    assert scope_of(None, ("ext:jira:ops",)).principals == {PUBLIC, "ext:jira:ops"}


@pytest.mark.parametrize(
    ("user", "groups"), [("", ()), ("user:", ()), ("a\nb", ()), (None, ("",)), (None, ("a\x00",))]
)
def test_scope_of_a_malformed_name_is_refused(user: str | None, groups: tuple[str, ...]) -> None:
    with pytest.raises(InputError):
        scope_of(user, groups)


@pytest.mark.parametrize("user", ["group:field", "user:group:field", "ext:wiki:ops"])
def test_group_named_as_a_user_is_refused(user: str) -> None:
    with pytest.raises(InputError, match="is a group; name the user who asks"):
        scope_of(user)


@pytest.mark.parametrize(
    ("one", "other", "common"),
    [
        ({PUBLIC}, {PUBLIC}, {PUBLIC}),
        ({PUBLIC}, {"user:ann", "group:hr"}, {"user:ann", "group:hr"}),
        ({PUBLIC, "user:bo"}, {"user:ann"}, {"user:ann"}),
        ({"user:ann", "group:hr"}, {"group:hr", "group:field"}, {"group:hr"}),
        ({"user:ann"}, {"group:hr"}, set()),
        ({"user:ann"}, set(), set()),
        ({PUBLIC}, set(), set()),
    ],
)
def test_common_readers_are_those_whom_both_admit(one: set[str], other: set[str], common: set[str]) -> None:
    assert common_readers(frozenset(one), frozenset(other)) == common
    assert common_readers(frozenset(other), frozenset(one)) == common


def test_current_user_has_a_name_if_the_system_knows_none(monkeypatch: pytest.MonkeyPatch) -> None:
    for variable in ("LOGNAME", "USER", "LNAME", "USERNAME"):
        monkeypatch.delenv(variable, raising=False)
    monkeypatch.setattr(os, "getuid", lambda: 4_000_000_001)
    assert principal(f"user:{current_user()}") == "user:uid-4000000001"
