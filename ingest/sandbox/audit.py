"""Python's own refusals: no network, no programs, no change to a file outside the process's folder.

The kernel refuses most of this too, where it can; this holds on every system, and says what was
tried. It binds code in Python only: a library in C is held by the kernel.
"""

import os
import sys
from typing import Any

_NEVER = frozenset(
    (
        *("socket.__new__", "socket.connect", "socket.bind", "socket.sendto", "socket.sendmsg"),
        *("socket.getaddrinfo", "socket.gethostbyname", "socket.gethostbyaddr", "socket.getnameinfo"),
        *("subprocess.Popen", "os.system", "os.exec", "os.fork", "os.forkpty", "os.posix_spawn", "os.spawn"),
        *("os.kill", "os.killpg", "pty.spawn", "os.setxattr", "os.removexattr"),
    )
)
_CHANGES = frozenset(
    f"os.{name}"
    for name in "chmod chown chflags link mkdir remove rename rmdir symlink truncate utime".split()
)
_WRITES = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_APPEND


def refuse_escapes(folder: str) -> None:
    """From now on let PermissionError come of whatever reaches outside `folder`; this cannot be undone."""
    root = os.path.realpath(folder)

    def check(event: str, arguments: tuple[Any, ...]) -> None:
        if event in _NEVER:
            raise PermissionError(f"a parser must not use {event}")
        if event == "open" and arguments[2] & _WRITES:
            _require_inside(root, arguments[0])
        elif event in _CHANGES:
            for path in arguments:
                _require_inside(root, path)

    sys.addaudithook(check)


def _require_inside(root: str, path: Any) -> None:
    if not isinstance(path, str | bytes) or os.fsdecode(path) == os.devnull:
        return  # a descriptor that is open already, a mode, or nothing
    if not os.path.realpath(os.fsdecode(path)).startswith(root + os.sep):
        raise PermissionError("a parser must not change a file outside its folder")
