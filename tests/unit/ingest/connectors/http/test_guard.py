"""Whoever writes an address into a document or a setting must not reach the inside by it."""

from collections.abc import Sequence
from ipaddress import ip_address

import httpcore
import httpx
import pytest

from core.errors import FetchError, InputError, RefusedAddressError
from ingest.connectors.http.guard import AddressGuard, checked_url
from ingest.connectors.http.transport import Deadline, GuardedBackend

INSIDE = [
    "127.0.0.1", "127.255.255.254", "0.0.0.0", "10.0.0.1", "172.16.0.1", "192.168.1.1", "169.254.169.254",
    "100.64.0.1", "192.0.0.8", "192.0.2.1", "198.18.0.1", "224.0.0.1", "240.0.0.1", "255.255.255.255",
    "::", "::1", "::ffff:10.0.0.1", "::ffff:127.0.0.1", "::127.0.0.1", "64:ff9b::a9fe:a9fe",
    "64:ff9b::7f00:1", "64:ff9b:1::1", "2002:7f00:1::", "2001::1", "2001:db8::1", "fe80::1", "fec0::1",
    "fc00::1",
    "fd00:ec2::254", "ff02::1", "ff0e::1", "2606:4700::5efe:a00:1", "2606:4700::200:5efe:a00:1", "3fff::1",
    "::ffff:0:127.0.0.1", "192.88.99.1",
]  # fmt: skip
OUTSIDE = ["8.8.8.8", "1.1.1.1", "2606:4700::1111", "::ffff:8.8.8.8", "64:ff9b::808:808"]


def guard(*found: str, allowed: Sequence[str] = ()) -> AddressGuard:
    return AddressGuard(allowed, lambda host, port: found)


@pytest.mark.parametrize("address", INSIDE)
def test_addresses_inside_are_refused(address: str) -> None:
    with pytest.raises(RefusedAddressError, match="ALLOW_NETWORKS"):
        guard(address).addresses("name.example", 80)


@pytest.mark.parametrize("address", OUTSIDE)
def test_public_addresses_are_given(address: str) -> None:
    assert guard(address).addresses("name.example", 80) == [str(ip_address(address))]


def test_one_bad_address_among_good_ones_refuses_all() -> None:
    with pytest.raises(RefusedAddressError):
        guard("8.8.8.8", "10.0.0.1").addresses("name.example", 80)


@pytest.mark.parametrize("address", ["10.1.2.3", "::ffff:10.1.2.3", "64:ff9b::a01:203"])
def test_a_network_that_is_allowed_may_be_asked_in_every_spelling(address: str) -> None:
    assert guard(address, allowed=["10.1.0.0/16"]).addresses("wiki.example", 443)
    with pytest.raises(RefusedAddressError):
        guard("10.2.0.1", allowed=["10.1.0.0/16"]).addresses("wiki.example", 443)


def test_a_name_that_is_not_known_is_tried_again_later() -> None:
    def find(host: str, port: int) -> list[str]:
        raise OSError("Name or service not known")

    with pytest.raises(FetchError, match="not known"):
        AddressGuard([], find).addresses("name.example", 80)
    with pytest.raises(FetchError):
        guard().addresses("name.example", 80)


@pytest.mark.parametrize(
    "url",
    [
        "http://2130706433/", "http://0x7f.1/", "http://127.1/", "http://0177.0.0.1/", "http://1.2.3.4.5/",
        "http://0x7f000001/", "http://127.0.0.1./", "http://a@127.0.0.1/", "http://ann:pw@example.com/",
        "http://evil\\@127.0.0.1/", "http://exam\tple.com/", "http://exam\nple.com/", "http:// example.com/",
        "file:///etc/passwd", "ftp://example.com/", "gopher://example.com/", "//example.com/", "example.com",
        "http:///x", "http://", "", "javascript:alert(1)", "http://[::1", "http://exa\x00mple.com/",
    ],
)  # fmt: skip
def test_urls_that_could_be_read_in_two_ways_are_refused(url: str) -> None:
    with pytest.raises(InputError):
        checked_url(url)


@pytest.mark.parametrize(
    ("url", "host"),
    [
        ("https://example.com/a?b#c", "example.com"),
        ("http://127.0.0.1:8000/", "127.0.0.1"),
        ("http://[2606:4700::1111]/", "2606:4700::1111"),
        ("https://bücher.example/", "bücher.example"),
    ],
)
def test_ordinary_urls_are_read(url: str, host: str) -> None:
    assert checked_url(url).host == host


class Dialled(httpcore.NetworkBackend):
    """Notes to which address somebody connects."""

    def __init__(self) -> None:
        self.hosts: list[str] = []

    def connect_tcp(self, host: str, port: int, *rest: object, **named: object) -> httpcore.NetworkStream:
        self.hosts.append(host)
        return httpcore.NetworkStream()


def test_a_name_that_answers_differently_the_second_time_is_not_asked_a_second_time() -> None:
    answers = [["8.8.8.8"], ["127.0.0.1"]]
    dialled = Dialled()
    backend = GuardedBackend(AddressGuard([], lambda host, port: answers.pop(0)), Deadline(), dialled)
    backend.connect_tcp("rebinding.example", 80)
    assert dialled.hosts == ["8.8.8.8"], "the judged address, not the name"
    with pytest.raises(RefusedAddressError):
        backend.connect_tcp("rebinding.example", 80)
    assert dialled.hosts == ["8.8.8.8"]


def test_no_time_left_means_no_connection() -> None:
    deadline = Deadline()
    deadline.at = 0.0
    backend = GuardedBackend(guard("8.8.8.8"), deadline, Dialled())
    with pytest.raises(httpcore.ReadTimeout):
        backend.connect_tcp("example.com", 80)


def test_the_library_reads_urls_as_we_do() -> None:
    assert httpx.URL("http://example.com#@127.0.0.1/").host == "example.com"
