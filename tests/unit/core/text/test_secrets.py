"""Secrets in addresses: found by their names and marks, and hidden."""

import pytest

from core.text.secrets import redacted, secret_in, secret_key, without_secrets

JWT = "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJhbm4ifQ.x"


@pytest.mark.parametrize(
    "parameter",
    [
        "token=hunter2", "access_token=hunter2", "accessToken=hunter2", "private_token=hunter2",
        "key=hunter2",
        "api_key=hunter2", "apikey=hunter2", "api-key=hunter2", "X-Amz-Signature=hunter2",
        "X-Amz-Credential=hunter2", "sig=hunter2", "password=hunter2", "passwd=hunter2", "pwd=hunter2",
        "client_secret=hunter2", "PHPSESSID=hunter2", "jsessionid=hunter2", "sid=hunter2", "auth=hunter2",
        "to%6ben=hunter2", "Ocp-Apim-Subscription-Key=hunter2", f"q={JWT}",
        "q=ghp_0123456789abcdefghijhunter2",
        "q=glpat-hunter2",
    ],
)  # fmt: skip
@pytest.mark.parametrize(
    "address",
    ["https://e.org/a?{}", "https://e.org/a?b=c&{}&d=e", "https://e.org/a#{}", "https://e.org/a;{}"],
)
def test_a_secret_is_found_and_hidden(parameter: str, address: str) -> None:
    url = address.format(parameter)
    name, _, value = parameter.partition("=")
    assert secret_in(url) == f"the parameter {name!r}"
    assert redacted(f"see {url} and b") == f"see {url} and b".replace(value, "***")


@pytest.mark.parametrize(
    "url",
    [
        "https://wiki.example/index.php?title=Main_Page&action=view",
        "https://e.org/?page_id=12&id=1BxiMVs0XRA5nFMdKvBdBZjgmUUqptlbs74OgvE2upms",
        "https://e.org/?q=token",
        "https://e.org/token=a/b",
        "https://e.org/?token=",
        "https://e.org/monkey?monkey=1&keyboard=us&design=2&passage=3&author=ann&signal=4",
        "git+ssh://git@host/manuals",
        "imaps://ann@mail.example/INBOX",
        "/srv/docs",
    ],
)
def test_an_address_without_one_is_left_as_it_is(url: str) -> None:
    assert secret_in(url) == ""
    assert redacted(url) == url


def test_a_password_in_front_of_the_host_is_hidden_with_its_name() -> None:
    url = "postgresql://ann:hunter2@db.example/vade?sslmode=require&password=hunter2"
    assert secret_in(url) == "a password in front of the host"
    assert redacted(url) == "postgresql://***@db.example/vade?sslmode=require&password=***"


@pytest.mark.parametrize("login", ["ann:hunter2", ":hunter2", "hunter2"])
def test_a_login_of_a_web_server_is_hidden(login: str) -> None:
    assert redacted(f"git+https://{login}@e.org/x and b@c") == "git+https://***@e.org/x and b@c"


def test_names_of_fields_and_data_at_any_depth() -> None:
    assert all(map(secret_key, ("api_key", "Authorization", "password", "accessToken")))
    assert not any(map(secret_key, ("folder", "url", "keyboard")))
    kept = {"url": "https://e.org/?token=hunter2", "more": [{"at": "https://e.org/?sig=hunter2"}], "n": 1}
    assert without_secrets(kept) == {
        "url": "https://e.org/?token=***",
        "more": [{"at": "https://e.org/?sig=***"}],
        "n": 1,
    }
