"""Files of site generators with front matter and no text: a section's title, or a redirect."""

import pytest

from core.errors import EmptyDocumentError
from core.values.documents import ParsedDocument
from ingest.parsers.formats import parse

ALONE = "The file has front matter but no text; only its title and summary were read."


def read(source: str, name: str) -> ParsedDocument:
    return parse(source.encode(), name, max_text_bytes=1000)


@pytest.mark.parametrize("ending", ["md", "html"])
@pytest.mark.parametrize("rest", ["", "\n\n", "\n<!-- nothing yet -->\n", "\n{% include 'menu.html' %}\n"])
def test_title_of_front_matter_alone_is_the_text(ending: str, rest: str) -> None:
    document = read(f"---\ntitle: Prometheus Operator\nweight: 10\n---{rest}", f"_index.{ending}")
    assert (document.title, document.text) == ("Prometheus Operator", "Prometheus Operator")
    assert document.notices == (ALONE,)


def test_summary_stands_below_the_title() -> None:
    document = read("---\ntitle: Leave\ndescription: Who gets\n  how much.\nowner: HR\n---\n", "leave.md")
    assert document.text == "Leave\n\nWho gets how much."
    assert document.metadata.owner == "HR"


def test_name_of_the_file_stands_for_a_title_that_is_not_there() -> None:
    assert read("---\nbookHidden: true\n---\n", "hidden-book.md").text == "hidden-book"
    assert read("---\ntitle: [a\n---\n", "broken.md").text == "broken"


@pytest.mark.parametrize(
    ("field", "target"),
    [
        ("redirect_to: /benefits/#assistance", "/benefits/#assistance"),
        ("redirect_to:\n  - https://x.example/new", "https://x.example/new"),
        ("redirect_url: ../new.md", "../new.md"),
    ],
)
def test_redirect_says_where_it_leads(field: str, target: str) -> None:
    for ending in ("md", "html"):
        document = read(f"---\ntitle: Billing policy\n{field}\n---\n", f"billing.{ending}")
        assert (document.title, document.text) == ("Billing policy", f"This page leads to {target}.")
        assert document.notices == ()


@pytest.mark.parametrize("field", ["redirect_to: 'javascript:x()'", "redirect: true", "redirect_to: '#top'"])
def test_redirect_to_no_address_is_none(field: str) -> None:
    assert read(f"---\ntitle: Start\n{field}\n---\n", "a.md").text == "Start"


def test_text_behind_front_matter_gets_no_title_and_no_notice() -> None:
    document = read("---\ntitle: Start\ndescription: All of it.\n---\nHello.\n", "a.md")
    assert (document.text, document.notices) == ("Hello.", ())


@pytest.mark.parametrize("source", ["<!-- nothing yet -->\n", "---\n", "---\n---\n"])
def test_file_without_front_matter_and_text_is_empty(source: str) -> None:
    with pytest.raises(EmptyDocumentError):
        read(source, "a.md")
