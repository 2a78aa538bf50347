"""The data folder and the database in it belong to their owner alone."""

import os
import stat
from pathlib import Path

import pytest
from fakes.application import make_app
from sqlalchemy import text

from core.data_folder import make_data_folder
from core.errors import SettingsError
from core.store.database import Database

AS_ROOT = pytest.mark.skipif(os.geteuid() != 0, reason="only root can give a file away")
NOBODY = 65_534


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def opened(path: Path, bits: int) -> Path:
    """Return a folder with these rights."""
    path.mkdir()
    path.chmod(bits)
    return path


def test_a_new_folder_is_its_owners(tmp_path: Path) -> None:
    make_data_folder(tmp_path / "a" / "data")
    assert mode(tmp_path / "a" / "data") == 0o700


@pytest.mark.parametrize("bits", [0o755, 0o750, 0o701, 0o777, 0o2770])
def test_an_existing_folder_that_others_can_read_is_closed(bits: int, tmp_path: Path) -> None:
    data = opened(tmp_path / "data", bits)
    for name in ("truth.db", "truth.db-wal", "vade.toml", "index", "models"):
        (data / name).touch()
    make_data_folder(data)
    assert mode(data) == bits & 0o7700
    make_data_folder(data)


@pytest.mark.parametrize("bits", [0o755, 0o750])
def test_a_folder_with_files_of_others_is_refused_and_left_as_it_is(bits: int, tmp_path: Path) -> None:
    home = opened(tmp_path / "home", bits)
    (home / "Documents").mkdir()
    with pytest.raises(SettingsError, match=r"holds 'Documents', which is not ours; .* `chmod 700 "):
        make_data_folder(home)
    assert mode(home) == bits
    home.chmod(0o700)
    make_data_folder(home)


def test_a_folder_for_temporary_files_is_no_data_folder(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match=r"mode 1777.* is shared by all users"):
        make_data_folder(opened(tmp_path / "tmp", 0o1777))


@AS_ROOT
def test_a_folder_that_cannot_be_closed_is_refused_but_for_a_group(tmp_path: Path) -> None:
    data = opened(tmp_path / "data", 0o755)
    for folder in (tmp_path, *tmp_path.parents):
        if not mode(folder) & 0o001:
            folder.chmod(0o711)
    child = os.fork()
    if child == 0:  # as a user whose the folder is not
        code = 3
        try:
            os.setgid(NOBODY)
            os.setuid(NOBODY)
            make_data_folder(data)
        except SettingsError as error:
            code = 1 if "it cannot be closed" in str(error) and "chmod go=" in str(error) else 2
        finally:
            os._exit(code)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 1
    assert mode(data) == 0o755


def test_the_database_and_its_log_are_their_owners(tmp_path: Path) -> None:
    app = make_app(opened(tmp_path / "data", 0o755))
    with app.database.writing() as session:
        session.execute(text("CREATE TABLE more (id INTEGER)"))
    files = sorted(path.name for path in (tmp_path / "data").glob("truth.db*") if mode(path) == 0o600)
    app.close()
    assert mode(tmp_path / "data") == 0o700
    assert {"truth.db", "truth.db-shm", "truth.db-wal"} <= set(files)


@pytest.mark.parametrize("bits", [0o644, 0o660, 0o666])
def test_a_database_of_before_is_closed_with_all_that_lies_beside_it(bits: int, tmp_path: Path) -> None:
    path = tmp_path / "truth.db"
    database = Database(f"sqlite:///{path}")
    database.migrate()
    with database.writing() as session:
        session.execute(text("CREATE TABLE more (id INTEGER)"))
    beside = [path, path.with_name("truth.db-wal"), path.with_name("truth.db-shm")]
    for one in beside:
        one.chmod(bits)
    Database(f"sqlite:///{path}").migrate()
    assert [mode(one) for one in beside] == [0o600] * 3
    with database.writing() as session:
        session.execute(text("INSERT INTO more VALUES (1)"))
    database.close()


def locks(path: Path) -> int:
    """Return how many locks the system knows on a file."""
    inode = f":{path.stat().st_ino}"
    return sum(inode in line for line in Path("/proc/locks").read_text().splitlines())


@pytest.mark.skipif(not Path("/proc/locks").is_file(), reason="needs the system's list of locks")
def test_a_connection_keeps_its_locks_while_another_one_migrates(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'truth.db'}"
    database = Database(url)
    database.migrate()
    with database.writing() as session:
        session.execute(text("CREATE TABLE more (id INTEGER)"))
        before = locks(tmp_path / "truth.db")
        Database(url).migrate()
        assert locks(tmp_path / "truth.db") == before >= 1
    database.close()
