"""Two legs: each embeds its languages, finds by its own vectors, and forgets what is deleted."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from integration.retrieval.legs.bench import ASKED_IN_CHINESE, CHINESE, ENGLISH, LEG, Bench, ChineseEmbedder

from admin.checks.check import check
from admin.checks.truth import expected
from admin.erasure import erase_document, still_there
from core.permissions import scope_of
from core.text.labels import SearchFilter
from core.values.notices import BY_WORDS_ONLY, LEG_MISSING

IN_ENGLISH = "When is the bearing of the pump replaced?"


@pytest.fixture
def bench(tmp_path: Path) -> Iterator[Bench]:
    bench = Bench(tmp_path)
    bench.app.close()
    bench.open(ChineseEmbedder())
    bench.ingest()
    yield bench
    bench.app.close()


def findings(bench: Bench) -> list[str]:
    app = bench.app
    wanted = expected(app.database, app.indexes.models, app.life)
    return [finding.name for finding in check(app.database, app.indexes, deep=wanted).findings]


def test_each_leg_has_the_vectors_of_all_chunks_and_an_index_of_its_own(bench: Bench) -> None:
    assert bench.vectors() == {"fake@1": 2, "chinese@1": 2}
    assert bench.held() == {"dense": 2, f"dense {LEG}": 2, "lexical": 2}
    assert findings(bench) == []


def test_a_leg_that_embeds_one_language_has_the_vectors_of_its_chunks_alone(tmp_path: Path) -> None:
    bench = Bench(tmp_path)
    bench.app.close()
    bench.open(ChineseEmbedder(), "zh")
    bench.ingest()
    assert bench.vectors() == {"fake@1": 2, "chinese@1": 1}
    assert bench.held() == {"dense": 2, f"dense {LEG}": 1, "lexical": 2}
    assert bench.by_meaning(ASKED_IN_CHINESE) == ["beng.md"]
    assert findings(bench) == []
    bench.app.close()


def test_a_question_in_one_language_finds_documents_in_the_other(bench: Bench) -> None:
    assert bench.by_meaning(ASKED_IN_CHINESE) == ["beng.md", "pump.md"]
    assert bench.by_meaning(IN_ENGLISH) == ["pump.md", "beng.md"]
    bench.app.close()
    bench.open(None, first="fake@1")
    assert set(bench.app.indexes.models.in_force()) == {"", LEG}, "what is in force is not a setting"


def test_search_in_every_leg_stays_inside_the_scope_and_the_filter(bench: Bench) -> None:
    bench.source.put("secret.md", "Ann replaced the bearing of her pump after nine hours.", "user:ann")
    bench.ingest()
    assert "secret.md" not in bench.by_meaning(ASKED_IN_CHINESE)
    assert "secret.md" in bench.by_meaning(ASKED_IN_CHINESE, "ann")
    for follower in bench.app.indexes.followers().values():
        with follower.index() as index:
            assert len(index.allowed(scope_of(None))) == 2
    only = SearchFilter(languages=frozenset({"zh"}))
    found = bench.app.searcher.search(ASKED_IN_CHINESE, scope_of(None), 10, within=only).passages
    assert [passage.text for passage in found] == [CHINESE]


def test_deleted_document_leaves_every_leg(bench: Bench) -> None:
    del bench.source.files["beng.md"]
    bench.ingest()
    assert bench.vectors() == {"fake@1": 1, "chinese@1": 1}
    assert bench.held() == {"dense": 1, f"dense {LEG}": 1, "lexical": 1}
    assert bench.by_meaning(ASKED_IN_CHINESE) == ["pump.md"]


def test_erased_document_leaves_every_leg_and_the_receipt_names_each(bench: Bench) -> None:
    app = bench.app
    receipt = erase_document(app.database, app.indexes, f"{bench.source.uri}/pump.md")
    assert set(receipt.indexes) == {"dense", f"dense {LEG}", "lexical"}
    assert (receipt.vectors, still_there(app.database, app.indexes, receipt)) == (2, {})
    assert bench.held() == {"dense": 1, f"dense {LEG}": 1, "lexical": 1}


def test_changed_document_is_embedded_once_by_each_leg(bench: Bench) -> None:
    leg = ChineseEmbedder()
    bench.app.close()
    bench.open(leg)
    bench.source.put("pump.md", f"{ENGLISH} It is red.")
    bench.ingest()
    assert [text.endswith("It is red.") for text in leg.texts] == [True]
    assert bench.vectors() == {"fake@1": 2, "chinese@1": 2}


def test_a_leg_whose_server_is_down_is_left_out_with_a_notice(bench: Bench) -> None:
    leg = bench.app.indexes.models.chosen[LEG].embedder
    assert isinstance(leg, ChineseEmbedder)
    leg.down = True
    found = bench.app.searcher.search(IN_ENGLISH, scope_of(None), 10)
    assert (found.notices, found.passages[0].text) == ((LEG_MISSING,), ENGLISH)
    alone = bench.app.searcher.search("轴承", scope_of(None), 10)
    assert (alone.notices, [one.text for one in alone.passages]) == ((BY_WORDS_ONLY,), [CHINESE])


def test_indexes_of_all_legs_are_built_from_a_restored_database(bench: Bench) -> None:
    before = bench.by_meaning(ASKED_IN_CHINESE)
    bench.app.close()
    shutil.rmtree(bench.folder / "index")
    bench.open(ChineseEmbedder())
    assert bench.held() == {"dense": 2, f"dense {LEG}": 2, "lexical": 2}
    assert bench.by_meaning(ASKED_IN_CHINESE) == before
    assert findings(bench) == []


def test_a_leg_that_was_cut_off_before_it_was_saved_catches_up(bench: Bench) -> None:
    bench.source.put("more.md", "The old pump is blue, and its bearing is replaced in spring.")
    bench.app.pipeline.ingest(bench.source)  # and no index is written
    bench.app.close()
    bench.open(ChineseEmbedder())
    assert bench.held() == {"dense": 3, f"dense {LEG}": 3, "lexical": 3}
    assert "more.md" in bench.by_meaning(ASKED_IN_CHINESE)
    assert findings(bench) == []


def test_a_damaged_index_of_a_leg_is_named_and_repaired(bench: Bench) -> None:
    with bench.app.indexes.followers()[f"dense {LEG}"].index() as index:
        index.replace([1, 2], [])
    assert findings(bench)[0] == f"the dense {LEG} index differs from the database"
    assert check(bench.app.database, bench.app.indexes, repair=True).findings == ()
