import pytest

from api.answer_text import answer_text
from core.values.answers import Answer, AnswerSentence, Citation
from core.values.forms import AnswerBlock, AnswerItem, BlockForm

QUOTE = "It runs at 2900 rpm."
LONG = "The lid of the tank stays closed until the pressure gauge on the left shows less than two bar."
CHINESE = "压力表显示低于两巴之前不得打开罐盖。" * 5


def shown(before: str, after: str) -> str:
    citation = Citation(
        document_id=1,
        uri="folder:pump.md",
        title="Pump",
        version=1,
        page=None,
        span=(0, len(QUOTE)),
        quote=QUOTE,
        before=before,
        after=after,
    )
    answer = Answer(text="", sentences=(), citations=(citation,), refused=False, reason="", confidence=0.9)
    return answer_text(answer).splitlines()[-1].strip()


@pytest.mark.parametrize(
    ("before", "after", "expected"),
    [
        ("", "", f"“{QUOTE}”"),
        ("Read this.", "Then stop.", f"… Read this. “{QUOTE}” Then stop. …"),
        (
            LONG,
            LONG,
            "… the pressure gauge on the left shows less than two bar. "
            f"“{QUOTE}” The lid of the tank stays closed until the pressure gauge on …",
        ),
        (CHINESE, CHINESE, f"… {CHINESE[-60:]} “{QUOTE}” {CHINESE[:60]} …"),
    ],
)
def test_what_is_beside_a_quote_ends_with_whole_words(before: str, after: str, expected: str) -> None:
    assert shown(before, after) == expected


def test_a_refusal_shows_the_nearest_sections_with_what_fits_marked() -> None:
    found = Citation(
        document_id=1,
        uri="folder:pump.md",
        title="Pump",
        version=1,
        page=None,
        span=(0, 38),
        quote="It runs at 2900 rpm.\nThe paint is green.",
        section="Data",
        columns="Part | Value",
        marks=((0, 20),),
    )
    answer = Answer(
        text="", sentences=(), citations=(), refused=True, reason="Unknown.", confidence=0.1, found=(found,)
    )
    assert answer_text(answer).splitlines() == [
        "Unknown.",
        "",
        "This comes nearest:",
        "",
        "[1] Pump, “Data”, version 1",
        "    folder:pump.md",
        "    Part | Value",
        "    **It runs at 2900 rpm.**",
        "    The paint is green.",
    ]


def test_a_source_that_was_found_for_a_sentence_is_told_from_one_that_the_model_named() -> None:
    citation = Citation(
        document_id=1,
        uri="folder:pump.md",
        title="Pump",
        version=1,
        page=None,
        span=(0, len(QUOTE)),
        quote=QUOTE,
    )
    said = (
        AnswerSentence("It runs.", (0,)),
        AnswerSentence("It is green.", (0,), attributed=True),
        AnswerSentence("Oil it.", (0,), attributed=True),
    )
    blocks = (
        AnswerBlock(kind=BlockForm.PARAGRAPH, text="It runs. It is green.", citations=(0,), sentences=(0, 1)),
        AnswerBlock(kind=BlockForm.LIST, text="", items=(AnswerItem("Oil it.", (0,)),), sentences=(2,)),
    )
    answer = Answer(
        text="",
        sentences=said,
        citations=(citation,),
        refused=False,
        reason="",
        confidence=0.9,
        blocks=blocks,
    )
    first, item, legend, *_ = answer_text(answer).splitlines()
    assert (first, item) == ("It runs. [1] It is green. [1]°", "  - Oil it. [1]°")
    assert legend.startswith("° The chat model named no source for this")


@pytest.mark.parametrize(
    ("confidence", "shown"),
    [
        (0.42, ["This may not answer the question (confidence 0.42); see what its sources say."]),
        (0.5, []),
    ],
)
def test_an_uncertain_answer_says_so(confidence: float, shown: list[str]) -> None:
    answer = Answer(text=QUOTE, sentences=(), citations=(), refused=False, reason="", confidence=confidence)
    assert [line for line in answer_text(answer).splitlines() if line] == shown
