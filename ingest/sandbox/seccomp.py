"""A seccomp filter: system calls that parsing does not need fail with EACCES.

See seccomp(2). The filter closes ways that the other measures leave open to a library in C that a file
has taken over: sockets in the file system, programs, tracing, and parts of the kernel with many faults.
It lists the refused calls, not the allowed ones, because the parsers' libraries differ and the harmful
calls are known.
"""

import ctypes
import errno
import os
import platform
import struct

_PR_SET_SECCOMP, _MODE_FILTER = 22, 2
_ALLOW, _REFUSE, _KILL = 0x7FFF0000, 0x00050000 | errno.EACCES, 0x80000000
# Classic BPF, linux/filter.h: load a word, jump if equal, jump if greater or equal, return.
_LOAD, _IF_EQUAL, _IF_AT_LEAST, _RETURN = 0x20, 0x15, 0x35, 0x06
_NUMBER_AT, _ARCHITECTURE_AT = 0, 4  # in struct seccomp_data
_X32 = 0x40000000  # calls of x86-64's second interface begin here

# Names as in asm/unistd.h. An office program needs these: socket, connect, bind, listen, accept, accept4,
# execve, execveat, kill, tkill.
_OF_PROGRAMS = {
    "x86_64": (41, 42, 49, 50, 43, 288, 59, 322, 62, 200),
    "aarch64": (198, 203, 200, 201, 202, 242, 221, 281, 129, 130),
}
# Always refused: ptrace, process_vm_readv, process_vm_writev, pidfd_getfd, unshare, setns, mount, bpf,
# perf_event_open, userfaultfd, keyctl, add_key, request_key, io_uring_setup. tgkill is in neither list:
# a library that aborts uses it to end its own process.
_REFUSED = {
    "x86_64": (101, 310, 311, 438, 272, 308, 165, 321, 298, 323, 250, 248, 249, 425),
    "aarch64": (117, 270, 271, 438, 97, 268, 40, 280, 241, 282, 219, 217, 218, 425),
}
_ARCHITECTURE = {"x86_64": 0xC000003E, "aarch64": 0xC00000B7}


def restrict_calls(programs: bool = False) -> None:
    """Refuse the calls above in this process for good; with `programs`, allow those of an office program.

    Raises: OSError if the kernel accepts no filter or the architecture is not known.
    """
    machine = platform.machine()
    if machine not in _REFUSED:
        raise OSError(errno.ENOSYS, "seccomp")
    refused = _REFUSED[machine] + (() if programs else _OF_PROGRAMS[machine])
    program = _program(_ARCHITECTURE[machine], *refused)
    code = ctypes.create_string_buffer(program, len(program))
    about = struct.pack("HP", len(program) // 8, ctypes.addressof(code))
    if ctypes.CDLL(None, use_errno=True).prctl(_PR_SET_SECCOMP, _MODE_FILTER, about, 0, 0):
        raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))


def _program(architecture: int, *refused: int) -> bytes:
    """Return the filter; a jump gives the instructions to skip if its condition holds, and if it does not."""
    steps = [
        (_LOAD, 0, 0, _ARCHITECTURE_AT),
        (_IF_EQUAL, 1, 0, architecture),
        (_RETURN, 0, 0, _KILL),
        (_LOAD, 0, 0, _NUMBER_AT),
        (_IF_AT_LEAST, len(refused) + 1, 0, _X32),
    ]
    for position, number in enumerate(refused):
        steps.append((_IF_EQUAL, len(refused) - position, 0, number))
    steps += [(_RETURN, 0, 0, _ALLOW), (_RETURN, 0, 0, _REFUSE)]
    return b"".join(struct.pack("HBBI", *step) for step in steps)
