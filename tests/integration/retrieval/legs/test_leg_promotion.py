"""A leg comes into force, changes and goes away alone, while the other legs stay as they are."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from fakes.embedder import FakeEmbedder
from integration.retrieval.legs.bench import ASKED_IN_CHINESE, LEG, Bench, ChineseEmbedder

from admin.checks.check import check
from admin.checks.truth import expected
from core.errors import ModelError, NotReadyError
from core.store.goldens import Golden, add_golden
from llm.embedding.embedder import Emphasis, Vectors

GOLDEN = Golden(
    question="When is the bearing of the pump replaced?",
    principals=frozenset({"public"}),
    documents=("pump.md",),
    answers=("ten thousand hours",),
)


@pytest.fixture
def bench(tmp_path: Path) -> Iterator[Bench]:
    """Yield a data folder with documents and one leg."""
    bench = Bench(tmp_path)
    bench.ingest()
    yield bench
    bench.app.close()


def named(bench: Bench) -> list[str]:
    app = bench.app
    wanted = expected(app.database, app.indexes.models, app.life)
    return [finding.name for finding in check(app.database, app.indexes, deep=wanted).findings]


def dense_folders(bench: Bench) -> int:
    return sum(path.is_dir() for path in (bench.folder / "index").glob("dense*"))


def test_one_leg_is_as_it_was(bench: Bench) -> None:
    assert bench.vectors() == {"fake@1": 2}
    assert bench.held() == {"dense": 2, "lexical": 2}
    assert named(bench) == []


def test_leg_added_to_a_running_installation_comes_into_force_once_it_is_complete(bench: Bench) -> None:
    first, leg = bench.app.indexes.embedder, ChineseEmbedder()
    bench.app.close()
    bench.open(leg)
    assert set(bench.held()) == {"dense", "lexical"}
    assert named(bench) == ["a leg of the settings is not in force"]
    [verdict] = bench.app.embedder_promotion.judge_all()
    assert (verdict.subject, verdict.passed, verdict.waiting) == (f"leg {LEG}", True, 2)
    assert (bench.vectors(), len(leg.texts)) == ({"fake@1": 2, "chinese@1": 2}, 2)
    assert isinstance(first, FakeEmbedder)
    assert bench.held() == {"dense": 2, f"dense {LEG}": 2, "lexical": 2}
    assert bench.by_meaning(ASKED_IN_CHINESE) == ["beng.md", "pump.md"]
    assert (bench.app.embedder_promotion.judge_all(), named(bench)) == ([], [])


def test_build_of_a_leg_that_is_cut_off_goes_on_where_it_stopped(bench: Bench) -> None:
    leg = ChineseEmbedder()
    leg.break_after(0)
    bench.app.close()
    bench.open(leg)
    with pytest.raises(ModelError):
        bench.app.embedder_promotion.judge_all()
    assert set(bench.held()) == {"dense", "lexical"}
    bench.app.close()
    bench.open(ChineseEmbedder())
    assert [verdict.passed for verdict in bench.app.embedder_promotion.judge_all()] == [True]
    assert named(bench) == []


class Contrary(ChineseEmbedder):
    """Finds what is least like a question."""

    def embed_question(self, question: str, emphasis: Emphasis) -> Vectors:
        return -super().embed_question(question, emphasis)


def test_leg_that_breaks_a_golden_question_does_not_come_into_force(bench: Bench) -> None:
    bench.app.close()
    bench.settings["retrieval"] = {"passages": 1, "dense_weight": 1.0}
    bench.open(Contrary("chinese@3"), weight=1.0)
    with bench.app.database.writing() as session:
        add_golden(session, GOLDEN)
    assert [trial.broken for trial in bench.app.promotion.trials()] == [""]
    [verdict] = bench.app.embedder_promotion.judge_all()
    assert (verdict.passed, [one.question for one in verdict.broken]) == (False, [GOLDEN.question])
    assert set(bench.held()) == {"dense", "lexical"}
    assert dense_folders(bench) == 1
    assert bench.app.embedder_promotion.promote(leg=LEG), "a person may"
    assert [bool(trial.broken) for trial in bench.app.promotion.trials()] == [True]


def test_leg_that_the_settings_do_not_name_is_removed_with_its_vectors(bench: Bench) -> None:
    bench.app.close()
    bench.open(ChineseEmbedder()).embedder_promotion.judge_all()
    bench.app.close()
    bench.open()
    assert f"dense {LEG}" in bench.held(), "it serves until the next build"
    [verdict] = bench.app.embedder_promotion.judge_all()
    assert verdict.as_text().startswith(f"the search without the leg {LEG} came into force")
    assert (bench.vectors(), bench.held()) == ({"fake@1": 2}, {"dense": 2, "lexical": 2})
    assert (dense_folders(bench), named(bench)) == (1, [])


def test_another_model_of_a_leg_is_promoted_alone_and_rolled_back_alone(bench: Bench) -> None:
    bench.app.close()
    bench.open(ChineseEmbedder()).embedder_promotion.judge_all()
    bench.app.close()
    bench.open(ChineseEmbedder("chinese@2", 32))
    assert bench.app.embedder_promotion.promote(leg=LEG)
    in_force = bench.app.indexes.models.in_force()
    assert [model.entry.model_id for model in in_force.values()] == ["fake@1", "chinese@2"]
    assert bench.vectors() == {"fake@1": 2, "chinese@1": 2, "chinese@2": 2}
    assert bench.app.embedder_promotion.roll_back(leg=LEG) == "chinese@1"
    assert bench.app.embedder_promotion.judge_all() == [], "a person took it back"
    assert bench.app.promotion.confirm() == (0, 0)
    with pytest.raises(NotReadyError):
        bench.app.embedder_promotion.roll_back()


def test_leg_that_never_had_another_model_is_rolled_back_to_none(bench: Bench) -> None:
    bench.app.close()
    bench.open(ChineseEmbedder()).embedder_promotion.judge_all()
    assert bench.app.embedder_promotion.roll_back(leg=LEG) == ""
    assert set(bench.held()) == {"dense", "lexical"}
    assert bench.app.embedder_promotion.promote(leg=LEG)
    assert bench.held()[f"dense {LEG}"] == 2


def test_other_languages_of_a_leg_need_no_gate(bench: Bench) -> None:
    bench.app.close()
    bench.open(ChineseEmbedder(), "zh").embedder_promotion.judge_all()
    assert bench.held()[f"dense {LEG}"] == 1
    for languages, number in (((), 2), (("zh",), 1), (("en", "zh"), 2)):
        bench.app.close()
        bench.open(ChineseEmbedder(), *languages)
        assert bench.app.embedder_promotion.judge_all() == []
        assert bench.vectors() == {"fake@1": 2, "chinese@1": number}
        assert bench.held()[f"dense {LEG}"] == number
    assert named(bench) == []


def test_first_embedder_is_changed_alone(bench: Bench) -> None:
    bench.app.close()
    bench.open(ChineseEmbedder()).embedder_promotion.judge_all()
    leg = ChineseEmbedder()
    bench.app.close()
    bench.open(leg, first="fake@2")
    assert [verdict.subject for verdict in bench.app.embedder_promotion.judge_all()] == ["embedder"]
    assert bench.vectors() == {"fake@1": 2, "fake@2": 2, "chinese@1": 2}
    assert leg.texts == [] or all(len(text) < 200 for text in leg.texts)
    assert bench.app.embedder_promotion.roll_back() == "fake@1"
    assert f"dense {LEG}" in bench.held()


def test_promotion_of_a_leg_that_is_not_in_the_settings_is_refused(bench: Bench) -> None:
    with pytest.raises(NotReadyError, match="no leg 'other'"):
        bench.app.embedder_promotion.promote(leg="other")


def test_two_legs_with_one_model_are_refused(bench: Bench) -> None:
    bench.app.close()
    with pytest.raises(ModelError, match="the embedder of another leg"):
        bench.open(FakeEmbedder("fake@1"))
    bench.open()
