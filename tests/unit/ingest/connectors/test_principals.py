from hypothesis import given
from hypothesis import strategies as st

from core.permissions import PUBLIC
from ingest.connectors.principals import Naming, both

MEMBERS = {"group:a": {"user:1", "user:2"}, "group:b": {"user:2", "user:3"}, "group:c": set()}
NAMES = st.frozensets(st.sampled_from([*MEMBERS, "user:1", "user:2", "user:3", PUBLIC]))


def members(group: str) -> frozenset[str]:
    return frozenset(MEMBERS[group])


def holds(user: str, principals: frozenset[str]) -> bool:
    """Return whether a user is meant by a set, as a scope would find it."""
    groups = {group for group, users in MEMBERS.items() if user in users}
    return bool(principals & {user, PUBLIC, *groups})


@given(NAMES, NAMES)
def test_whoever_is_in_the_result_is_in_both(first: frozenset[str], second: frozenset[str]) -> None:
    result = both(first, second, members)
    for user in ("user:1", "user:2", "user:3"):
        assert holds(user, result) == (holds(user, first) and holds(user, second))
    assert not (holds("user:4", result) and not (holds("user:4", first) and holds("user:4", second)))


def test_members_that_are_not_shown_are_left_out() -> None:
    nobody = both(frozenset({"group:a"}), frozenset({"group:b"}), lambda group: frozenset())
    assert nobody == frozenset()
    assert both(frozenset({"group:a"}), frozenset({"group:a"}), lambda group: frozenset()) == {"group:a"}


def test_names_of_another_system_are_kept_apart() -> None:
    wiki = Naming("wiki", "ext")
    assert wiki.group("Field Service") == {"ext:wiki:group:field service"}
    assert wiki.user("group:field") == {"ext:wiki:user:group:field"}
    assert Naming("wiki", "same").user("ann") == {"user:ann"}
    for name in ("", " ", "a\nb", "a" * 300):
        assert wiki.user(name) in (frozenset(), {f"ext:wiki:user:{name.lower()}"})
        assert Naming("wiki", "same").group("a\nb") == frozenset()
