"""The lock by which other processes see that one is alive."""

import sys
import threading
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from core.locks import SignOfLife


@pytest.fixture
def hasty() -> Iterator[None]:
    """Make the interpreter switch threads after nearly every instruction."""
    usual = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    yield
    sys.setswitchinterval(usual)


@pytest.mark.usefixtures("hasty")
def test_name_is_given_to_threads_that_ask_at_the_same_time(tmp_path: Path) -> None:
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


def test_another_process_is_alive_until_it_closes_its_lock(tmp_path: Path) -> None:
    ours = SignOfLife(tmp_path)
    with closing(ours), closing(SignOfLife(tmp_path)) as other:
        name = other.name
        assert ours.dead([ours.name, name]) == set()
        other.close()
        assert ours.dead([ours.name, name, "elsewhere/1-2/gone"]) == {name}
