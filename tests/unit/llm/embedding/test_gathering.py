"""Callers who come while a run is under way share the next one, and each gets its own result."""

import threading
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor

import pytest
from fakes.waiting import wait_until

from llm.embedding.gathering import Gathering


class Squares:
    """Squares numbers; holds its first run until `go` is set, refuses the number 13."""

    def __init__(self) -> None:
        self.runs: list[list[int]] = []
        self.started, self.go = threading.Event(), threading.Event()

    def __call__(self, numbers: Sequence[int]) -> list[int]:
        self.runs.append(list(numbers))
        self.started.set()
        self.go.wait(10)
        if 13 in numbers:
            raise ValueError("13")
        return [number * number for number in numbers]


def asked_during_a_run(squares: Squares, gathering: Gathering[int, int], numbers: list[int]) -> list[object]:
    """Ask for 0, and for the numbers while that runs; return results or errors."""

    def ask(number: int) -> object:
        try:
            return gathering(number)
        except ValueError as error:
            return str(error)

    with ThreadPoolExecutor(1 + len(numbers)) as pool:
        first = pool.submit(ask, 0)
        assert squares.started.wait(10)
        later = [pool.submit(ask, number) for number in numbers]
        wait_until(lambda: len(gathering._waiting) == len(numbers), 10)
        squares.go.set()
        return [future.result(10) for future in (first, *later)]


def test_who_comes_during_a_run_shares_the_next() -> None:
    squares = Squares()
    results = asked_during_a_run(squares, Gathering(squares, most=16), [2, 3, 4])

    assert results == [0, 4, 9, 16]
    assert [sorted(run) for run in squares.runs] == [[0], [2, 3, 4]]


def test_no_run_is_larger_than_allowed() -> None:
    squares = Squares()
    results = asked_during_a_run(squares, Gathering(squares, most=2), [1, 2, 3, 4, 5])

    assert results == [0, 1, 4, 9, 16, 25]
    assert max(map(len, squares.runs)) == 2


def test_an_error_reaches_the_callers_of_its_run_alone() -> None:
    squares = Squares()
    gathering = Gathering(squares, most=16)

    assert asked_during_a_run(squares, gathering, [2, 13]) == [0, "13", "13"]
    assert gathering(5) == 25


def test_a_caller_alone_does_not_wait() -> None:
    squares = Squares()
    squares.go.set()

    assert Gathering(squares, most=16)(7) == 49
    with pytest.raises(ValueError, match="13"):
        Gathering(squares, most=16)(13)
