"""Questions to the documents of the demo that were once answered wrongly, with the real embedder."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from fakes.application import make_app

from core.permissions import PUBLIC, scope_of
from core.settings import load_settings
from core.values.answers import Answer
from core.values.notices import SUMMARY_NEEDS_MODEL
from ingest.connectors.folder import FolderSource
from llm.embedding.opening import open_embedder

DOCUMENTS = Path(__file__).parents[2] / "deploy" / "demo" / "documents"
# Those that are quick to read.
FOLDERS = ("filler", "incidents", "shifts")
Ask = Callable[[str], Answer]


@pytest.fixture(scope="module")
def ask(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Ask]:
    embedder = open_embedder(load_settings(tmp_path_factory.mktemp("settings")).llm)
    app = make_app(tmp_path_factory.mktemp("data"), embedder)
    for folder in FOLDERS:
        app.ingestion.ingest(FolderSource(DOCUMENTS / folder, frozenset({PUBLIC}), 10**8))
    yield lambda question: app.answerer.answer(question, scope_of(None))
    app.close()


@pytest.mark.parametrize("question", ["What does E-42 mean?", "E-42"])
def test_a_codes_meaning_comes_before_a_mention_of_it(ask: Ask, question: str) -> None:
    answer = ask(question)
    assert answer.sentences[0].text.startswith("Code: E-42; Meaning: Bowl pressure low")
    assert "Stops: 3" not in answer.text


def test_a_report_asked_for_by_name_is_shown_as_a_whole(ask: Ask) -> None:
    answer = ask("Summarize the incident report IR-2025-014")
    said = [sentence.text for sentence in answer.sentences]
    for beginning in ("1 Summary: On 11 June 2025", "3 Causes: Direct cause", "5 Cost: Item", "Item: Total"):
        assert any(text.startswith(beginning) for text in said), beginning
    assert SUMMARY_NEEDS_MODEL in answer.notices
