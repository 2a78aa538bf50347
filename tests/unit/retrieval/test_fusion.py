import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.values.search import Hit
from retrieval.fusion import Leg, fuse

SCORES = st.integers(-1000, 1000).map(lambda value: value / 8)
HITS = st.dictionaries(st.integers(1, 30), SCORES, max_size=15).map(
    lambda scores: [Hit(chunk_id, score) for chunk_id, score in scores.items()]
)


def least(hits: list[Hit]) -> float:
    return min((hit.score for hit in hits), default=0.0)


LEGS = st.lists(
    st.builds(lambda hits, weight: Leg(hits, weight, least(hits)), HITS, st.floats(0, 4)), max_size=3
)


def ids(hits: list[Hit]) -> list[int]:
    return [hit.chunk_id for hit in hits]


def test_a_sum_worked_out_by_hand() -> None:
    dense = Leg([Hit(1, 0.9), Hit(2, 0.5), Hit(3, 0.1)], 1.0, 0.1)
    lexical = Leg([Hit(2, 12.0), Hit(4, 6.0), Hit(5, 2.0)], 0.1, 2.0)
    fused = fuse([dense, lexical])
    assert ids(fused) == [2, 1, 4, 3, 5]
    by_hand = [0.4 + 1.0, 0.8, 0.4, 0.0, 0.0]
    assert [hit.score for hit in fused] == pytest.approx([value / 1.4 for value in by_hand])


def test_a_leg_that_is_sure_outweighs_one_that_is_not() -> None:
    sure, unsure = [Hit(1, 0.9), Hit(2, 0.2)], [Hit(2, 0.51), Hit(1, 0.5)]
    assert ids(fuse([Leg(sure, 1.0, 0.2), Leg(unsure, 1.0, 0.5)])) == [1, 2]


def test_a_weight_of_zero_leaves_the_other_leg_the_say() -> None:
    dense, lexical = [Hit(1, 0.9), Hit(2, 0.1)], [Hit(2, 9.0), Hit(1, 1.0)]
    assert ids(fuse([Leg(dense, 1.0), Leg(lexical, 0.0)])) == [1, 2]
    assert ids(fuse([Leg(dense, 0.0), Leg(lexical, 1.0)])) == [2, 1]


def test_a_leg_that_found_nothing_changes_nothing() -> None:
    hits = [Hit(3, 5.0), Hit(1, 4.0), Hit(2, 1.0)]
    assert fuse([Leg(hits, 0.5)]) == fuse([Leg([], 0.5), Leg(hits, 0.5)])
    assert fuse([Leg([], 0.5), Leg([], 0.5)]) == fuse([]) == []


def test_hits_that_are_all_alike_are_all_the_best() -> None:
    assert fuse([Leg([Hit(7, 0.3), Hit(8, 0.3)], 0.5)]) == [Hit(7, 1.0), Hit(8, 1.0)]


@given(LEGS)
def test_every_chunk_comes_once_best_first_and_ties_by_id(legs: list[Leg]) -> None:
    fused = fuse(legs)
    assert sorted(ids(fused)) == sorted({hit.chunk_id for leg in legs for hit in leg.hits})
    assert fused == sorted(fused, key=lambda hit: (-hit.score, hit.chunk_id))
    assert all(0.0 <= hit.score <= 1.0 for hit in fused)
    assert not fused or fused[0].score == 1.0


@given(HITS, HITS, st.integers(-8, 8))
def test_where_a_leg_begins_to_count_does_not_matter(
    dense: list[Hit], lexical: list[Hit], shift: int
) -> None:
    shifted = [Hit(hit.chunk_id, hit.score + shift) for hit in dense]
    other = Leg(lexical, 0.5, least(lexical))
    assert fuse([Leg(shifted, 0.5, least(shifted)), other]) == fuse([Leg(dense, 0.5, least(dense)), other])
