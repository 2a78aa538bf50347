import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.values import Hit
from retrieval.fusion import fuse

SCORES = st.integers(-1000, 1000).map(lambda value: value / 8)
LEGS = st.dictionaries(st.integers(1, 30), SCORES, max_size=15).map(
    lambda scores: [Hit(chunk_id, score) for chunk_id, score in scores.items()]
)
WEIGHTS = st.floats(0, 1)


def ids(hits: list[Hit]) -> list[int]:
    return [hit.chunk_id for hit in hits]


def test_a_sum_worked_out_by_hand() -> None:
    dense = [Hit(1, 0.9), Hit(2, 0.5), Hit(3, 0.1)]
    lexical = [Hit(2, 12.0), Hit(4, 6.0), Hit(5, 2.0)]
    fused = fuse(dense, lexical, 0.5)
    assert ids(fused) == [2, 1, 4, 3, 5]
    by_hand = [0.5 * 0.5 + 0.5 * 1.0, 0.5 * 1.0, 0.5 * 0.4, 0.0, 0.0]
    assert [hit.score for hit in fused] == pytest.approx(by_hand)


def test_a_weight_of_zero_or_one_leaves_one_leg_the_say() -> None:
    dense, lexical = [Hit(1, 0.9), Hit(2, 0.1)], [Hit(2, 9.0), Hit(1, 1.0)]
    assert ids(fuse(dense, lexical, 1.0)) == [1, 2]
    assert ids(fuse(dense, lexical, 0.0)) == [2, 1]


def test_a_leg_that_found_nothing_changes_no_order() -> None:
    hits = [Hit(3, 5.0), Hit(1, 4.0), Hit(2, 1.0)]
    assert ids(fuse([], hits, 0.5)) == ids(fuse(hits, [], 0.5)) == [3, 1, 2]
    assert fuse([], [], 0.5) == []


def test_a_leg_whose_hits_are_all_alike_gives_each_its_whole_weight() -> None:
    assert fuse([Hit(7, 0.3)], [], 0.5) == [Hit(7, 0.5)]


@given(LEGS, LEGS, WEIGHTS)
def test_every_chunk_comes_once_best_first_and_ties_by_id(
    dense: list[Hit], lexical: list[Hit], weight: float
) -> None:
    fused = fuse(dense, lexical, weight)
    assert sorted(ids(fused)) == sorted({*ids(dense), *ids(lexical)})
    assert fused == sorted(fused, key=lambda hit: (-hit.score, hit.chunk_id))
    assert all(0.0 <= hit.score <= 1.0 + 1e-9 for hit in fused)


@given(LEGS, LEGS, WEIGHTS, st.integers(-8, 8), st.sampled_from([0.5, 2.0, 4.0]))
def test_the_unit_in_which_a_leg_counts_does_not_matter(
    dense: list[Hit], lexical: list[Hit], weight: float, shift: int, scale: float
) -> None:
    in_other_units = [Hit(hit.chunk_id, hit.score * scale + shift) for hit in lexical]
    assert fuse(dense, in_other_units, weight) == fuse(dense, lexical, weight)
