"""Figures of retrieval beside a second library's; it takes seconds to import, so it is no unit test."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.metrics import roc_auc_score

from retrieval.judge.statistics import auroc

SCORES = st.lists(st.tuples(st.integers(0, 5), st.booleans()), min_size=2, max_size=40)


@given(SCORES.filter(lambda rows: len({positive for _, positive in rows}) == 2))
def test_auroc_agrees_with_a_second_library(rows: list[tuple[int, bool]]) -> None:
    scores, positive = zip(*rows, strict=True)
    assert auroc(np.array(rows, float)) == pytest.approx(roc_auc_score(positive, scores))
