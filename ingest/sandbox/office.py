"""Conversion of old formats by LibreOffice, which runs once for each file and under limits."""

import hashlib
import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Sequence
from contextlib import closing, suppress
from dataclasses import asdict
from pathlib import Path

from core import disk
from core.errors import OverLimitError, ParseError, SandboxError, TooLargeError
from core.settings import IngestSettings
from ingest.parsers.office.legacy import no_office
from ingest.sandbox.confinement import Terms
from ingest.sandbox.folder import ParserFolder
from ingest.sandbox.landlock import SOCKETS

_PROGRAMS = ("soffice", "libreoffice", "/Applications/LibreOffice.app/Contents/MacOS/soffice")
# The first start fills the new profile and asks for a second one.
_STARTS = 2
# A profile of its own forbids macros and links, regardless of the file and of the user's profile.
_PROFILE = """<?xml version="1.0" encoding="UTF-8"?>
<oor:items xmlns:oor="http://openoffice.org/2001/registry">
<item oor:path="/org.openoffice.Office.Common/Security/Scripting"><prop oor:name="MacroSecurityLevel" \
oor:op="fuse"><value>3</value></prop><prop oor:name="DisableMacrosExecution" oor:op="fuse"><value>true\
</value></prop><prop oor:name="BlockUntrustedRefererLinks" oor:op="fuse"><value>true</value></prop></item>
<item oor:path="/org.openoffice.Office.Calc/Content/Update"><prop oor:name="Link" oor:op="fuse"><value>2\
</value></prop></item>
<item oor:path="/org.openoffice.Office.Writer/Content/Update"><prop oor:name="Link" oor:op="fuse"><value>0\
</value></prop></item>
</oor:items>
"""


def find_office() -> str:
    """Return the path of the office program, or an empty string if it is not installed."""
    return next((found for name in _PROGRAMS if (found := shutil.which(name))), "")


class Office:
    """Converts files, each in a program of its own with a profile and a folder of its own."""

    def __init__(self, settings: IngestSettings, hidden: Sequence[Path]) -> None:
        self._settings = settings
        self._hidden = tuple(str(path.absolute()) for path in hidden)
        self._program = find_office()

    def convert(self, content: bytes, extension: str, becomes: str, deadline: float) -> bytes:
        """Return `content` converted from one file ending to another; `deadline` is of `time.monotonic`.

        Raises: UnknownFormatError if no office program is installed, OverLimitError at the deadline,
        ParseError if the program cannot read the file; SandboxError if the program's folder cannot be
        written.
        """
        if not self._program:
            return no_office(content, extension, becomes)
        with closing(ParserFolder()) as own:
            folder = Path(own.name)
            given = folder / f"given{extension}"
            profile = folder / "profile" / "user"
            try:
                given.write_bytes(content)
                profile.mkdir(parents=True)
                (profile / "registrymodifications.xcu").write_text(_PROFILE.replace("\\\n", ""))
            except OSError as error:
                raise SandboxError(f"The file cannot be handed to LibreOffice: {error}") from error
            made = folder / "made" / f"given{becomes}"
            for _ in range(_STARTS):
                if not made.exists():
                    self._run(folder, given.name, becomes.removeprefix("."), deadline)
            return converted(folder, made.name, self._settings.max_file_bytes)

    def _run(self, folder: Path, given: str, kind: str, deadline: float) -> None:
        settings = self._settings
        terms = Terms(
            service=os.getpid(),
            folder=str(folder),
            hidden=self._hidden,
            memory_bytes=settings.parser_memory_bytes,
            cpu_seconds=settings.parser_cpu_seconds,
            max_text_bytes=0,
        )
        command = [
            self._program, "--headless", "--norestore", "--nologo", "--nofirststartwizard", "--nolockcheck",
            f"-env:UserInstallation={(folder / 'profile').as_uri()}",
            "--convert-to", kind, "--outdir", str(folder / "made"), given,
        ]  # fmt: skip
        process = subprocess.Popen(  # noqa: S603  (our own module, which confines itself and becomes it)
            [sys.executable, "-P", "-m", "ingest.sandbox.program", json.dumps(asdict(terms)), *command],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            cwd=folder,
            env={
                "PATH": os.defpath,
                "PYTHONPATH": os.pathsep.join(os.path.abspath(path) for path in sys.path if path),
                "HOME": str(folder),
                "TMPDIR": str(folder),
                "SAL_USE_VCLPLUGIN": "svp",
                "LANG": "C.UTF-8",
            },
            start_new_session=True,
        )
        try:
            process.wait(max(deadline - time.monotonic(), 0))
        except subprocess.TimeoutExpired as error:
            raise OverLimitError(
                f"Converting the file takes longer than {settings.parser_wall_seconds:g} s; save it in a "
                "current format, or raise VADE_INGEST__PARSER_WALL_SECONDS."
            ) from error
        finally:
            _end(process)
            _socket(folder / "profile").unlink(missing_ok=True)


def _socket(profile: Path) -> Path:
    """Return the path of the socket that the program makes and may not remove, named after its profile."""
    digest = hashlib.md5(profile.as_uri().encode("utf-16-le"), usedforsecurity=False).digest()
    name = "".join(f"{byte:x}" for byte in digest)  # without leading zeros, as LibreOffice does
    return SOCKETS / f"OSL_PIPE_{os.getuid()}_SingleOfficeIPC_{name}"


def _end(process: subprocess.Popen[bytes]) -> None:
    """Kill the program and the processes that it started, which form a session of their own."""
    with suppress(ProcessLookupError, PermissionError):  # gone, or on macOS a dying group
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()


def converted(folder: Path, name: str, max_bytes: int) -> bytes:
    """Return what the program has written into its folder, where it may also have put links and devices.

    Raises: ParseError if it is no regular file; OverLimitError.
    """
    try:
        with disk.opened_root(folder) as opened:
            return disk.read_below(opened, ("made", name), max_bytes)
    except OSError as error:
        words = "LibreOffice cannot read this file; it may be damaged or need a password."
        raise ParseError(words) from error
    except TooLargeError as error:
        words = "The file is larger than the limit once LibreOffice has converted it; split it."
        raise OverLimitError(words) from error
