"""The meaning of a code comes before its mentions, however many there are."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from fakes.application import make_app
from fakes.entries import entry
from fakes.source import FakeSource
from integration.retrieval.index_kinds import EVERYBODY, LEXICAL, Kind

from api.app import App
from core.permissions import scope_of
from core.values.documents import BlockKind
from core.values.search import AccessScope

FAULTS = (
    "# Fault codes of the filler\n\n| Code | Meaning | Remedy |\n|---|---|---|\n"
    + "".join(f"| E-{number} | Sensor {number} dirty | Clean it |\n" for number in range(30, 42))
    + "| E-42 | Bowl pressure low, because a seal leaks or the supply is down | Do the leak test |\n"
)
LOG = (
    "# Shift log {0}\n\n| Code | Machine | Stops | What was done |\n|---|---|---|---|\n"
    "| E-42 | FIL-{0} | 3 | Seal |\n"
)
SECTION = (
    "# Drive manual\n\n## Fault F-1007\n\nThe motor is too hot. Let it cool.\n\n"
    "## Fault F-1008\n\nA phase is missing."
)
MENTION = "# Mail {0}\n\nF-1007 again, F-1007 on line {0}. F-1007 came back after lunch."


@pytest.fixture(scope="module")
def app(tmp_path_factory: pytest.TempPathFactory) -> Iterator[App]:
    app = make_app(tmp_path_factory.mktemp("data"))
    source = FakeSource()
    source.put("faults.md", FAULTS)
    source.put("drive.md", SECTION)
    for number in range(100, 140):
        source.put(f"log-{number}.md", LOG.format(number))
        source.put(f"mail-{number}.md", MENTION.format(number))
    source.put("secret.md", FAULTS.replace("Bowl pressure low", "Vault open"), "group:board")
    app.ingestion.ingest(source)
    yield app
    app.close()


@pytest.mark.parametrize("question", ["What does E-42 mean?", "E-42", "What is fault E-42?", "Explain E-42."])
def test_the_row_of_the_fault_table_comes_first(app: App, question: str) -> None:
    [first, *others] = app.searcher.search(question, scope_of(None), 8).passages
    assert first.chunk_text.startswith("E-42 | Bowl pressure low")
    assert all(first.score >= other.score for other in others)
    answer = app.answerer.answer(question, scope_of(None))
    assert answer.sentences[0].text.startswith("Code: E-42; Meaning: Bowl pressure low")
    assert "Stops" not in answer.text


def test_the_section_under_a_code_comes_before_its_mentions(app: App) -> None:
    [first, *_] = app.searcher.search("What does F-1007 mean?", scope_of(None), 8).passages
    assert first.uri.endswith("drive.md")
    assert "too hot" in app.answerer.answer("What does F-1007 mean?", scope_of(None)).text


@pytest.mark.parametrize(
    "question",
    [
        "F-1007",
        "Explain F-1007.",
        "What is the meaning of F-1007?",
        "F-1007 means what, please?",
        "F-1007是什么意思？",
    ],
)
def test_however_its_meaning_is_asked_the_section_under_a_code_is_said_alone(app: App, question: str) -> None:
    answer = app.answerer.answer(question, scope_of(None))
    assert answer.text.startswith("The motor is too hot.")
    assert {one.uri.rsplit("/", 1)[-1] for one in answer.citations} == {"drive.md"}


def test_a_definition_that_the_asker_may_not_read_is_not_found(app: App) -> None:
    found = app.searcher.search("What does E-42 mean?", scope_of(None), 50).passages
    assert not [passage for passage in found if "Vault" in passage.text]
    board = app.searcher.search("What does E-42 mean?", scope_of("ann", ("board",)), 50).passages
    assert {passage.uri.rsplit("/", 1)[-1] for passage in board[:2]} == {"faults.md", "secret.md"}


def test_another_question_about_a_code_is_answered_from_where_it_happened(app: App) -> None:
    [first, *_] = app.searcher.search("How many stops of FIL-107 with E-42?", scope_of(None), 8).passages
    assert first.uri.endswith("log-107.md")


@pytest.mark.parametrize("kind", LEXICAL, ids=lambda kind: kind.name)
def test_an_index_returns_the_first_readable_definitions(kind: Kind, tmp_path: Path) -> None:
    head, row = "Faults\nCode | Meaning", "E-42 | Pressure low"
    index = kind.holding(
        tmp_path,
        [
            entry(1, "E-42 again", "public"),
            entry(2, row, "group:board", context=head, kind=BlockKind.ROW),
            *(entry(number, row, "public", context=head, kind=BlockKind.ROW) for number in (3, 4, 5)),
        ],
    )
    assert index.defining({"e-42"}, EVERYBODY, 2).tolist() == [3, 4]
    assert index.defining({"e-42"}, AccessScope(frozenset({"group:board"})), 9).tolist() == [2]
    ranged = entry(6, "Codes E-50 to E-59 report a blocked door.", "public")
    index.replace([ranged.document_id], [ranged])
    assert index.defining({"e-57"}, EVERYBODY, 9).tolist() == [6]
    assert index.defining(set(), EVERYBODY, 9).tolist() == []
    assert index.defining({"e-42"}, AccessScope(frozenset()), 9).tolist() == []
