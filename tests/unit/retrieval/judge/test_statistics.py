import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from retrieval.judge.statistics import Series, auroc, difference, figure, mean, percentile

SCORES = st.lists(st.tuples(st.integers(0, 5), st.booleans()), min_size=2, max_size=40)


def series(*values: float) -> Series:
    return Series(np.array(values), mean)


@given(SCORES)
def test_auroc_is_the_share_of_pairs_in_the_right_order(rows: list[tuple[int, bool]]) -> None:
    good, bad = ([score for score, positive in rows if positive is kind] for kind in (True, False))
    pairs = [(score > other) + (score == other) / 2 for score in good for other in bad]
    expected = sum(pairs) / len(pairs) if pairs else math.nan
    assert auroc(np.array(rows, float)) == pytest.approx(expected, nan_ok=True)


def test_an_interval_holds_the_figure_and_narrows_with_more_questions() -> None:
    few, many = figure(series(*[0, 1] * 10)), figure(series(*[0, 1] * 1000))
    assert few.low < few.value == 0.5 < few.high
    assert few.high - few.low > 5 * (many.high - many.low)
    # The normal approximation of a mean of 20 coin flips: 0.5 ± 1.96 * 0.5 / √20.
    assert few.high - few.low == pytest.approx(2 * 1.96 * 0.5 / math.sqrt(20), abs=0.06)


def test_the_same_questions_give_the_same_interval_every_time() -> None:
    assert figure(series(*range(30))) == figure(series(*range(30)))


def test_a_small_gain_on_every_question_is_told_from_chance() -> None:
    hard = np.random.default_rng(7).random(60)
    gain = difference(series(*hard), series(*(hard + 0.01)))
    assert gain.value == pytest.approx(0.01)
    assert gain.low > 0
    assert gain.p < 0.01


def test_no_difference_is_no_difference() -> None:
    same = difference(series(*[0, 1] * 20), series(*[0, 1] * 20))
    assert (same.value, same.low, same.high, same.p) == (0.0, 0.0, 0.0, 1.0)


def test_a_difference_that_chance_explains_is_not_told() -> None:
    random = np.random.default_rng(3)
    assert difference(series(*random.random(40)), series(*random.random(40))).p > 0.05


def test_what_does_not_speak_of_a_question_is_left_out() -> None:
    assert figure(series(1.0, float("nan"), 1.0)).value == 1.0
    nothing = figure(series(float("nan"), float("nan")))
    assert all(math.isnan(end) for end in (nothing.value, nothing.low, nothing.high))


def test_a_percentile_is_a_statistic_like_any_other() -> None:
    assert Series(np.arange(101.0), percentile(0.95)).value == 95.0
