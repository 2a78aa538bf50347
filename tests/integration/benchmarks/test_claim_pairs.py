"""The pairs of the claim check: enough of them, the same every time, parted by document, and judged well.

The floors stand on the part that the rules were made on; what is reported is measured on the other.
"""

import pytest

from benchmarks.grounding.claims.measure import measured
from benchmarks.grounding.claims.pairs import Sample, samples
from benchmarks.set_folders import data_folder

pytestmark = pytest.mark.skipif(not data_folder().is_dir(), reason="the public sets are not here")


@pytest.fixture(scope="module")
def pairs() -> list[Sample]:
    return samples()


def test_there_are_400_pairs_half_of_them_true_in_each_part(pairs: list[Sample]) -> None:
    for part in ("train", "test"):
        true = [sample.true for sample in pairs if sample.part == part]
        assert len(true) >= 400
        assert sum(true) * 2 == len(true)


def test_the_pairs_are_the_same_every_time(pairs: list[Sample]) -> None:
    assert samples() == pairs


def test_no_source_stands_in_both_parts(pairs: list[Sample]) -> None:
    of = {part: {sample.source for sample in pairs if sample.part == part} for part in ("train", "test")}
    assert not of["train"] & of["test"]


def test_false_sentences_are_dropped_and_true_ones_said(pairs: list[Sample]) -> None:
    result = measured([sample for sample in pairs if sample.part == "train"])
    assert result["false_accepts"] <= 0.03
    assert result["false_rejects"] <= 0.05
