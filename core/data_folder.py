"""The data folder: it holds the text of every document, so only its owner may look into it."""

import os
import stat
from pathlib import Path

import structlog

from core.errors import SettingsError

log = structlog.get_logger()
# Everything that this program puts into a data folder, and what the system does.
_OURS = frozenset({"eval", "index", "locks", "models", "sources", "vade.toml", "lost+found"})
_DATABASE = "truth.db"
_ANYONE = stat.S_IRWXO
_OTHERS = stat.S_IRWXG | _ANYONE


def make_data_folder(path: Path) -> None:
    """Make the data folder, or close an existing one to all but its owner.

    Raises: SettingsError if it cannot be made; if others can read it and it cannot be closed, or holds
    files of other programs: then it may be a shared folder that was named by mistake.
    """
    try:
        path.mkdir(parents=True, exist_ok=True, mode=0o700)
        status = path.stat()
        foreign = sorted(name for name in os.listdir(path) if not _is_ours(name))
    except OSError as error:
        raise SettingsError(f"the data folder {path} cannot be made: {error.strerror}") from error
    mode = stat.S_IMODE(status.st_mode)
    is_open = mode & (_OTHERS if status.st_uid == os.geteuid() else _ANYONE)
    if is_open and (foreign or mode & stat.S_ISVTX):
        holds = f"holds {foreign[0]!r}, which is not ours" if foreign else "is shared by all users"
        raise SettingsError(
            f"others can read the data folder {path} (mode {mode:o}), and it {holds}; name a folder of its "
            f"own, or close this one with `chmod 700 {path}`"
        )
    if not foreign:
        close_to_others(path)


def close_to_others(path: Path) -> None:
    """Take the rights of group and others from a file or folder, if they have any.

    Raises: SettingsError if anyone can read it and it is another user's.
    """
    mode = stat.S_IMODE(path.stat().st_mode)
    if not mode & _OTHERS:
        return
    try:
        path.chmod(mode & ~_OTHERS)
    except OSError as error:
        if mode & _ANYONE:
            raise SettingsError(
                f"others can read {path} (mode {mode:o}), and it cannot be closed: {error.strerror}; "
                f"its owner has to run `chmod go= {path}`"
            ) from error
        return  # a group that an administrator chose, as for a volume
    log.warning("data.closed", path=str(path), before=f"{mode:o}", after=f"{mode & ~_OTHERS:o}")


def _is_ours(name: str) -> bool:
    return name in _OURS or name.startswith((_DATABASE, ".nfs"))
