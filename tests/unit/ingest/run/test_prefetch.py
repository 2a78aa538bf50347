import threading

import pytest

from ingest.run.prefetch import prefetch


def test_results_come_in_order() -> None:
    done = [threading.Event() for _ in range(41)]
    done[40].set()

    def work(number: int) -> int:
        if number % 2 == 0:  # an even number is done after the next one
            assert done[number + 1].wait(5)
        done[number].set()
        return number * number

    assert list(prefetch(work, range(40), 3)) == [number * number for number in range(40)]
    assert list(prefetch(work, [], 3)) == []


def test_no_more_is_begun_than_may_wait() -> None:
    begun: list[int] = []

    def work(number: int) -> int:
        begun.append(number)
        return number

    for taken, result in enumerate(prefetch(work, range(100), 2)):
        assert result == taken
        assert len(begun) <= taken + 4
    assert len(begun) == 100


def test_work_goes_on_while_the_consumer_is_busy() -> None:
    second = threading.Event()

    def work(number: int) -> int:
        if number == 1:
            second.set()
        return number

    results = prefetch(work, range(5), 1)
    assert next(results) == 0
    assert second.wait(5)
    assert list(results) == [1, 2, 3, 4]


def test_an_error_comes_at_its_turn_and_ends_the_rest() -> None:
    begun: list[int] = []

    def work(number: int) -> int:
        begun.append(number)
        if number == 3:
            raise ValueError(number)
        return number

    seen: list[int] = []
    with pytest.raises(ValueError, match="3"):
        seen.extend(prefetch(work, range(1_000), 2))
    assert seen == [0, 1, 2]
    assert max(begun) < 10
