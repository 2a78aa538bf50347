import math
from itertools import permutations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from retrieval.judge.evaluation import latency_series, ndcg, ranking_series, recall, reciprocal_rank

DOCUMENTS = ("a", "b", "c", "d", "e")
RANKINGS = st.permutations(DOCUMENTS).flatmap(lambda order: st.integers(0, 5).map(lambda n: order[:n]))
RELEVANCE = st.dictionaries(st.sampled_from(DOCUMENTS), st.integers(0, 3))
CUTS = st.integers(1, 6)


def test_ndcg_worked_out_by_hand() -> None:
    gain = 2 / math.log2(2) + 0 / math.log2(3) + 3 / math.log2(4)
    ideal = 3 / math.log2(2) + 2 / math.log2(3) + 1 / math.log2(4)
    assert ndcg(["b", "x", "a"], {"a": 3, "b": 2, "c": 1}, 10) == pytest.approx(gain / ideal)
    assert gain / ideal == pytest.approx(0.735, abs=0.001)


@given(RANKINGS, RELEVANCE, CUTS)
def test_ndcg_is_the_gain_over_the_best_gain_of_any_order(
    ranking: list[str], relevant: dict[str, int], k: int
) -> None:
    def gain(order: tuple[str, ...] | list[str]) -> float:
        return sum(relevant.get(document, 0) / math.log2(rank + 2) for rank, document in enumerate(order[:k]))

    best = max(gain(order) for order in permutations(DOCUMENTS))
    assert ndcg(ranking, relevant, k) == pytest.approx(gain(ranking) / best if best else 0.0)


@given(RANKINGS, RELEVANCE, CUTS)
def test_recall_and_reciprocal_rank_count_one_by_one(
    ranking: list[str], relevant: dict[str, int], k: int
) -> None:
    wanted = [document for document in DOCUMENTS if relevant.get(document, 0) > 0]
    found = [document for document in wanted if document in ranking[:k]]
    assert recall(ranking, relevant, k) == (len(found) / len(wanted) if wanted else 0.0)
    first = 0.0
    for position in range(min(k, len(ranking)), 0, -1):
        first = 1 / position if ranking[position - 1] in wanted else first
    assert reciprocal_rank(ranking, relevant, k) == first


def test_what_stands_behind_the_cut_does_not_count() -> None:
    ranking, relevant = ["x", "y", "a"], {"a": 1}
    assert (
        ndcg(ranking, relevant, 2),
        recall(ranking, relevant, 2),
        reciprocal_rank(ranking, relevant, 2),
    ) == (
        0.0,
        0.0,
        0.0,
    )


def test_a_query_without_a_ranking_counts_as_nothing_found() -> None:
    series = ranking_series({"q1": ["a"]}, {"q1": {"a": 1}, "q2": {"b": 1}})
    assert list(series) == ["ndcg@10", "recall@10", "recall@100", "mrr@10", "hit@1"]
    assert {one.value for one in series.values()} == {0.5}


def test_a_query_that_nobody_judged_does_not_count() -> None:
    assert ranking_series({"q1": ["a"], "q9": ["z"]}, {"q1": {"a": 1}})["ndcg@10"].value == 1.0


def test_latency_is_told_by_its_middle_and_its_tail() -> None:
    series = latency_series([float(number) for number in range(101)])
    assert (series["ms_p50"].value, series["ms_p95"].value) == (50.0, 95.0)
