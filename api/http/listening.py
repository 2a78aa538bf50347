"""The sockets of the server, which listen before anything else is done or said."""

import errno
import socket
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager

from core.errors import SettingsError

# Connections that wait until the server has started; the kernel may allow fewer.
_BACKLOG = 2048


@contextmanager
def listening(host: str, port: int) -> Iterator[list[socket.socket]]:
    """Give sockets that listen on each address of a host, and close them in the end.

    Raises: SettingsError if the port is taken, or if the host is no address of this machine.
    """
    with ExitStack() as stack:
        sockets, missing = [], None
        for family, address in _addresses(host, port):
            try:
                sockets.append(stack.enter_context(_listening_at(family, address)))
            except OSError as error:
                if error.errno != errno.EADDRNOTAVAIL:
                    raise _refusal(host, port, error) from error
                missing = error  # such as the IPv6 address of `localhost` where IPv6 is off
        if missing and not sockets:
            raise _refusal(host, port, missing) from missing
        yield sockets


def _addresses(host: str, port: int) -> dict[tuple[socket.AddressFamily, tuple[str, int]], None]:
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
    except OSError as error:
        raise SettingsError(f"there is no address {host}; choose one with --host") from error
    return {(family, (str(address[0]), port)): None for family, _, _, _, address in found}


def _listening_at(family: socket.AddressFamily, address: tuple[str, int]) -> socket.socket:
    return socket.create_server(address, family=family, backlog=_BACKLOG)


def _refusal(host: str, port: int, error: OSError) -> SettingsError:
    if error.errno == errno.EADDRINUSE:
        return SettingsError(
            f"port {port} of {host} is taken by another program, or by Vademecum itself; "
            "stop that, or choose another port with --port"
        )
    return SettingsError(f"port {port} of {host} cannot be used: {error.strerror}")
