"""The uncertainty of measured figures: bootstrap intervals, and the difference of two configurations.

Questions are resampled with replacement. Both sides of a comparison use the same draws, so that a question
that is hard for both does not blur their difference. Efron and Tibshirani, "An
Introduction to the Bootstrap" (1993), chapters 13 and 16.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Values = NDArray[np.float64]
Statistic = Callable[[Values], float]

# Draws: the ends of a 95 % interval move by less than a twentieth of its width from seed to seed.
_DRAWS = 2000
_SEED = 20240501
_OUTSIDE = 0.025  # on either side of the interval


@dataclass(frozen=True)
class Series:
    """The rows of a measure, and the statistic that makes one figure of them."""

    rows: Values
    """`(n,)` or `(n, k)`, a row for each question; not-a-number if the measure does not apply to it."""
    statistic: Statistic

    @property
    def value(self) -> float:
        """The figure over all questions."""
        return self.statistic(self.rows)


@dataclass(frozen=True, slots=True)
class Figure:
    """A figure with the ends of its 95 % interval; not-a-number if the measure applies to no question."""

    value: float
    low: float
    high: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """The difference of two figures, and how probable it is by chance."""

    value: float
    """The second figure minus the first."""
    low: float
    """The lower end of the 95 % interval."""
    high: float
    """The upper end of the 95 % interval."""
    p: float
    """Two-sided: twice the smaller of the shares of draws that are at most 0 and at least 0."""


def mean(rows: Values) -> float:
    """Return the mean of the rows that are numbers."""
    known = rows[~np.isnan(rows)]
    return float(known.mean()) if len(known) else float("nan")


def percentile(share: float) -> Statistic:
    """Return the statistic that gives the value below which `share` (0..1) of the rows lie."""

    def of(rows: Values) -> float:
        return float(np.quantile(rows, share)) if len(rows) else float("nan")

    return of


def auroc(rows: Values) -> float:
    """Return how often a positive row scores above a negative one; a tie counts half.

    `rows` is `(n, 2)`: score, and 1 or 0. Fawcett, "An Introduction to ROC Analysis" (2006), section 7.
    """
    scores, positive = rows[:, 0], rows[:, 1] > 0
    positives, negatives = int(positive.sum()), int((~positive).sum())
    if not positives or not negatives:
        return float("nan")
    values, places = np.unique(scores, return_inverse=True)
    counts = np.bincount(places, minlength=len(values))
    ranks = (np.cumsum(counts) - (counts - 1) / 2)[places]
    return float((ranks[positive].sum() - positives * (positives + 1) / 2) / (positives * negatives))


def figure(series: Series) -> Figure:
    """Return the figure with its interval."""
    drawn = np.array([series.statistic(series.rows[draw]) for draw in _draws(len(series.rows))])
    return Figure(series.value, *_interval(drawn))


def difference(first: Series, second: Series) -> Difference:
    """Return how the second configuration differs from the first over the same questions."""
    drawn = np.array(
        [
            second.statistic(second.rows[draw]) - first.statistic(first.rows[draw])
            for draw in _draws(len(first.rows))
        ]
    )
    known = drawn[~np.isnan(drawn)]
    against = min((known <= 0).mean(), (known >= 0).mean()) if len(known) else float("nan")
    low, high = _interval(drawn)
    p = min(1.0, 2 * float(against))
    return Difference(value=second.value - first.value, low=low, high=high, p=p)


def _draws(count: int) -> Iterator[NDArray[np.int64]]:
    random = np.random.default_rng(_SEED)
    for _ in range(_DRAWS):
        yield random.integers(0, count, count)


def _interval(drawn: Values) -> tuple[float, float]:
    known = drawn[~np.isnan(drawn)]
    if not len(known):
        return float("nan"), float("nan")
    low, high = np.quantile(known, [_OUTSIDE, 1 - _OUTSIDE])
    return float(low), float(high)
