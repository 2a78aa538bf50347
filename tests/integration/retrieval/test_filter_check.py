"""A filter that can select nothing says so, and names what the asker could filter by, and nothing else."""

from collections.abc import Iterator
from datetime import UTC, date, datetime
from pathlib import Path

import pytest
from fakes.application import make_app
from fakes.source import FakeSource

from api.app import App
from core.errors import FilterError
from core.permissions import scope_of
from core.store.sources import find_source, hold_readers
from core.text.labels import EVERYTHING, SearchFilter
from core.values.notices import value_unknown
from core.values.search import AccessScope
from retrieval.filter_check import NO_DOCUMENT, NONE_FITS
from retrieval.search import Results

HANDBOOK = """---
tags: [Leave, travel]
device: FIL-101
date: 2024-05-01
---
Employees get thirty days of paid leave in each calendar year, and five days of it may be carried over.
"""
SECRET = """---
tags: [merger]
device: HB-20
date: 2019-01-01
---
销售部的合并计划在今年三月由董事会批准，所有的合同都要在年底以前签字。
"""
LEAVE = "How many days of leave?"
EVERYBODY, MANAGER = scope_of(None), scope_of(None, ("board",))


@pytest.fixture(scope="module")
def app(tmp_path_factory: pytest.TempPathFactory) -> Iterator[App]:
    app = make_app(tmp_path_factory.mktemp("data"))
    shelf, vault = FakeSource(), FakeSource("fake:vault")
    shelf.put("handbook.md", HANDBOOK)
    shelf.put("notes.TXT", "The canteen opens at noon. " * 5)
    vault.put("merger.html", f"<p>{SECRET}", "group:board")
    vault.put("merger.md", SECRET, "group:board")
    for source in (shelf, vault):
        assert not app.ingestion.ingest(source).failures
    yield app
    app.close()


def words(*each: str) -> frozenset[str]:
    return frozenset(each)


def find(app: App, within: SearchFilter, scope: AccessScope = EVERYBODY) -> Results:
    return app.searcher.search(LEAVE, scope, 10, within=within)


@pytest.mark.parametrize(
    ("within", "message"),
    [
        (
            SearchFilter(sources=words("nosuch")),
            "No document that you may read is from the source 'nosuch'; known sources: fake:shelf.",
        ),
        (
            SearchFilter(types=words(".docx")),
            "No document that you may read is of the type '.docx'; known types: md, txt.",
        ),
        (
            SearchFilter(languages=words("Klingon", "german")),
            "No document that you may read is in the language 'Klingon' or 'german'; known languages: en.",
        ),
        (
            SearchFilter(tags=words("leaf")),
            "No document that you may read has the tag 'leaf'; known tags: Leave, travel.",
        ),
        (
            SearchFilter(devices=words("FIL-110")),
            "No document that you may read is on the device 'FIL-110'; known devices: FIL-101.",
        ),
    ],
)
def test_value_that_no_document_has_is_an_error_with_what_is_known(
    app: App, within: SearchFilter, message: str
) -> None:
    with pytest.raises(FilterError) as raised:
        find(app, within)
    assert (str(raised.value), raised.value.code, raised.value.status) == (message, "filter", 422)
    with pytest.raises(FilterError):
        app.answerer.answer(LEAVE, EVERYBODY, within=within)


@pytest.mark.parametrize(
    "within",
    [
        SearchFilter(sources=words("fake:vault")),
        SearchFilter(types=words("html")),
        SearchFilter(languages=words("zh")),
        SearchFilter(tags=words("merger")),
        SearchFilter(devices=words("HB-20")),
        SearchFilter(until=date(2019, 12, 31)),
    ],
)
def test_value_of_documents_that_the_asker_may_not_read_is_unknown(app: App, within: SearchFilter) -> None:
    find(app, within, MANAGER)
    with pytest.raises(FilterError) as raised:
        find(app, within)
    named = str(raised.value).partition(";")[2]
    assert named
    assert not [word for word in ("vault", "html", "zh", "merger", "HB-20", "2019") if word in named]


def test_same_error_for_a_forbidden_value_and_for_one_that_is_nowhere(app: App) -> None:
    said = []
    for tag in ("merger", "zebras"):
        with pytest.raises(FilterError) as raised:
            find(app, SearchFilter(tags=words(tag)))
        said.append(str(raised.value).replace(tag, "…"))
    assert said[0] == said[1]


@pytest.mark.parametrize(
    "within",
    [
        SearchFilter(types=words(".MD")),
        SearchFilter(types=words("*.txt", "md")),
        SearchFilter(languages=words("English")),
        SearchFilter(languages=words("en_GB", "eng")),
        SearchFilter(tags=words("leave")),
        SearchFilter(since=date(2024, 1, 1), until=date(2024, 12, 31)),
        SearchFilter(since=date(2024, 5, 1), until=date(2024, 5, 1)),
    ],
)
def test_filter_in_other_words_finds_without_a_notice(app: App, within: SearchFilter) -> None:
    found = find(app, within)
    assert found.passages
    assert (found.notices, found.why_nothing) == ((), "")


def test_unknown_value_beside_a_known_one_is_a_notice(app: App) -> None:
    said = "No document that you may read is of the type 'nosuch'; known types: md, txt."
    within = SearchFilter(types=words("md", "nosuch"))
    assert find(app, within).notices == (value_unknown(said),)
    answer = app.answerer.answer(LEAVE, EVERYBODY, within=within)
    assert (answer.refused, answer.notices) == (False, (value_unknown(said),))


def test_tag_where_no_document_has_any_says_that(tmp_path: Path) -> None:
    app = make_app(tmp_path / "data")
    shelf = FakeSource()
    shelf.put("a.txt", "The canteen opens at noon.")
    app.ingestion.ingest(shelf)
    with pytest.raises(FilterError, match="has the tag 'x'; none has any tag"):
        find(app, SearchFilter(tags=words("x")))
    app.close()


def test_values_of_old_versions_and_of_deleted_documents_are_unknown(tmp_path: Path) -> None:
    app = make_app(tmp_path / "data")
    shelf = FakeSource()
    shelf.put("a.md", "---\ntags: [old]\n---\nThe canteen opens at noon.")
    shelf.put("b.txt", "The canteen closes at two.")
    app.ingestion.ingest(shelf)
    shelf.put("a.md", "---\ntags: [new]\n---\nThe canteen opens at one.")
    del shelf.files["b.txt"]
    app.ingestion.ingest(shelf)
    for within, known in (
        (SearchFilter(tags=words("old")), "known tags: new"),
        (SearchFilter(types=words("txt")), "known types: md"),
    ):
        with pytest.raises(FilterError, match=rf"; {known}\.$"):
            find(app, within)
    app.close()


def test_values_of_a_source_whose_permissions_have_expired_are_unknown(tmp_path: Path) -> None:
    app = make_app(tmp_path / "data")
    for uri, tag in (("fake:shelf", "fresh"), ("fake:vault", "expired")):
        source = FakeSource(uri)
        source.put("a.md", f"---\ntags: [{tag}]\n---\nThe canteen opens at noon.")
        app.ingestion.ingest(source)
    with app.database.writing() as session:
        hold_readers(session, find_source(session, "fake:vault").id, datetime.now(UTC), renew=True)
    for tag in ("expired", "nosuch"):
        with pytest.raises(FilterError, match=rf"has the tag '{tag}'; known tags: fresh\.$"):
            find(app, SearchFilter(tags=words(tag)))
    app.close()


def test_near_values_come_first_and_long_lists_are_cut(tmp_path: Path) -> None:
    app = make_app(tmp_path / "data")
    shelf = FakeSource()
    shelf.put(
        "a.md", f"---\ntags: [{', '.join(f'tag-{number:02}' for number in range(30))}, zebra]\n---\nNoon."
    )
    app.ingestion.ingest(shelf)
    with pytest.raises(FilterError, match=r"known tags: zebra, tag-00, .*, tag-18 and 11 more\.$"):
        find(app, SearchFilter(tags=words("zebras")))
    app.close()


def test_filter_that_ends_before_it_begins_is_an_error(app: App) -> None:
    with pytest.raises(FilterError, match="since 2025-01-01 is later than as of 2024-01-01"):
        find(app, SearchFilter(since=date(2025, 1, 1), until=date(2024, 1, 1)))


def test_period_without_documents_is_an_error_with_the_days_that_are_known(app: App) -> None:
    with pytest.raises(FilterError, match="has a day to 1999-12-31; their days are 2024-05-01 to "):
        find(app, SearchFilter(until=date(1999, 12, 31)))
    with pytest.raises(FilterError, match="from 2190-01-01 to 2190-02-01"):
        find(app, SearchFilter(since=date(2190, 1, 1), until=date(2190, 2, 1)))


def test_known_values_that_no_document_has_together_are_the_reason_of_a_refusal(app: App) -> None:
    within = SearchFilter(types=words("txt"), tags=words("leave"))
    assert (find(app, within).passages, find(app, within).why_nothing) == ([], NONE_FITS)
    answer = app.answerer.answer(LEAVE, EVERYBODY, within=within)
    assert (answer.refused, answer.reason) == (True, NONE_FITS)


@pytest.mark.parametrize("within", [EVERYTHING, SearchFilter(types=words("nosuch"))])
@pytest.mark.parametrize("question", [LEAVE, "What does E-42 mean?"])
def test_asker_without_a_document_is_told_how_documents_come_in(
    tmp_path: Path, within: SearchFilter, question: str
) -> None:
    app = make_app(tmp_path / "data")
    said = []
    for name in ("", "secret.md"):
        if name:
            shelf = FakeSource()
            shelf.put(name, SECRET, "group:board")
            app.ingestion.ingest(shelf)
        answer = app.answerer.answer(question, EVERYBODY, within=within)
        said.append((answer.refused, answer.reason, answer.notices, answer.near))
        assert app.searcher.search(question, EVERYBODY, 10, within=within).why_nothing == NO_DOCUMENT
    assert said == [(True, NO_DOCUMENT, (), ())] * 2, "a document of others makes no difference"
    app.close()
