"""The `git` command over a copy of our own: without hooks, prompts and the user's settings.

Of a document or a tree, only hashes become arguments; addresses and branches stand behind `--`.
Passwords travel in the environment, where no list of processes shows them.
"""

import base64
import os
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path
from urllib.parse import urlsplit

from core.errors import FetchError
from ingest.connectors.http.guard import AddressGuard

_PORTS = {"http": 80, "https": 443, "ssh": 22}
_SETTINGS = {
    "core.hooksPath": os.devnull,
    "core.fsmonitor": "false",
    "gc.auto": "0",
    "protocol.allow": "never",
    "protocol.file.allow": "always",
    "protocol.https.allow": "always",
    "protocol.http.allow": "always",
    "protocol.ssh.allow": "always",
    "http.followRedirects": "false",
    "fetch.fsckObjects": "true",
    "transfer.bundleURI": "false",
    "submodule.recurse": "false",
}
_COMMIT = "refs/vade/head"


class GitCommand:
    """Runs `git` in one bare repository."""

    def __init__(self, folder: Path, seconds: float) -> None:
        self._folder = folder
        self._seconds = seconds

    def run(self, *arguments: str, settings: Mapping[str, str] | None = None, ssh: str = "") -> bytes:
        """Return the output of a git command. Raises: FetchError with git's error message."""
        command = ["git", f"--git-dir={self._folder}", *arguments]
        try:
            done = subprocess.run(  # noqa: S603  (no shell, options fixed)
                command, capture_output=True, check=False, timeout=self._seconds, stdin=subprocess.DEVNULL,
                env=_environment({**_SETTINGS, **(settings or {})}, ssh),
            )  # fmt: skip
        except FileNotFoundError as error:
            raise FetchError("the command git is not installed") from error
        except subprocess.TimeoutExpired as error:
            raise FetchError(f"git took over {self._seconds:.0f} s and was stopped") from error
        if done.returncode:
            raise FetchError(_error_message(done.stderr))
        return done.stdout

    def fetch(self, url: str, branch: str, login: tuple[str, str], guard: AddressGuard) -> str:
        """Fetch the branch's newest commit without its history; return its hash."""
        if not (self._folder / "HEAD").is_file():
            try:
                self._folder.mkdir(parents=True, exist_ok=True, mode=0o700)
            except OSError as error:
                raise FetchError(f"{self._folder} cannot be made: {error.strerror}") from error
            self.run("init", "--quiet", "--bare")
        settings, ssh = _pinned(url, guard)
        if login[1]:
            token = base64.b64encode(f"{login[0]}:{login[1]}".encode()).decode()
            settings["http.extraHeader"] = f"Authorization: Basic {token}"
        self.run(
            "fetch", "--quiet", "--depth=1", "--no-tags", "--no-recurse-submodules", "--no-write-fetch-head",
            "--", url, f"+{branch}:{_COMMIT}", settings=settings, ssh=ssh,
        )  # fmt: skip
        return self.run("rev-parse", "--verify", _COMMIT).decode().strip()


def _pinned(url: str, guard: AddressGuard) -> tuple[dict[str, str], str]:
    """Return settings that make git connect to the address that was judged, even if the name changes."""
    parts = urlsplit(url)
    if parts.scheme == "file":
        return {}, ""
    host, port = parts.hostname or "", parts.port or _PORTS[parts.scheme]
    address = guard.addresses(host, port)[0]
    if parts.scheme == "ssh":
        return (
            {},
            f"ssh -oBatchMode=yes -oStrictHostKeyChecking=yes -oHostKeyAlias={host} -oHostName={address}",
        )
    shown = f"[{address}]" if ":" in address else address
    return {"http.curloptResolve": f"{host}:{port}:{shown}", "http.proxy": ""}, ""


def _environment(settings: Mapping[str, str], ssh: str) -> dict[str, str]:
    kept = {name: os.environ[name] for name in ("PATH", "HOME", "SSH_AUTH_SOCK") if name in os.environ}
    pairs: Sequence[tuple[str, str]] = list(settings.items())
    numbered = {f"GIT_CONFIG_KEY_{number}": key for number, (key, _) in enumerate(pairs)}
    values = {f"GIT_CONFIG_VALUE_{number}": value for number, (_, value) in enumerate(pairs)}
    return {
        **kept, **numbered, **values, "GIT_CONFIG_COUNT": str(len(pairs)), "GIT_CONFIG_NOSYSTEM": "1",
        "GIT_CONFIG_GLOBAL": os.devnull, "GIT_TERMINAL_PROMPT": "0", "GIT_ASKPASS": "true",
        "GIT_OPTIONAL_LOCKS": "0", "LC_ALL": "C", **({"GIT_SSH_COMMAND": ssh} if ssh else {}),
    }  # fmt: skip


def _error_message(stderr: bytes) -> str:
    lines = [line.strip() for line in stderr.decode("utf-8", "replace").splitlines() if line.strip()]
    [line, *_] = [line for line in lines if line.startswith(("fatal:", "error:"))] or lines[-1:] or [""]
    return f"git: {(line.partition(': ')[2] or line or 'failed without a message')[:300]}"
