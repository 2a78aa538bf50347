"""The scale of likenesses: what is unrelated and what is related lies elsewhere with each embedder."""

from collections.abc import Sequence

import numpy as np
import pytest
from fakes.embedder import FakeEmbedder

from llm.embedding.embedder import Vectors
from llm.embedding.likeness import BUILT_IN_LEVELS, Levels, LikenessScale


class Crowded(FakeEmbedder):
    """Finds all texts alike, as e5 does: a common direction is in each of them."""

    def embed(self, texts: Sequence[str]) -> Vectors:
        rows = super().embed(texts)
        rows = np.hstack([rows, np.full((len(rows), 1), 0.8, np.float32)])
        return np.asarray(rows / np.linalg.norm(rows, axis=1, keepdims=True), np.float32)


class Blind(FakeEmbedder):
    """Finds all texts the same."""

    def embed(self, texts: Sequence[str]) -> Vectors:
        return np.tile(np.eye(1, self.dimension, dtype=np.float32), (len(texts), 1))


def test_likeness_moves_from_one_scale_to_the_other() -> None:
    e5, minilm = Levels(0.77, 0.84), Levels(0.03, 0.49)
    assert e5.moved_to(minilm, 0.77) == pytest.approx(0.03)
    assert e5.moved_to(minilm, 0.84) == pytest.approx(0.49)
    assert e5.moved_to(minilm, 0.805) == pytest.approx(0.26)
    assert e5.factor_to(minilm) == pytest.approx(0.46 / 0.07)
    assert minilm.moved_to(minilm, 0.31) == pytest.approx(0.31)


def test_built_in_embedder_is_the_unit_and_is_not_measured() -> None:
    embedder = FakeEmbedder("minilm@123")
    assert LikenessScale(embedder).levels(True, False) == BUILT_IN_LEVELS
    assert embedder.texts == []


def test_levels_are_measured_once_and_kept() -> None:
    embedder = Crowded("crowded@1")
    scale = LikenessScale(embedder)
    levels = scale.levels()
    assert 0.3 < levels.unrelated < levels.related < 1
    measured = len(embedder.texts)
    assert scale.levels() == levels
    known = LikenessScale(embedder, scale.as_json())
    assert (known.levels(), len(embedder.texts)) == (levels, measured)


def test_a_script_that_was_not_measured_has_the_levels_of_the_other() -> None:
    scale = LikenessScale(Crowded("crowded@1"))
    assert scale.levels(True, True) == scale.levels(False, False)
    known = {"other other": [0.7, 0.8], "cjk other": [0.6, 0.7]}
    assert LikenessScale(Crowded("crowded@1"), known).levels(True, False) == Levels(0.6, 0.7)


def test_an_embedder_that_tells_nothing_apart_is_taken_as_it_is() -> None:
    assert LikenessScale(Blind("blind@1")).levels() == BUILT_IN_LEVELS
