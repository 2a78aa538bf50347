"""Passages know the blocks of their documents, and do without where a version has none."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from fakes.application import make_app
from fakes.source import FakeSource
from sqlalchemy import update

from api.app import App
from core.permissions import scope_of
from core.store.tables import VersionTable
from core.values.answers import Passage
from core.values.documents import BlockKind

MANUAL = """# Mixer manual

## Mixer M10

Grease the seal of the mixer M10 every 150 hours.

- Use the gun.
- Wipe the collar.

## Mixer M30

Grease the seal of the mixer M30 every 200 hours.
"""


@pytest.fixture
def app(tmp_path: Path) -> Iterator[App]:
    app = make_app(tmp_path)
    source = FakeSource()
    source.put("mixer.md", MANUAL)
    app.ingestion.ingest(source)
    yield app
    app.close()


def found(app: App) -> Passage:
    results = app.searcher.search("How often is the seal of the mixer M10 greased?", scope_of(None), 1, 1)
    return results.passages[0]


def test_a_passage_has_its_section_and_the_headings_above_each_block(app: App) -> None:
    passage = found(app)
    [item, *_] = [block for block in passage.blocks if block.kind is BlockKind.LIST_ITEM]
    assert passage.between(item.start, item.end) == "Use the gun."
    assert item.path == ("Mixer manual", "Mixer M10")
    assert all(passage.start <= block.start < block.end <= passage.end for block in passage.blocks)
    citation = passage.cite(item.start, item.end)
    assert (citation.quote, citation.section) == ("Use the gun.", "Mixer M10")
    assert citation.after.startswith("\nWipe the collar.")


def test_a_narrowed_passage_is_the_chunk_with_its_neighbours(app: App) -> None:
    passage = found(app)
    near = passage.narrowed()
    assert near.chunk_text == passage.chunk_text
    assert near.text in passage.text
    assert near.narrowed() == near


def test_a_version_without_blocks_is_still_answered_from(app: App) -> None:
    with app.database.writing() as session:
        session.execute(update(VersionTable).values(blocks=None))
    passage = found(app)
    assert passage.blocks == ()
    answer = app.answerer.answer("How often is the seal of the mixer M10 greased?", scope_of(None))
    assert "150 hours" in answer.text
    assert "200 hours" not in answer.text
