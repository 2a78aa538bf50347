"""An answer from a version whose successor could not be read says so."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from fakes.application import make_app
from fakes.containers import packed
from fakes.source import FakeSource

from api.app import App
from core.permissions import scope_of
from core.values.answers import Answer

TORN = b"%PDF-1.7 and nothing more"


@pytest.fixture
def app(tmp_path: Path) -> Iterator[App]:
    made = make_app(tmp_path)
    yield made
    made.close()


def answered(app: App, source: FakeSource, question: str = "How is the lathe oiled?") -> Answer:
    app.pipeline.ingest(source)
    app.indexes.bring_up_to_date()
    return app.answerer.answer(question, scope_of("ann"))


@pytest.mark.parametrize(
    ("content", "reason"),
    [(b"", "empty"), (b"\0" * 90, "blanks or zeros"), (b"~~Gone.~~", "struck-through"), (TORN, "damaged")],
    ids=["emptied", "zeros", "struck", "torn"],
)
def test_an_answer_names_documents_whose_newest_content_could_not_be_read(
    app: App, content: bytes, reason: str
) -> None:
    source = FakeSource()
    source.put("lathe.md", "# Lathe\n\nThe lathe is oiled every nine days.")
    assert answered(app, source).notices == ()
    source.put("lathe.md", content)
    answer = answered(app, source)
    assert answer.text == "The lathe is oiled every nine days."
    [notice] = answer.notices
    assert notice.text.startswith(
        "The newest content of “Lathe” could not be read, so an earlier version is cited: "
    )
    assert reason in notice.text
    source.put("lathe.md", "# Lathe\n\nThe lathe is oiled every six days.")
    assert answered(app, source).notices == ()


def test_a_file_inside_a_torn_archive_is_named_as_well(app: App) -> None:
    source = FakeSource()
    archive = packed({"lathe.md": "# Lathe\n\nThe lathe is oiled every nine days."})
    source.put("a.zip", archive)
    assert answered(app, source).notices == ()
    source.put("a.zip", archive[:60])
    assert "of “Lathe” could not be read" in answered(app, source).notices[0].text


def test_other_documents_are_not_named(app: App) -> None:
    source = FakeSource()
    source.put("lathe.md", "# Lathe\n\nThe lathe is oiled every nine days.")
    source.put("drill.md", "# Drill\n\nThe drill is cooled with water.")
    answered(app, source)
    source.put("drill.md", b"")
    assert answered(app, source).notices == ()
    assert "“Drill”" in answered(app, source, "How is the drill cooled?").notices[0].text
