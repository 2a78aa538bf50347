"""Messages between the service and a parsing process: lengths, JSON and bytes.

There is no pickle, because a hostile file may have taken over the other side. A message is the length of
its header in four bytes, the header in JSON, and the parts, whose lengths stand in the header.
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
    """The bytes are not a message, or the message is not valid."""


class Channel:
    """One end of a connected pair of sockets; a deadline is a time of `time.monotonic`."""

    def __init__(self, connection: socket.socket) -> None:
        self._connection = connection

    def send(
        self, header: Mapping[str, Any], parts: Sequence[bytes] = (), deadline: float | None = None
    ) -> None:
        """Send one message.

        Raises: TimeoutError at the deadline; OSError if the other side is gone.
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

        Raises: TimeoutError at the deadline; EOFError if the other side is gone; MalformedError if the
        bytes are not a message, or the message has more than `limit_bytes`.
        """
        (length,) = _LENGTH.unpack(self._read(_LENGTH.size, deadline))
        if length > limit_bytes:
            raise MalformedError("the header is too long")
        try:
            header = json.loads(self._read(length, deadline))
            lengths = header.pop(_PARTS)
        except (ValueError, RecursionError, AttributeError, KeyError, TypeError) as error:
            raise MalformedError("the header is not valid") from error
        if not isinstance(lengths, list) or not all(type(size) is int and size >= 0 for size in lengths):
            raise MalformedError("the parts have no valid lengths")
        if length + sum(lengths) > limit_bytes:
            raise MalformedError("the message is too long")
        body, ends = memoryview(self._read(sum(lengths), deadline)), list(accumulate(lengths))
        return header, [body[end - size : end] for end, size in zip(ends, lengths, strict=True)]

    def close(self) -> None:
        """Close the connection."""
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
