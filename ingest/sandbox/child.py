"""The parsing process: it gives up its rights, then answers one file after another.

`process.py` starts it as `python -m ingest.sandbox.child` with its end of the channel as standard
input; it ends when the service closes the channel.
"""

import errno
import os
import socket
import sys
import time
from collections.abc import Callable
from functools import partial

from core.errors import OverLimitError, ParseError
from core.values.documents import ParsedDocument
from ingest.parsers.formats import parse
from ingest.parsers.members import Lost
from ingest.parsers.office.legacy import Convert
from ingest.parsers.progress import reporting_progress
from ingest.sandbox.confinement import Terms, allow_computing, confine
from ingest.sandbox.reply import document_reply, read_reason, reason_reply
from ingest.sandbox.wire import Channel

MEMORY_EXIT = 77
"""The exit status of a process without enough memory to receive a file or to send its document."""

# A request holds one file, whose size the service has checked.
_REQUEST_BYTES = 2**40
_REPORT_EVERY_SECONDS = 0.5

Parse = Callable[[bytes, str, int, Convert, Lost], ParsedDocument]


def serve(read: Parse) -> None:
    """Answer each file with the document that `read` returns, until the service closes the channel."""
    channel = _channel()
    # Some libraries import torch if it is installed; no parser needs it, and it is ten times as large as
    # all other modules.
    sys.modules["torch"] = None  # type: ignore[assignment]
    header, _ = channel.receive(_REQUEST_BYTES)
    terms = Terms(**{**header, "hidden": tuple(header["hidden"])})
    channel.send({"lacking": confine(terms)})
    while True:
        try:
            request, parts = channel.receive(_REQUEST_BYTES)
            content = bytes(parts.pop())  # a copy; the message is dropped, so that memory holds one
            allow_computing(terms.cpu_seconds)
            lost = {path: read_reason(reason, inside=True) for path, reason in request["lost"].items()}
            with reporting_progress(
                _Pages(channel, terms).begin, lambda path: channel.send({"member": path})
            ):
                convert = partial(_converted, channel)
                channel.send(*_answer(read, content, request["name"], terms, convert, lost))
        except EOFError:
            return
        except MemoryError:
            os._exit(MEMORY_EXIT)


class _Pages:
    """Reports progress to the service, often enough for a person to see it move."""

    def __init__(self, channel: Channel, terms: Terms) -> None:
        self._channel = channel
        self._terms = terms
        self._reported = time.monotonic()

    def begin(self, page: int, pages: int, recognizing: bool) -> None:
        """Report a page; text recognition of one may compute as long as parsing a whole other file."""
        if recognizing:
            allow_computing(self._terms.cpu_seconds)
        elif time.monotonic() < self._reported + _REPORT_EVERY_SECONDS:
            return
        self._reported = time.monotonic()
        self._channel.send({"page": page, "pages": pages, "recognizing": recognizing})


def _channel() -> Channel:
    connection = socket.socket(fileno=os.dup(sys.stdin.fileno()))
    sink = os.open(os.devnull, os.O_RDWR)
    os.dup2(sink, sys.stdin.fileno())
    os.close(sink)
    return Channel(connection)


def _converted(channel: Channel, content: bytes, extension: str, becomes: str) -> bytes:
    """Ask the service to convert a file, because this process may not run programs. Raises: ParseError."""
    channel.send({"convert": extension, "becomes": becomes}, [content])
    answer, parts = channel.receive(_REQUEST_BYTES)
    if "code" in answer:
        raise read_reason(answer)
    return bytes(parts.pop())


def _answer(
    read: Parse, content: bytes, name: str, terms: Terms, convert: Convert, lost: Lost
) -> tuple[dict[str, object], list[bytes]]:
    try:
        return document_reply(read(content, name, terms.max_text_bytes, convert, lost))
    except ParseError as error:
        return reason_reply(out_of_memory(terms.memory_bytes) if _lacked_memory(error) else error)


def out_of_memory(limit_bytes: int) -> OverLimitError:
    """Return the error for a file that needs too much memory."""
    return OverLimitError(
        f"Reading the file needs more than {limit_bytes / 2**30:.2g} GB of memory; split it, "
        "or raise VADE_INGEST__PARSER_MEMORY_BYTES."
    )


def _lacked_memory(error: BaseException | None) -> bool:
    """Return whether a lack of memory caused an error, directly or behind a vendor's error."""
    while error is not None:
        if isinstance(error, MemoryError) or (isinstance(error, OSError) and error.errno == errno.ENOMEM):
            return True
        error = error.__cause__ or error.__context__
    return False


if __name__ == "__main__":
    serve(parse)
