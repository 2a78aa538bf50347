"""Messages between the service and the process that parses: lengths, JSON and bytes.

No pickle: the other side may by now be doing what a hostile file told it to. A message is the
length of its header as four bytes, the header as JSON, and the parts whose lengths the header
tells.
"""

import json
import socket
import struct
import time
from collections.abc import Mapping, Sequence
from itertools import accumulate
from typing import Any

_LENGTH = struct.Struct("<I")
_PARTS = "parts"
# A message up to this size is sent at once, so that the other side wakes up once.
_JOINED_BYTES = 2**20


class MalformedError(ValueError):
    """What came is not a message, or says what cannot be."""


class Channel:
    """One end of a connected pair of sockets; a deadline is a time of `time.monotonic`."""

    def __init__(self, connection: socket.socket) -> None:
        self._connection = connection

    def send(
        self, header: Mapping[str, Any], parts: Sequence[bytes] = (), deadline: float | None = None
    ) -> None:
        """Send one message.

        Raises: TimeoutError at the deadline; OSError if nobody is there.
        """
        head = json.dumps({**header, _PARTS: [len(part) for part in parts]}).encode()
        pieces: Sequence[bytes] = (_LENGTH.pack(len(head)), head, *parts)
        if sum(map(len, pieces)) <= _JOINED_BYTES:
            pieces = [b"".join(pieces)]
        for data in pieces:
            self._wait_until(deadline)
            self._connection.sendall(data)

    def receive(
        self, limit_bytes: int, deadline: float | None = None
    ) -> tuple[dict[str, Any], list[memoryview]]:
        """Return the header and the parts of the next message.

        Raises: TimeoutError at the deadline; EOFError if the other side is gone; MalformedError if
        it is no message, or one of more than `limit_bytes`.
        """
        (length,) = _LENGTH.unpack(self._read(_LENGTH.size, deadline))
        if length > limit_bytes:
            raise MalformedError("the header is too long")
        try:
            header = json.loads(self._read(length, deadline))
            lengths = header.pop(_PARTS)
        except (ValueError, RecursionError, AttributeError, KeyError, TypeError) as error:
            raise MalformedError("the header is not one") from error
        if not isinstance(lengths, list) or not all(type(size) is int and size >= 0 for size in lengths):
            raise MalformedError("the parts have no lengths")
        if length + sum(lengths) > limit_bytes:
            raise MalformedError("the message is too long")
        body, ends = memoryview(self._read(sum(lengths), deadline)), list(accumulate(lengths))
        return header, [body[end - size : end] for end, size in zip(ends, lengths, strict=True)]

    def close(self) -> None:
        """Hang up."""
        self._connection.close()

    def _read(self, size: int, deadline: float | None) -> bytearray:
        data = bytearray(size)
        view = memoryview(data)
        while view:
            self._wait_until(deadline)
            count = self._connection.recv_into(view)
            if not count:
                raise EOFError("the other side is gone")
            view = view[count:]
        return data

    def _wait_until(self, deadline: float | None) -> None:
        if deadline is None:
            return
        left = deadline - time.monotonic()
        if left <= 0:
            raise TimeoutError
        self._connection.settimeout(left)
