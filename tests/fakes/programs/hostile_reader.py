"""A parsing process whose parser does what the file says, as one that a file has taken over would.

Run by the sandbox in place of its own: `ParserSandbox(..., module="fakes.programs.hostile_reader")`.
"""

import ctypes
import mmap
import os
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

from core.errors import ParseError
from core.values.documents import Block, BlockKind, ParsedDocument
from ingest.parsers.formats import parse
from ingest.parsers.members import Lost
from ingest.parsers.office.legacy import Convert
from ingest.parsers.progress import begin_page
from ingest.sandbox.child import serve

_LIBC = ctypes.CDLL(None, use_errno=True)


def _document(text: str) -> ParsedDocument:
    return ParsedDocument(
        title="Deed", text=text, blocks=(Block(kind=BlockKind.PARAGRAPH, start=0, end=len(text)),)
    )


def _hang(what: str) -> str:
    time.sleep(3_600)
    return "woke up"


def _burn(what: str) -> str:
    while True:
        pass


def _segfault(what: str) -> str:
    return str(ctypes.string_at(0))


def _abort(what: str) -> str:
    os.abort()


def _leave(what: str) -> str:
    os._exit(3)


def _fill_memory(what: str) -> str:
    held = []
    while True:
        held.append(b"x" * 2**24)


def _map_memory(what: str) -> str:
    held = [mmap.mmap(-1, 2**24, flags=mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS) for _ in range(10**6)]
    return str(len(held))


def _write_much(what: str) -> str:
    return "x" * int(what)


def _flood(what: str) -> str:
    """Fill every socket with bytes that are no message."""
    while True:
        for descriptor in range(3, 20):
            try:
                os.write(descriptor, b"\xff" * 2**16)
            except OSError:
                continue


def _say_length(what: str) -> str:
    """Announce four gigabytes and send none."""
    for descriptor in range(3, 20):
        try:
            os.write(descriptor, b'\x16\0\0\0{"parts":[4294967296]}')
        except OSError:
            continue
    return _hang(what)


def _pages(what: str) -> str:
    """Tell of pages that are recognized and take their time, `first,last,of,seconds each`."""
    first, last, pages, seconds = map(float, what.split(","))
    for page in range(int(first), int(last) + 1):
        begin_page(page, int(pages), recognizing=True)
        time.sleep(seconds)
    return "all pages"


def _state(what: str) -> str:
    modules = [name for name, module in sys.modules.items() if module is not None]
    return " ".join((*os.environ, "|", *modules, "|", *os.listdir()))


def _leave_files(what: str) -> str:
    os.makedirs("deep/er")
    for name in ("a.bin", "deep/er/b.bin"):
        with open(name, "wb") as file:
            file.write(b"x")
    os.symlink("a.bin", "link")
    return _state(what)


def _write_large_file(what: str) -> str:
    with open("large.bin", "wb") as file:
        for _ in range(1_000):
            file.write(bytes(2**20))
    return "done"


def _raw(function: str) -> Callable[[str], str]:
    """Call C directly, where Python's refusals do not reach."""

    def call(what: str) -> str:
        arguments: tuple[object, ...] = {
            "socket": (socket.AF_INET, socket.SOCK_STREAM, 0),
            "open": (what.encode(), os.O_RDONLY),
            "creat": (what.encode(), 0o600),
            "unlink": (what.encode(),),
            "execl": (b"/bin/true", b"true", None),
            "kill": (os.getppid(), 0),
            "ptrace": (16, os.getppid(), None, None),
        }[function]
        result = getattr(_LIBC, function)(*arguments)
        return f"{result} {ctypes.get_errno()}"

    return call


def _write_through_link(what: str) -> None:
    os.symlink(what, "x")
    Path("x").write_text("")


def _attempt(deed: Callable[[str], object]) -> Callable[[str], str]:
    def attempt(what: str) -> str:
        try:
            return f"done {deed(what)}"
        except PermissionError as error:
            return f"refused: {error}"

    return attempt


_DEEDS: dict[str, Callable[[str], str]] = {
    "hang": _hang,
    "burn": _burn,
    "segfault": _segfault,
    "abort": _abort,
    "leave": _leave,
    "fill-memory": _fill_memory,
    "map-memory": _map_memory,
    "write-much": _write_much,
    "flood": _flood,
    "say-length": _say_length,
    "pages": _pages,
    "state": _state,
    "leave-files": _leave_files,
    "write-large-file": _write_large_file,
    "connect": _attempt(lambda what: socket.create_connection(("127.0.0.1", int(what)), 2)),
    "resolve": _attempt(lambda what: socket.getaddrinfo("localhost", 80)),
    "program": _attempt(lambda what: subprocess.run(["true"], check=True)),
    "shell": _attempt(lambda what: os.system("true")),
    "fork": _attempt(lambda what: os.fork()),
    "signal": _attempt(lambda what: os.kill(os.getppid(), 0)),
    "write": _attempt(lambda what: Path(what).write_text("")),
    "remove": _attempt(os.remove),
    "rename": _attempt(lambda what: os.rename("a", what)),
    "link": _attempt(_write_through_link),
    "read": _attempt(lambda what: Path(what).read_text()),
    **{f"raw-{name}": _raw(name) for name in "socket open creat unlink execl kill ptrace".split()},
}


def obey(content: bytes, name: str, max_text_bytes: int, convert: Convert, lost: Lost) -> ParsedDocument:
    """Do the deed that the content names, or parse it if it names none."""
    deed, _, what = content.decode("latin-1").partition(" ")
    if deed not in _DEEDS:
        return parse(content, name, max_text_bytes, convert, lost)
    try:
        return _document(_DEEDS[deed](what))
    except OSError as error:  # as the real one does, whatever a vendor raises
        raise ParseError(f"The deed came to nothing: {error}.") from error


if __name__ == "__main__":
    serve(obey)
