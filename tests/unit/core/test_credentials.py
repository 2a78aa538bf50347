import pytest

from core.store.identity.credentials import digest_of, key_text, kid_of, new_kid, new_secret


def test_a_key_names_itself() -> None:
    kid = new_kid()
    assert kid_of(key_text(kid, new_secret())) == kid


def test_two_keys_share_nothing_that_is_secret() -> None:
    secrets = {new_secret() for _ in range(100)}
    assert len(secrets) == 100
    assert {len(secret) for secret in secrets} == {43}


@pytest.mark.parametrize(
    "spoil", [lambda key: key[:-1], lambda key: key + "0", lambda key: key.upper(), str.title]
)
def test_a_key_with_a_typing_error_is_no_key(spoil: object) -> None:
    assert callable(spoil)
    assert kid_of(spoil(key_text(new_kid(), new_secret()))) == ""


def test_one_changed_character_is_noticed_without_the_database() -> None:
    key = key_text("abcdefghij", "x" * 43)
    changed = key.replace("x" * 43, "x" * 42 + "y")
    assert (kid_of(key), kid_of(changed)) == ("abcdefghij", "")
    assert digest_of(key) != digest_of(changed)
