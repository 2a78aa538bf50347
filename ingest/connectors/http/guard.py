"""The addresses that a source may have: the public internet, and networks that the settings name.

A link in a document must not make this program connect to servers inside the company. So a name is
resolved once, every address that it has is judged, and the connection goes to a judged address,
never to the name again.
"""

import re
import socket
from collections.abc import Callable, Sequence
from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address, ip_network

import httpx

from core.errors import FetchError, InputError, RefusedAddressError
from core.text.secrets import redacted

Address = IPv4Address | IPv6Address
Resolve = Callable[[str, int], Sequence[str]]

# RFC 6052: the last 32 bits are the IPv4 address that the translator connects to.
_NAT64 = IPv6Network("64:ff9b::/96")
# Forms that carry an IPv4 address, or are for use within a site, and that no public server needs:
# IPv4-compatible (RFC 4291), local-use NAT64 (8215), Teredo (4380), 6to4 (3056) and its relays
# (7526), site-local (3879), documentation (9637).
_NEVER_PUBLIC = tuple(
    ip_network(text)
    for text in (
        *("::/96", "64:ff9b:1::/48", "2001::/32", "2002::/16", "fec0::/10", "3fff::/20"),
        *("192.88.99.0/24", "192.0.0.0/24"),
    )
)
# ISATAP (RFC 5214): an interface id that ends in an IPv4 address.
_ISATAP = (0x00005EFE, 0x02005EFE)
_CANONICAL = re.compile(r"(?:0|[1-9]\d{0,2})(?:\.(?:0|[1-9]\d{0,2})){3}")
_NUMBER = re.compile(r"\d+|0x[0-9a-f]*")
_NOT_IN_A_URL = re.compile(r"[\x00-\x20\x7f\\]")


def resolve(host: str, port: int) -> list[str]:
    """Return the addresses of a name by the system's resolver. Raises: OSError; UnicodeError."""
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(entry[4][0]) for entry in found))


def checked_url(text: str) -> httpx.URL:
    """Return an HTTP URL that every program reads in the same way.

    Raises: InputError for another scheme, a name with a password in front of the host, blanks,
    control characters and backslashes, and for numbers that are written to look like a name.
    """
    if _NOT_IN_A_URL.search(text):
        raise InputError(
            f"{redacted(text)!r} is not a URL: it contains a blank, a control character or a backslash"
        )
    try:
        url = httpx.URL(text)
    except (httpx.InvalidURL, UnicodeError) as error:
        raise InputError(f"{redacted(text)!r} is not a URL") from error
    if url.scheme not in {"http", "https"} or not url.host:
        raise InputError(
            f"{redacted(text)!r} is not the address of a web server, which begins with https:// or http://"
        )
    if url.userinfo:
        raise InputError(f"{url.host}: a name or password in a URL is not used; name them in the options")
    check_host(url.raw_host.decode("ascii"))
    return url


def check_host(host: str) -> None:
    """Refuse a host that is a number in disguise. Raises: InputError."""
    last = host.rstrip(".").rsplit(".", 1)[-1].lower()
    if ":" not in host and _NUMBER.fullmatch(last) and not _CANONICAL.fullmatch(host):
        raise InputError(f"{host} is not a name, and not an address in its usual form")


class AddressGuard:
    """Resolves names and judges addresses; `allowed` are networks besides the public internet."""

    def __init__(self, allowed: Sequence[str], find: Resolve = resolve) -> None:
        self._allowed = [ip_network(text) for text in allowed]
        self._find = find

    def addresses(self, host: str, port: int) -> list[str]:
        """Return all addresses that a name has; each of them is allowed.

        Raises: FetchError if the name is not known; RefusedAddressError if one of them is refused.
        """
        check_host(host)
        try:
            found = [ip_address(text.split("%")[0]) for text in self._find(host.strip("[]"), port)]
        except (OSError, UnicodeError) as error:
            raise FetchError(f"{host} cannot be resolved: {error}") from error
        if not found:
            raise FetchError(f"{host} has no address")
        for address in found:
            self.check(address)
        return [str(address) for address in found]

    def check(self, address: Address) -> None:
        """Refuse an address that is neither public nor allowed. Raises: RefusedAddressError."""
        real = _meant(address)
        if any(real in network for network in self._allowed) or is_public(address):
            return
        raise RefusedAddressError(
            f"{address} is not a public address; if sources may be on its network, "
            "name it in VADE_INGEST__CONNECTORS__ALLOW_NETWORKS"
        )


def is_public(address: Address) -> bool:
    """Return whether an address, and the one that it may stand for, belongs to the public internet."""
    real = _meant(address)
    if real != address:
        return is_public(real)
    if any(address in network for network in _NEVER_PUBLIC):
        return False
    if isinstance(address, IPv6Address) and (int(address) >> 32 & 0xFFFFFFFF) in _ISATAP:
        return False
    return address.is_global and not (address.is_multicast or address.is_reserved or address.is_unspecified)


def _meant(address: Address) -> Address:
    """Return the IPv4 address that a mapped or translated one leads to."""
    if isinstance(address, IPv6Address):
        if address.ipv4_mapped:
            return address.ipv4_mapped
        if address in _NAT64:
            return IPv4Address(int(address) & 0xFFFFFFFF)
    return address
