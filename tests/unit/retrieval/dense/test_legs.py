"""The portions of several legs in the score of a chunk, by the languages of question and chunk."""

from types import SimpleNamespace
from typing import Any

import pytest

from core.values.search import Hit
from llm.embedding.likeness import BUILT_IN_LEVELS, Levels
from retrieval.dense.legs import moved, portions
from retrieval.fusion import Leg, fuse

ENGLISH, CHINESE = "When is it replaced?", "什么时候更换？"


def leg(name: str = "", weight: float = 1.0, cjk: bool = False, languages: tuple[str, ...] = ()) -> Any:
    """Return what the weights of a leg depend on."""
    entry = SimpleNamespace(
        leg=name, weight=weight, embeds=lambda language: not languages or language in languages
    )
    levels = {False: Levels(0.75, 0.85), True: Levels(0.65, 0.85)}
    likeness = SimpleNamespace(levels=lambda _, passage_cjk: levels[passage_cjk], is_built_in=not name)
    embedder = SimpleNamespace(tokenizer=SimpleNamespace(reads_cjk=cjk))
    return SimpleNamespace(entry=entry, embedder=embedder, likeness=likeness)


@pytest.mark.parametrize(
    ("question", "language", "languages", "wanted"),
    [
        (ENGLISH, "en", (), [0.6, 0.4]),
        (ENGLISH, "", (), [0.6, 0.4]),
        (ENGLISH, "zh", (), [0.0, 1.0]),
        (CHINESE, "zh", (), [0.0, 1.0]),
        (CHINESE, "en", (), [0.0, 1.0]),
        (ENGLISH, "en", ("zh",), [1.0, 0.0]),
        (ENGLISH, "zh", ("zh",), [0.0, 1.0]),
        (CHINESE, "en", ("zh",), [0.0, 0.0]),
    ],
)
def test_portions_by_languages(
    question: str, language: str, languages: tuple[str, ...], wanted: list[float]
) -> None:
    legs = [leg(), leg("multi", 0.4, cjk=True, languages=languages)]
    assert portions(question, legs, language) == pytest.approx(wanted)


def test_portions_of_three_legs_make_one() -> None:
    legs = [leg(), leg("a", 0.3), leg("b", 0.5, cjk=True)]
    assert portions(ENGLISH, legs, "en") == pytest.approx([0.2, 0.3, 0.5])
    assert portions(ENGLISH, legs[:2], "zh") == pytest.approx([0.7, 0.3]), "none reads it, so all count"
    mixed = portions("更换 pump", legs, "en")
    assert sum(mixed) == pytest.approx(1.0)
    assert mixed[2] > 0.5


def test_scores_are_moved_by_the_script_of_the_chunk_and_smoothing_counts_in() -> None:
    hits = [Hit(1, 1.5 * 0.85), Hit(2, 1.5 * 0.85), Hit(3, 1.5 * 0.65)]
    languages = {1: "en", 2: "zh", 3: "zh"}
    found = moved(False, leg("multi", cjk=True), hits, languages)
    related, unrelated = 1.5 * BUILT_IN_LEVELS.related, 1.5 * BUILT_IN_LEVELS.unrelated
    assert [one.score for one in found] == pytest.approx([related, related, unrelated])


def test_built_in_embedder_is_not_moved() -> None:
    assert moved(False, leg(), [Hit(1, 0.4)], {}) == [Hit(1, 0.4)]


def test_portion_of_a_leg_counts_in_the_fusion() -> None:
    whole = Leg([Hit(1, 1.0), Hit(2, 0.9)], 1.0)
    shared = Leg([Hit(1, 1.0), Hit(2, 0.9)], 1.0, portions={1: 0.2})
    assert [hit.chunk_id for hit in fuse([whole])] == [1, 2]
    assert [hit.chunk_id for hit in fuse([shared])] == [2, 1]
