"""LibreOffice, run once for one file and under limits, to turn an old format into one that a parser reads."""

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

from core.errors import OverLimitError, ParseError, SandboxError
from core.settings import IngestSettings
from ingest.parsers.office.legacy import no_office
from ingest.sandbox.confinement import Terms
from ingest.sandbox.folder import ParserFolder
from ingest.sandbox.landlock import SOCKETS

_PROGRAMS = ("soffice", "libreoffice", "/Applications/LibreOffice.app/Contents/MacOS/soffice")
# Its first start fills the new profile and asks for a second one.
_STARTS = 2
# A profile of its own: no macro runs, no link is followed, whatever the file or the user's own profile says.
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
    """Return the path of the office program, or nothing where it is not installed."""
    return next((found for name in _PROGRAMS if (found := shutil.which(name))), "")


class Office:
    """Converts files, each with a program, a profile and a folder of its own that go with it."""

    def __init__(self, settings: IngestSettings, hidden: Sequence[Path]) -> None:
        self._settings = settings
        self._hidden = tuple(str(path.absolute()) for path in hidden)
        self._program = find_office()

    def convert(self, content: bytes, extension: str, becomes: str, deadline: float) -> bytes:
        """Return `content` of one file ending as one of another; `deadline` is of `time.monotonic`.

        Raises: UnknownFormatError if no office program is installed, OverLimitError at the deadline,
        ParseError if it cannot read the file; SandboxError if it cannot be given the file.
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
                raise SandboxError(f"LibreOffice cannot be given the file: {error}") from error
            made = folder / "made" / f"given{becomes}"
            for _ in range(_STARTS):
                if not made.exists():
                    self._run(folder, given.name, becomes.removeprefix("."), deadline)
            if not made.is_file() or made.is_symlink():
                raise ParseError("LibreOffice cannot read this file; it may be damaged or need a password.")
            if made.stat().st_size > self._settings.max_file_bytes:
                raise OverLimitError("LibreOffice made more of this file than the limit allows; split it.")
            return made.read_bytes()

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
    """Return where the program makes its socket, and may not remove it: named by its profile's address."""
    digest = hashlib.md5(profile.as_uri().encode("utf-16-le"), usedforsecurity=False).digest()
    name = "".join(f"{byte:x}" for byte in digest)  # without leading zeros, as it has it
    return SOCKETS / f"OSL_PIPE_{os.getuid()}_SingleOfficeIPC_{name}"


def _end(process: subprocess.Popen[bytes]) -> None:
    """Kill the program and all that it started: they are a session of their own."""
    with suppress(ProcessLookupError, PermissionError):  # gone; macOS answers so for a group that is dying
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()
