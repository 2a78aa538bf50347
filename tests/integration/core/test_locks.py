"""The sign of life that a process gives, and that many of its threads ask for at once."""

import sys
import threading
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from core.locks import SignOfLife


@pytest.fixture
def hasty() -> Iterator[None]:
    """Let threads change places after nearly every instruction."""
    usual = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    yield
    sys.setswitchinterval(usual)


@pytest.mark.usefixtures("hasty")
def test_threads_that_first_ask_for_the_name_together_all_get_it(tmp_path: Path) -> None:
    for number in range(100):
        with closing(SignOfLife(tmp_path / str(number))) as life:
            names: list[str] = []
            together = threading.Barrier(3)

            def ask(life: SignOfLife = life, together: threading.Barrier = together) -> None:
                together.wait()
                names.append(life.name)  # noqa: B023  (joined before the next round)

            threads = [threading.Thread(target=ask, daemon=True) for _ in range(3)]
            for thread in threads:
                thread.start()
            for thread in threads:
                thread.join(10)
            assert names == [life.name] * 3


def test_another_process_is_alive_until_it_takes_its_sign_back(tmp_path: Path) -> None:
    ours = SignOfLife(tmp_path)
    with closing(ours), closing(SignOfLife(tmp_path)) as other:
        name = other.name
        assert ours.dead([ours.name, name]) == set()
        other.close()
        assert ours.dead([ours.name, name, "elsewhere/1-2/gone"]) == {name}
