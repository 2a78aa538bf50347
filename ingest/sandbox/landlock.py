"""Landlock: a process may read only Python's own files and write only to its own folder.

See landlock(7). The kernel enforces the rules for good, for code of every language in the process; it
also refuses to run programs, to use TCP, and to signal or trace other processes. Needs Linux 5.13;
newer kernels refuse more.
"""

import ctypes
import mimetypes
import os
import struct
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

_CREATE_RULESET, _ADD_RULE, _RESTRICT_SELF = 444, 445, 446  # the same on every architecture
_VERSION = 1
_PATH_BENEATH = 1
_EXECUTE, _WRITE_FILE, _READ_FILE, _READ_DIR = 1 << 0, 1 << 1, 1 << 2, 1 << 3
_MAKE_SOCKET = 1 << 9
# Bits of rights on files known to each version of the interface: 1, 2, 3 and 4, 5 and newer.
_RIGHTS_BITS = (13, 14, 15, 15, 16)
_TCP_SINCE, _TCP = 4, 0b11  # bind, connect
_SCOPES_SINCE, _SCOPES = 6, 0b11  # abstract Unix sockets, signals

# Files that C libraries and Python's own modules read; the rest of /etc stays closed.
_SYSTEM = (
    *("/usr", "/lib", "/lib64", "/nix/store", "/etc/ld.so.cache", "/etc/localtime", "/etc/fonts"),
    *("/dev/urandom", "/dev/zero", "/sys/devices/system/cpu", "/proc/cpuinfo", "/proc/meminfo"),
    *mimetypes.knownfiles,
)
# Files that an office program reads besides its own: its settings, fonts, the user's name.
_OF_PROGRAMS = (
    *("/bin", "/opt", "/etc/libreoffice", "/etc/passwd", "/etc/nsswitch.conf", "/etc/alternatives"),
    *("/var/lib/libreoffice", "/var/spool/libreoffice", "/var/cache/fontconfig", "/proc"),
)
SOCKETS = Path("/tmp")  # noqa: S108  (where LibreOffice puts its socket, regardless of TMPDIR)
_SINK = Path("/dev/null")


def restrict_files(folder: Path, hidden: Sequence[Path], programs: bool = False) -> None:
    """Restrict this process to writing below `folder` and reading Python's files, except below `hidden`.

    With `programs` it may also run the system's programs, read their files, and make a socket in /tmp.

    Raises: OSError if the kernel has no Landlock.
    """
    version = _syscall(_CREATE_RULESET, None, 0, _VERSION)
    every = (1 << _RIGHTS_BITS[min(version, len(_RIGHTS_BITS)) - 1]) - 1
    tcp = _TCP if version >= _TCP_SINCE else 0
    scopes = _SCOPES if version >= _SCOPES_SINCE else 0
    about = struct.pack("=QQQ", every, tcp, scopes)
    rules = _syscall(_CREATE_RULESET, about, len(about), 0)
    try:
        execute = _EXECUTE if programs else 0
        for path in _readable(hidden, _OF_PROGRAMS if programs else ()):
            _allow(rules, path, execute | _READ_FILE | (_READ_DIR if path.is_dir() else 0))
        if programs:
            _allow(rules, SOCKETS, _MAKE_SOCKET)
        _allow(rules, _SINK, _READ_FILE | _WRITE_FILE)
        _allow(rules, folder, every & ~1)  # all rights but running a program
        _syscall(_RESTRICT_SELF, rules, 0)
    finally:
        os.close(rules)


def _readable(hidden: Sequence[Path], more: Sequence[str]) -> Iterator[Path]:
    python = (sys.prefix, sys.base_prefix, sys.exec_prefix, sys.base_exec_prefix, *sys.path)
    for name in dict.fromkeys((*python, *_SYSTEM, *more)):
        path = Path(name).resolve()
        if name and path.exists():
            yield from _without(path, [secret.resolve() for secret in hidden])


def _without(path: Path, hidden: Sequence[Path]) -> Iterator[Path]:
    """Yield `path`, or if it holds a hidden path, the parts of it that are not hidden."""
    if any(path == secret or secret in path.parents for secret in hidden):
        return
    if not any(path in secret.parents for secret in hidden):
        yield path
        return
    for child in path.iterdir():
        yield from _without(child, hidden)


def _allow(rules: int, path: Path, rights: int) -> None:
    place = os.open(path, os.O_PATH | os.O_CLOEXEC)
    try:
        _syscall(_ADD_RULE, rules, _PATH_BENEATH, struct.pack("=Qi", rights, place), 0)
    finally:
        os.close(place)


def _syscall(number: int, *arguments: bytes | int | None) -> int:
    wide = [ctypes.c_long(given) if isinstance(given, int) else given for given in arguments]
    result = int(ctypes.CDLL(None, use_errno=True).syscall(ctypes.c_long(number), *wide))
    if result < 0:
        raise OSError(ctypes.get_errno(), "landlock")
    return result
