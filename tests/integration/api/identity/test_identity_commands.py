from typing import Any

import pytest


def test_from_an_account_to_a_key_that_is_revoked(vade: Any) -> None:
    code, added = vade("user", "add", "ann", "--group", "field", "--json")
    assert code == 0
    assert added["link"].startswith("http://127.0.0.1:8000/sign-in#")
    assert vade("group", "add", "night", "ann")[0] == 0
    assert vade("group", "list", "--json")[1] == {"group:field": 1, "group:night": 1}
    assert vade("group", "remove", "night", "ann")[0] == 0
    assert vade("user", "list", "--json")[1][0]["groups"] == ["group:field"]
    code, key = vade("key", "create", "ann", "--scope", "ask", "--label", "the desk", "--json")
    assert (code, key["scopes"], key["live"]) == (0, ["ask"], True)
    listed = vade("key", "list", "ann", "--json")[1]
    assert "key" not in listed[0]
    assert vade("key", "revoke", key["kid"], "--json")[1]["live"] is False


def test_who_is_suspended_and_restored(vade: Any) -> None:
    vade("user", "add", "ann")
    vade("user", "add", "desk", "--service")
    vade("user", "add", "root", "--administrator")
    assert vade("user", "suspend", "ann")[1] == "ann  (suspended)\n"
    assert vade("user", "link", "ann")[0] == 2
    assert vade("user", "restore", "ann")[1] == "ann\n"
    assert vade("user", "list")[1] == "ann\ndesk  (service)\nroot  (administrator)\n"
    assert vade("session", "list")[1] == "Nobody is signed in.\n"


@pytest.mark.parametrize(
    "words",
    [
        ("user", "add", "a\nb"),
        ("user", "link", "desk"),
        ("key", "create", "ann", "--scope", "ask", "--act-as"),
        ("session", "end"),
        ("group", "add", "user:ann", "ann"),
    ],
)
def test_what_makes_no_sense_is_refused(vade: Any, words: tuple[str, ...]) -> None:
    vade("user", "add", "ann")
    vade("user", "add", "desk", "--service")
    assert vade(*words)[0] == 2
