"""The rights that a parsing process gives up before it reads the first byte of a file.

On Linux, memory, computing time, file sizes, open files and processes are limited. The process cannot
regain rights, dies with the service, is killed first when the machine runs out of memory, has only an
empty network, and may read only Python's own files (`landlock.py`). The kernel (`seccomp.py`) and
Python (`audit.py`) refuse calls that parsing does not need. A measure that the kernel or a container
does not allow is left out, and `confine` returns its name. On other systems, such as macOS, the limits
of `setrlimit` hold, of which the one on memory may have no effect, and so does the audit hook. The
service watches the time and the size of the reply everywhere.
"""

import contextlib
import ctypes
import errno
import math
import os
import resource
import signal
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from ingest.sandbox.audit import refuse_escapes
from ingest.sandbox.landlock import restrict_files
from ingest.sandbox.seccomp import restrict_calls

# Parsers write no files, but a vendor's library may spool a part of one.
_MAX_FILE_BYTES = 64 * 2**20
# An import opens a handful at once.
_MAX_OPEN_FILES = 128
_PR_SET_PDEATHSIG, _PR_SET_NO_NEW_PRIVS = 1, 38
_CLONE_NEWUSER, _CLONE_NEWNET = 0x10000000, 0x40000000
_CAPABILITY_VERSION_3 = 0x20080522
# The highest score: killed before all others when the machine runs out of memory; proc(5), oom_score_adj.
_FIRST_TO_GO = "1000"


@dataclass(frozen=True, slots=True, kw_only=True)
class Terms:
    """The limits of a parsing process."""

    service: int
    """The id of the process that started it."""
    folder: str
    """The only folder that it may write to."""
    hidden: tuple[str, ...]
    """The folders that it may not read."""
    memory_bytes: int
    cpu_seconds: int
    """For each file."""
    max_text_bytes: int
    """Of a document, as UTF-8."""


def confine(terms: Terms) -> list[str]:
    """Give up the rights that parsing does not need, for good; return the measures that the system refused.

    Must run before the process starts a second thread.
    """
    _set_limits(terms.memory_bytes, _MAX_FILE_BYTES)
    _limit_processes()
    lacking = _give_up(terms, programs=False)
    refuse_escapes(terms.folder)
    return lacking


def confine_program(terms: Terms) -> list[str]:
    """Give up the rights that an office program does not need, before becoming one; see `confine`.

    It may have threads and processes and run the system's programs.
    """
    _set_limits(terms.memory_bytes, terms.memory_bytes)
    return _give_up(terms, programs=True)


def _give_up(terms: Terms, programs: bool) -> list[str]:
    hidden = [Path(path) for path in terms.hidden]
    steps: dict[str, Callable[[], None]] = {
        "death with the service": lambda: _die_with(terms.service),
        "first to go without memory": _go_first,
        "no network": _leave_network,
        "no privileges": _drop_privileges,
        "no files": lambda: restrict_files(Path(terms.folder), hidden, programs),
        "no dangerous calls": lambda: restrict_calls(programs),
    }
    lacking = []
    for name, step in steps.items():
        try:
            if sys.platform != "linux":
                raise OSError(errno.ENOSYS, name)
            step()
        except OSError:
            lacking.append(name)
    return lacking


def allow_computing(seconds: int) -> None:
    """Allow this process `seconds` of computing from now; then the kernel ends it with SIGXCPU."""
    _, most = resource.getrlimit(resource.RLIMIT_CPU)
    resource.setrlimit(resource.RLIMIT_CPU, (math.ceil(time.process_time()) + seconds, most))


def _set_limits(memory_bytes: int, file_bytes: int) -> None:
    _limit(resource.RLIMIT_DATA, memory_bytes)
    _limit(resource.RLIMIT_FSIZE, file_bytes)
    _limit(resource.RLIMIT_NOFILE, _MAX_OPEN_FILES)
    _limit(resource.RLIMIT_CORE, 0)


def _limit_processes() -> None:
    """Forbid further processes and threads; root is exempt."""
    if sys.platform == "linux":
        _limit(resource.RLIMIT_NPROC, 0)


def _limit(kind: int, limit: int) -> None:
    _, most = resource.getrlimit(kind)
    fits = limit if most == resource.RLIM_INFINITY else min(limit, most)
    with contextlib.suppress(OSError, ValueError):
        resource.setrlimit(kind, (fits, fits))


def _die_with(service: int) -> None:
    _call("prctl", _PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
    if os.getppid() != service:  # it died before the call
        sys.exit()


def _go_first() -> None:
    Path("/proc/self/oom_score_adj").write_text(_FIRST_TO_GO)


def _leave_network() -> None:
    """Move into a network without devices; a user who is not root needs a user namespace for that."""
    try:
        _call("unshare", _CLONE_NEWNET)
    except OSError:
        _call("unshare", _CLONE_NEWUSER | _CLONE_NEWNET)


def _drop_privileges() -> None:
    """Give up every capability, including those of root or of a new user namespace; capset(2)."""
    _call("prctl", _PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0)
    header = (ctypes.c_uint32 * 2)(_CAPABILITY_VERSION_3, 0)
    _call("capset", header, (ctypes.c_uint32 * 6)())


def _call(function: str, *arguments: object) -> None:
    if getattr(ctypes.CDLL(None, use_errno=True), function)(*arguments):
        raise OSError(ctypes.get_errno(), function)
