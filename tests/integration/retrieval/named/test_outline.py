"""A document asked for by name is shown by its head, its sections and its key rows."""

from collections.abc import Iterator

import pytest
from fakes.application import make_app
from fakes.generator import FakeGenerator
from fakes.source import FakeSource

from api.app import App
from core.permissions import scope_of
from core.values.answers import Answer
from core.values.notices import OUTLINE_CUT, SUMMARY_NEEDS_MODEL
from retrieval.answer import Answerer

REPORT = """# IR-77 Pressure loss

| Field | Value |
|---|---|
| Revision | 2 |
| Owner | M. Tolland |

## Summary

The filler stopped seven times. Nobody was hurt.

## Events

| Time | Event |
|---|---|
| 09:12 | First stop |
| 12:40 | Last stop |

## Cost

| Item | Amount |
|---|---|
| Lost output | EUR 4,340 |
| Seal kits | EUR 2,180 |
| Total | EUR 6,520 |
"""
MANUAL = "# MA-50 Manual\n\n" + "".join(
    f"## Chapter {number}\n\n| Part | Torque |\n|---|---|\n| Bolt {number} | {number} N·m |\n\n"
    for number in range(1, 40)
)


@pytest.fixture(scope="module")
def app(tmp_path_factory: pytest.TempPathFactory) -> Iterator[App]:
    app = make_app(tmp_path_factory.mktemp("data"))
    source = FakeSource()
    source.put("IR-77.md", REPORT)
    source.put("MA-50.md", MANUAL)
    source.put("mail.md", "# Mail\n\nHave you read IR-77? IR-77 is on the shelf.")
    source.put("IR-99.md", REPORT.replace("IR-77", "IR-99"), "group:board")
    app.ingestion.ingest(source)
    yield app
    app.close()


def shown(app: App, question: str, *groups: str) -> Answer:
    return app.answerer.answer(question, scope_of("ann", groups))


@pytest.mark.parametrize("question", ["Summarize the report IR-77", "IR-77", "What does IR-77 say?"])
def test_head_sections_and_key_rows_are_shown(app: App, question: str) -> None:
    answer = shown(app, question)
    said = [sentence.text for sentence in answer.sentences]
    assert "Field: Revision; Value: 2" in said[0]
    assert "Owner" in said[1]
    assert said[2:] == [
        "Summary: The filler stopped seven times.",
        "Events: Time: 09:12; Event: First stop",
        "Cost: Item: Lost output; Amount: EUR 4,340",
        "Item: Total; Amount: EUR 6,520",
    ]
    assert {citation.uri.rsplit("/", 1)[-1] for citation in answer.citations} == {"IR-77.md"}
    assert answer.notices == (SUMMARY_NEEDS_MODEL,)


def test_a_chat_model_gets_the_outline_and_no_notice_is_needed(app: App) -> None:
    generator = FakeGenerator()
    answerer = Answerer(app.searcher, generator, app.settings.retrieval)
    answer = answerer.answer("Summarize IR-77", scope_of(None))
    [(_, passages)] = generator.heard
    assert [passage.chunk_text for passage in passages][-1] == "Total | EUR 6,520"
    assert {passage.title for passage in passages} == {"IR-77 Pressure loss"}
    assert SUMMARY_NEEDS_MODEL not in answer.notices


def test_of_a_long_document_not_all_sections_are_shown_and_that_is_said(app: App) -> None:
    answer = shown(app, "Summarize MA-50")
    assert answer.sentences[0].text == "Chapter 1: Part: Bolt 1; Torque: 1 N·m"
    assert len(answer.sentences) < 39
    assert OUTLINE_CUT in answer.notices


def test_a_document_of_others_is_not_shown(app: App) -> None:
    refused = shown(app, "Summarize the report IR-99")
    missing = shown(app, "Summarize the report IR-98")
    for answer in (refused, missing):
        assert (answer.refused, answer.citations, answer.notices) == (True, (), ())
        assert not [citation for citation in answer.found if "IR-99" in citation.uri]
    assert refused.reason.replace("IR-99", "IR-98") == missing.reason
    assert shown(app, "Summarize the report IR-99", "board").citations


def test_a_question_about_a_part_is_answered_as_before(app: App) -> None:
    answer = shown(app, "What did the seal kits of IR-77 cost?")
    assert "EUR 2,180" in answer.text
    assert SUMMARY_NEEDS_MODEL not in answer.notices
