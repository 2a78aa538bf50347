"""Measured figures as JSON and as a table for a person."""

import math
from collections.abc import Mapping
from typing import Any

import numpy as np

from retrieval.judge.statistics import Series, difference, figure

# Figures whose names begin so are milliseconds and numbers of words, not shares.
_AMOUNTS = ("ms_", "words_")


def figures_json(measured: Mapping[str, Series]) -> dict[str, Any]:
    """Return each figure by its name, the ends of their 95 % intervals, and how many questions there were.

    `counts` are the numbers of questions that a figure applies to.
    """
    figures = {name: figure(series) for name, series in measured.items()}
    return {
        **{name: _rounded(name, one.value) for name, one in figures.items()},
        "intervals": {
            name: [_rounded(name, one.low), _rounded(name, one.high)] for name, one in figures.items()
        },
        "questions": _count(measured),
        "counts": {name: _applying(series) for name, series in measured.items()},
    }


def comparison_json(first: Mapping[str, Series], second: Mapping[str, Series]) -> dict[str, Any]:
    """Return the second configuration's figures, and how each differs from the first's."""
    differences = {name: difference(series, second[name]) for name, series in first.items()}
    return {
        **figures_json(second),
        "differences": {
            name: {
                "difference": _rounded(name, one.value),
                "low": _rounded(name, one.low),
                "high": _rounded(name, one.high),
                "p": _rounded("p", one.p),
            }
            for name, one in differences.items()
        },
    }


def table_text(first: Mapping[str, Series], second: Mapping[str, Series] | None = None) -> str:
    """Return one line a figure, with its interval and count; or beside it a second configuration's."""
    lines = [
        f"{_count(first)} questions; in brackets 95 % of "
        + ("differences" if second else "figures; then how many questions it applies to")
    ]
    for name, series in first.items():
        if second is None:
            one = figure(series)
            ends = f"{_shown(name, one.value):>9}  {_range(name, one.low, one.high)}"
            lines.append(f"{name:22}{ends}{_applying(series):>6}")
        else:
            change = difference(series, second[name])
            both = f"{_shown(name, series.value):>9}{_shown(name, second[name].value):>9}"
            far = f"{_shown(name, change.value, sign='+'):>9}  {_range(name, change.low, change.high)}"
            lines.append(f"{name:22}{both}{far}  p={_shown('p', change.p)}")
    return "\n".join(lines)


def _count(measured: Mapping[str, Series]) -> int:
    return max(len(series.rows) for series in measured.values())


def _applying(series: Series) -> int:
    rows = series.rows.reshape(len(series.rows), -1)
    return int((~np.isnan(rows).any(axis=1)).sum())


def _rounded(name: str, value: float) -> float | None:
    return None if math.isnan(value) else round(value, 1 if name.startswith(_AMOUNTS) else 4)


def _shown(name: str, value: float, sign: str = "") -> str:
    if math.isnan(value):
        return "-"
    return f"{value:{sign}.1f}" if name.startswith(_AMOUNTS) else f"{value:{sign}.4f}"


def _range(name: str, low: float, high: float) -> str:
    return f"[{_shown(name, low)}, {_shown(name, high)}]"
