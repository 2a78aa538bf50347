"""What comes into force: golden questions decide, deletions and permissions wait for nothing."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from fakes.application import make_app
from fakes.embedder import FakeEmbedder
from fakes.source import FakeSource
from sqlalchemy import func, select

from admin.checks.check import check
from api.app import App
from core.errors import ModelError, NotReadyError
from core.permissions import scope_of
from core.store.documents.reading import list_documents
from core.store.embedders import EmbedderEntry
from core.store.goldens import Golden, add_golden, last_verdicts
from core.store.sources import find_source, runs_of
from core.store.tables import SupersessionTable
from ingest.run.report import RunReport
from ingest.run.run import RunOptions
from llm.embedding.embedder import Embedder

PUMP = "The pump P-7 runs at 2900 revolutions per minute."
HOW_FAST = "At how many revolutions per minute does the pump P-7 run?"
EVERYBODY = scope_of(None)


class Desk:
    """An application over a source that knows what changed, and golden questions."""

    def __init__(self, folder: Path, database_url: str) -> None:
        self.folder = folder
        self.settings: dict[str, Any] = {"database_url": database_url}
        self.source = FakeSource(stamped=True)
        self.source.put("pump.md", f"# Pump P-7\n\n{PUMP} It weighs 41 kg.")
        for number in range(8):
            self.source.put(f"valve-{number}.md", f"# Valve V-{number}\n\nIt is tightened with {number} N·m.")
        self.app = self.open()

    def open(self, embedder: Embedder | None = None, gone: bool = False) -> App:
        """Return an application as another process would have it; `gone` if the old embedder is."""

        def reopen(entry: EmbedderEntry) -> Embedder:
            if gone:
                raise ModelError("the folder is not there")
            return FakeEmbedder(entry.model_id, entry.dimension)

        return make_app(self.folder, embedder, reopen=reopen, **self.settings)

    def ingest(self) -> RunReport:
        return self.app.ingestion.ingest(self.source)

    def golden(self, question: str = HOW_FAST, **wanted: Any) -> None:
        with self.app.database.writing() as session:
            golden = Golden(
                question=question, principals=frozenset({"public"}), documents=("pump.md",), answers=("2900",)
            )
            add_golden(session, replace(golden, **wanted))

    def change_everything(self, pump: str = "Written anew.") -> None:
        for name in list(self.source.files):
            self.source.put(name, f"# {name}\n\nWritten anew: {name}.")
        self.source.put("pump.md", f"# Pump P-7\n\n{pump}")
        self.source.put("new.md", "# New\n\nThe new manual of the bearing.")

    def says(self, question: str = HOW_FAST) -> str:
        return self.app.answerer.answer(question, EVERYBODY).text

    def found(self, question: str) -> set[str]:
        passages = self.app.searcher.search(question, EVERYBODY, 50).passages
        return {passage.uri.rpartition("/")[-1] for passage in passages}

    def findings(self) -> list[str]:
        report = check(self.app.database, self.app.indexes)
        return [finding.name for finding in report.findings]

    def states(self) -> dict[str, str]:
        with self.app.database.reading() as session:
            entries = list_documents(session, EVERYBODY, 0, 500)
        return {entry.uri.rpartition("/")[-1]: entry.state for entry in entries}


@pytest.fixture
def desk(tmp_path: Path, database_url: str) -> Iterator[Desk]:
    desk = Desk(tmp_path, database_url)
    desk.ingest()
    yield desk
    desk.app.close()


def test_without_golden_questions_everything_comes_into_force_at_once(desk: Desk) -> None:
    desk.change_everything()
    report = desk.ingest()
    assert (report.waiting, report.gate, report.is_clean) == (0, {}, True)
    assert "new.md" in desk.found("bearing")


def test_a_large_run_that_breaks_a_question_leaves_yesterday_in_force(desk: Desk) -> None:
    desk.golden()
    desk.change_everything()
    report = desk.ingest()
    assert report.waiting == 10
    assert not report.is_clean
    assert "1 of 1 golden questions would break" in report.suspicion
    assert HOW_FAST in report.suspicion
    assert [one["question"] for one in report.gate["broken"]] == [HOW_FAST]
    assert desk.says() == PUMP
    assert desk.found("tightened") >= {"valve-1.md"}
    assert "new.md" not in desk.found("new manual of the bearing")
    assert desk.states()["new.md"] == "held"
    assert desk.states()["pump.md"] == "searchable"
    with desk.app.database.reading() as session:
        [kept, *_] = runs_of(session, find_source(session, desk.source.uri).id)
        assert last_verdicts(session)["documents"]["passed"] is False
    assert (kept.state, kept.reason) == ("suspicious", report.suspicion)
    assert kept.report["gate"] == report.gate or kept.report["gate"]["passed"] is False
    assert desk.findings() == []


def test_a_large_run_under_which_the_questions_hold_comes_into_force(desk: Desk) -> None:
    desk.golden()
    desk.golden("Who won the chess tournament?", answers=(), documents=(), answerable=False)
    desk.change_everything(PUMP)
    report = desk.ingest()
    assert (report.waiting, report.is_clean, report.gate["passed"]) == (10, True, True)
    assert "new.md" in desk.found("bearing")
    texts = [one.text for one in desk.app.searcher.search("tightened N·m", EVERYBODY, 50).passages]
    assert not any("tightened" in text for text in texts)
    assert set(desk.states().values()) == {"searchable"}
    assert desk.findings() == []


def test_a_small_run_passes_by(desk: Desk) -> None:
    desk.settings["ingest"] = {"gate_share": 0.5}
    desk.app.close()
    desk.app = desk.open()
    desk.golden()
    desk.source.put("pump.md", "# Pump P-7\n\nNothing is known of it.")
    assert desk.ingest().waiting == 0
    assert desk.says() != PUMP


def test_a_question_that_did_not_hold_before_breaks_nothing(desk: Desk) -> None:
    desk.golden(answers=("3000",))
    desk.change_everything()
    report = desk.ingest()
    assert (report.gate["passed"], report.gate["holding"]) == (True, 0)


def test_as_many_may_break_as_the_settings_say(desk: Desk) -> None:
    desk.settings["ingest"] = {"golden_lost": 1}
    desk.app.close()
    desk.app = desk.open()
    desk.golden()
    desk.change_everything()
    assert desk.ingest().gate["passed"] is True


def test_deletions_and_permissions_pass_the_gate_at_once(desk: Desk) -> None:
    desk.golden()
    desk.change_everything()
    del desk.source.files["valve-0.md"]
    desk.source.put("valve-1.md", "# Valve\n\nWritten anew.", "group:field")
    report = desk.ingest()
    assert report.gate["passed"] is False
    assert desk.found("tightened valve") >= {"valve-2.md"}
    assert not desk.found("tightened valve") & {"valve-0.md", "valve-1.md"}
    secret = scope_of("ann", ("field",))
    [seen] = [
        one
        for one in desk.app.searcher.search("tightened", secret, 50).passages
        if one.uri.endswith("valve-1.md")
    ]
    assert "tightened with 1" in seen.text, "who may read it reads yesterday's version"


def test_waiting_documents_are_not_readable_and_outlive_no_deletion(desk: Desk) -> None:
    desk.golden()
    desk.change_everything()
    desk.ingest()
    assert desk.found("new manual bearing Written anew") & {"new.md"} == set()
    desk.source.files.clear()
    desk.source.put("pump.md", "# Pump P-7\n\nWritten anew.")
    desk.app.ingestion.ingest(desk.source)  # nine of ten vanish: the fuse keeps them
    desk.app.ingestion.ingest(desk.source, options=RunOptions(allow_deletions=True))
    assert desk.app.promotion.promote_documents() == 1
    desk.app.indexes.bring_up_to_date()
    assert desk.found("valve tightened Written anew") == {"pump.md"}
    assert desk.findings() == []


def test_what_waits_is_not_read_again_and_comes_into_force_when_mended(desk: Desk) -> None:
    desk.golden()
    desk.change_everything()
    desk.ingest()
    fetched = len(desk.source.fetched)
    again = desk.ingest()
    assert len(desk.source.fetched) == fetched
    assert (again.waiting, again.is_clean) == (0, True)
    desk.source.put("pump.md", f"# Pump P-7\n\n{PUMP}")
    mended = desk.ingest()
    assert (mended.waiting, mended.gate["passed"], mended.gate["waiting"]) == (1, True, 10)
    assert "new.md" in desk.found("bearing")


def test_a_person_may_promote_and_go_back(desk: Desk) -> None:
    desk.golden()
    desk.change_everything()
    desk.ingest()
    assert desk.app.promotion.promote_documents() == 10
    assert desk.says() != PUMP
    assert "new.md" in desk.found("bearing")
    assert desk.findings() == []
    desk.source.put("valve-3.md", "# Valve V-3\n\nChanged since, by hand.")
    desk.app.pipeline.ingest(desk.source)
    assert desk.app.promotion.roll_back_documents() >= 9
    assert desk.says() == PUMP
    assert desk.states()["new.md"] == "held"
    assert desk.findings() == []
    assert desk.app.ingestion.settle(documents=True) == [] or desk.says() == PUMP, "what was taken back waits"


def test_going_back_undoes_no_deletion(desk: Desk) -> None:
    desk.golden()
    desk.change_everything(PUMP)
    desk.ingest()
    del desk.source.files["valve-2.md"]
    desk.ingest()
    assert desk.app.promotion.roll_back_documents() == 9
    assert "valve-2.md" not in desk.found("valve tightened N·m") | set(desk.states())
    assert desk.findings() == []


def test_confirming_gives_up_the_former_versions(desk: Desk) -> None:
    desk.golden()
    desk.change_everything(PUMP)
    desk.ingest()
    assert desk.app.promotion.confirm() == (9, 0)
    assert desk.app.promotion.roll_back_documents() == 0
    assert desk.findings() == []


def test_what_a_killed_run_left_behind_the_gate_stays_there(desk: Desk) -> None:
    desk.golden()
    desk.change_everything()
    desk.app.pipeline.ingest(desk.source)  # and the process dies before the questions are asked
    assert desk.says() == PUMP
    desk.app.close()
    desk.app = desk.open()
    assert desk.says() == PUMP
    [verdict] = desk.app.ingestion.settle(documents=True)
    assert not verdict.passed


def new_model() -> FakeEmbedder:
    return FakeEmbedder("fake@2", 32)


def test_another_embedder_serves_only_when_every_chunk_has_its_vector(desk: Desk) -> None:
    desk.golden()
    desk.app.close()
    broken = new_model()
    broken.broken = True
    desk.app = desk.open(broken)
    assert desk.says() == PUMP
    with pytest.raises(ModelError):
        desk.app.embedder_promotion.judge()
    assert (desk.app.indexes.embedder.model_id, desk.says()) == ("fake@1", PUMP)
    assert desk.findings() == []
    desk.app.close()
    desk.app = desk.open(new_model())
    embedded_counts: list[int] = []
    verdict = desk.app.embedder_promotion.judge(lambda embedded, total: embedded_counts.append(embedded))
    assert verdict is not None
    assert verdict.passed
    assert sum(embedded_counts) == verdict.waiting
    assert (desk.app.indexes.embedder.model_id, desk.says()) == ("fake@2", PUMP)
    assert desk.findings() == []
    assert desk.app.embedder_promotion.judge() is None


def test_a_build_that_was_cut_off_goes_on_where_it_was(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("retrieval.follow.reembedding._CHUNKS_AT_ONCE", 4)
    desk.app.close()
    first = new_model()
    first.break_after(1)
    desk.app = desk.open(first)
    with pytest.raises(ModelError):
        desk.app.embedder_promotion.judge()
    assert (desk.app.indexes.embedder.model_id, desk.says()) == ("fake@1", PUMP)
    desk.app.close()
    second = new_model()
    desk.app = desk.open(second)
    verdict = desk.app.embedder_promotion.judge()
    assert verdict is not None
    assert len(set(second.texts) & set(first.texts)) == 0
    assert desk.findings() == []


def test_documents_that_come_meanwhile_are_searched_by_the_old_and_then_by_the_new(desk: Desk) -> None:
    other = desk.open(new_model())
    desk.source.put("late.md", "# Late\n\nThe gasket is green.")
    assert other.embedder_promotion.judge() is not None
    desk.app.pipeline.ingest(desk.source)  # begun before it heard of the new one, for all it knows
    desk.ingest()
    assert "late.md" in desk.found("gasket")
    assert desk.app.indexes.embedder.model_id == "fake@2", "a running process hears of the switch"
    assert desk.findings() == []
    other.close()


def test_an_embedder_under_which_a_question_breaks_is_kept_back(desk: Desk) -> None:
    class Blind(FakeEmbedder):
        """Finds what it is not asked for, and knows no likeness."""

        def embed(self, texts: Any) -> Any:
            rows = super().embed(texts)
            return rows[::-1].copy()

    desk.golden()
    desk.settings["retrieval"] = {"dense_weight": 1.0, "passages": 1}
    desk.app.close()
    desk.app = desk.open(Blind("blind@1", 32))
    assert desk.says() == PUMP
    [verdict] = desk.app.ingestion.settle(documents=True)
    assert not verdict.passed
    assert "the new embedder did not come into force" in verdict.as_text()
    assert (desk.app.indexes.embedder.model_id, desk.says()) == ("fake@1", PUMP)
    assert desk.app.embedder_promotion.promote()
    assert desk.app.indexes.embedder.model_id == "blind@1"
    assert desk.app.embedder_promotion.roll_back() == "fake@1"
    assert (desk.app.indexes.embedder.model_id, desk.says()) == ("fake@1", PUMP)
    assert desk.app.ingestion.settle(documents=True) == [], (
        "what a person took back is not tried again by itself"
    )
    assert desk.findings() == []


def test_only_one_former_embedder_is_kept(desk: Desk) -> None:
    for number in (2, 3):
        desk.app.close()
        desk.app = desk.open(FakeEmbedder(f"fake@{number}", 32))
        desk.app.embedder_promotion.promote()
    versions, vectors = desk.app.promotion.confirm()
    assert (versions, vectors) == (0, 9)
    with pytest.raises(NotReadyError):
        desk.app.embedder_promotion.roll_back()
    assert desk.findings() == []


def test_where_the_old_embedder_is_gone_searches_go_by_words_until_the_new_one_serves(desk: Desk) -> None:
    desk.app.close()
    desk.app = desk.open(new_model(), gone=True)
    assert desk.found("pump P-7") >= {"pump.md"}
    verdict = desk.app.embedder_promotion.judge()
    assert verdict is not None
    assert verdict.passed
    assert desk.says() == PUMP


def test_only_the_index_in_force_is_on_the_disk(desk: Desk) -> None:
    def indexes() -> list[str]:
        return sorted(path.name for path in (desk.folder / "index").glob("dense*") if path.is_dir())

    before = indexes()
    desk.app.close()
    desk.app = desk.open(new_model())
    assert desk.app.embedder_promotion.judge() is not None
    assert len(before) == len(indexes()) == 1
    assert before != indexes()
    desk.app.embedder_promotion.roll_back()
    desk.app.indexes.bring_up_to_date()
    assert indexes() == before
    assert desk.findings() == []


def test_what_waits_takes_the_place_of_nothing_yet(desk: Desk) -> None:
    def successions() -> int:
        with desk.app.database.reading() as session:
            return session.scalar(select(func.count()).select_from(SupersessionTable)) or 0

    desk.golden()
    desk.change_everything()
    desk.source.put("valve-1.md", "---\nsupersedes: [pump.md]\n---\n\n# Valve\n\nWritten anew.")
    desk.ingest()
    assert successions() == 0
    desk.app.promotion.promote_documents()
    assert successions() == 1
    desk.app.promotion.roll_back_documents()
    assert successions() == 0
