"""An audit hook that refuses network access, programs, and changes to files outside the process's folder.

The kernel refuses most of this too, if it can; the hook works on every system, and its error names the
attempt. It binds Python code only; the kernel confines libraries in C.
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
    """Raise PermissionError for every later access outside `folder`; this cannot be undone."""
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
        return  # an open descriptor, a mode, or None
    if not os.path.realpath(os.fsdecode(path)).startswith(root + os.sep):
        raise PermissionError("a parser must not change a file outside its folder")
