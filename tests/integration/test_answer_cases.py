"""Answers to small documents that were once answered wrongly, with the real embedder.

What is expected of each stands in its README; a sentence of a neighbouring thing is worse than no answer.
Beside each case stand relatives with other words, in both languages, in `answer_cases.json`.
"""

import json
import os
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from fakes.application import make_app

from api.app import App
from core.permissions import PUBLIC, scope_of
from core.settings import load_settings
from core.values.answers import Answer
from ingest.connectors.folder import FolderSource
from llm.embedding.embedder import Embedder
from llm.embedding.opening import open_embedder
from retrieval.answer import Answerer

ROOT = Path(__file__).parents[2]
RELATIVES = json.loads(Path(__file__).with_name("answer_cases.json").read_text("utf-8"))
CASES = Path(os.environ.get("VADE_DATA", ROOT / ".." / "shared" / "data")) / "cases"
STORY = (
    "Good morning, this is the packing hall, line 2. Since the night shift took over we have had nothing but "
    "trouble with the label printer next to the conveyor. First we thought that it was the network again, "
    "because last month somebody had pulled the cable, but the lamp on the switch is green. Then Petra tried "
    "the firmware update that was sent round by mail, and after about half of the bar it stopped and the "
    "display now shows fault 0x80070643. We have switched it off and on twice. What should we do?"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    folder: str
    question: str
    says: tuple[str, ...] = ()
    """All of these stand in the answer; none: the question is refused."""
    not_says: tuple[str, ...] = ()


REPEAT = "How often must the shaft seal of the Mixer {} be greased?"
CLOSED = "Who closed session 1e6e79b8-8543-4867-ac22-6c9827d272c{}?"
RIGHT = [
    Case(folder="citation_repeat", question=REPEAT.format("M10"), says=("200 hours",), not_says=("350",)),
    Case(folder="citation_repeat", question=REPEAT.format("M30"), says=("200 hours",), not_says=("350",)),
    Case(folder="citation_repeat", question=REPEAT.format("M50"), says=("350 hours",), not_says=("200",)),
    Case(
        folder="citation_repeat",
        question="How often is the drive bearing of the RC30 greased?",
        says=("275 hours",),
        not_says=("150 hours", "390 hours"),
    ),
    Case(
        folder="negation",
        question="Above which area are drone flights not permitted?",
        says=("tank field",),
        not_says=("yard A",),
    ),
    Case(folder="negation", question="Who may not fly the drone?", says=("visitors",), not_says=("trained",)),
    Case(folder="negation", question="Who may fly the drone?", says=("trained",), not_says=("visitors",)),
    Case(
        folder="negation",
        question="Above which yards are drone flights permitted?",
        says=("yard A", "yard B"),
        not_says=("tank field",),
    ),
    Case(
        folder="code_hyphen",
        question="What is problem report PPR-9087 about?",
        says=("inverter",),
        not_says=("belt", "keypad"),
    ),
    Case(
        folder="code_hyphen",
        question="What is problem report PPR-908 about?",
        says=("belt",),
        not_says=("inverter", "keypad"),
    ),
    Case(folder="code_hyphen", question="PPR-1777", says=("fan",), not_says=("door", "display")),
    Case(folder="code_hyphen", question="What is problem report PPR-9088 about?"),
    Case(folder="code_hyphen", question=CLOSED.format(5), says=("watchdog",), not_says=("the user",)),
    Case(folder="code_hyphen", question=CLOSED.format(6), says=("the user",), not_says=("watchdog",)),
    Case(
        folder="zh_pdf_codes", question="AL-17 是什么报警？", says=("油位过低",), not_says=("AL-07", "AL-70")
    ),
    Case(folder="zh_pdf_codes", question="ＡＬ－１７ 是什么报警？", says=("油位过低",), not_says=("AL-07",)),
    Case(folder="zh_pdf_codes", question="AL-71 是什么报警？"),
    Case(
        folder="long_question", question=STORY, says=("paper tray", "Close the tray"), not_says=("cancelled",)
    ),
    Case(
        folder="docx_numbering",
        question="What is step 3 of the restart?",
        says=("circulation pump",),
        not_says=("fan", "burette"),
    ),
    Case(
        folder="docx_numbering",
        question="What is step 4 of the calibration of the dosing pump?",
        says=("stroke factor",),
        not_says=("burette",),
    ),
    Case(
        folder="list_across_pages",
        question="Which conditions must hold before entry into a confined space?",
        says=("oxygen content", "agitator", "second person", "rescue tripod", "signed by the shift leader"),
        not_says=("The permit ends",),
    ),
    Case(
        folder="list_across_pages",
        question="List the five conditions for entry into a confined space.",
        says=("oxygen content", "agitator", "second person", "rescue tripod", "signed by the shift leader"),
        not_says=("The permit ends",),
    ),
    Case(
        folder="html_rowspan",
        question="What does Tanaka supervise, and how many people work there?",
        says=("Primer", "Late shift People: 4"),
        not_says=("Novak", "Rossi"),
    ),
    Case(folder="zh_over_en", question="EX-120 的主电机功率是多少？", says=("250 kW",), not_says=("120 mm",)),
    Case(folder="zh_over_en", question="EX-90 的保修期是多久？", says=("24 months",), not_says=("kW",)),
    Case(folder="zh_over_en", question="挤出机开机前要预热多久？", says=("90 minutes",)),
    Case(
        folder="long_question",
        question="Fault 0x80070643 during firmware update",
        says=("paper tray",),
        not_says=("cancelled",),
    ),
]


@pytest.fixture(scope="module")
def embedder(tmp_path_factory: pytest.TempPathFactory) -> Embedder:
    return open_embedder(load_settings(tmp_path_factory.mktemp("settings")).llm)


@pytest.fixture(scope="module")
def answerer_over(
    tmp_path_factory: pytest.TempPathFactory, embedder: Embedder
) -> Iterator[Callable[[Path], Answerer]]:
    opened: list[App] = []

    @cache
    def over(folder: Path) -> Answerer:
        app = make_app(tmp_path_factory.mktemp(folder.parent.name), embedder)
        opened.append(app)
        app.ingestion.ingest(FolderSource(folder, frozenset({PUBLIC}), 10**8))
        return app.answerer

    yield over
    for app in opened:
        app.close()


def check(answer: Answer, says: Sequence[str], not_says: Sequence[str]) -> None:
    assert answer.refused is not bool(says), answer.text
    assert [text for text in says if text not in answer.text] == []
    assert [text for text in not_says if text in answer.text] == []


@pytest.mark.parametrize("case", RIGHT, ids=lambda case: f"{case.folder}: {case.question[:48]}")
def test_a_case_is_answered_rightly(case: Case, answerer_over: Callable[[Path], Answerer]) -> None:
    folder = CASES / case.folder / "in"
    if not folder.is_dir():
        pytest.skip(f"{folder} is absent; set VADE_DATA to the folder that holds the cases")
    check(answerer_over(folder).answer(case.question, scope_of(None)), case.says, case.not_says)


@pytest.mark.parametrize("relatives", RELATIVES, ids=lambda relatives: str(relatives["case"]))
def test_the_relatives_of_a_case_are_answered_rightly(
    relatives: dict[str, Any], answerer_over: Callable[[Path], Answerer], tmp_path: Path
) -> None:
    for name, text in relatives["files"].items():
        (tmp_path / name).write_text(text, "utf-8")
    answerer = answerer_over(tmp_path)
    for asked in relatives["asked"]:
        check(answerer.answer(asked["question"], scope_of(None)), asked["says"], asked["not_says"])
