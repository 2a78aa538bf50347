"""The other form of an abbreviation, over a lexical index that only counts."""

import pytest
from fakes.entries import entry
from fakes.index import FakeLexicalIndex

from core.values.search import AccessScope
from retrieval.words.other_forms import with_other_forms

EVERYBODY = AccessScope(frozenset({"public"}))
FIELD = AccessScope(frozenset({"public", "group:field"}))
TEXTS = (
    "The Disabled Veteran Leave (DVL) is given once.",
    "AWS - Alternate Work Schedule",
    "AWS - Amazon Web Services",
    "The Alternate Work Schedule (AWS) is common in Virginia.",
    "AWS (Amazon Web Services) runs the site.",
    "The General Services Administration (GSA) pays.",
    *["GSA pays. AWS is down."] * 5,
)
SECRET = "The Planned Merger Operation (PMO) begins in May."


def known(question: str, scope: AccessScope = EVERYBODY) -> str:
    lexical = FakeLexicalIndex()
    entries = [entry(number, text, "public") for number, text in enumerate(TEXTS, start=1)]
    entries.append(entry(9, SECRET, "group:field"))
    lexical.replace({each.document_id for each in entries}, entries)
    return with_other_forms(question, lexical, scope)


@pytest.mark.parametrize(
    ("question", "meant"),
    [
        ("DVL: how many hours?", "DVL (disabled veteran leave): how many hours?"),
        ("is disabled veteran leave paid?", "is disabled veteran leave (DVL) paid?"),
        (
            "when does the general services administration pay?",
            "when does the general services administration (GSA) pay?",
        ),
        ("AWS and my schedule?", "AWS (alternate work schedule) and my schedule?"),
        ("When is amazon web services down?", "When is amazon web services (AWS) down?"),
    ],
)
def test_both_forms_are_asked_for(question: str, meant: str) -> None:
    assert known(question) == meant


@pytest.mark.parametrize(
    "question",
    [
        "what is the AWS?",
        "when does GSA pay?",
        "is DVL (disabled veteran leave) paid?",
        'Where does it say "DVL"?',
        "how many hours of leave?",
        "dvl",
    ],
)
def test_what_is_ambiguous_or_said_already_stays_alone(question: str) -> None:
    assert known(question) == question


def test_a_definition_that_the_asker_may_not_read_is_not_known() -> None:
    assert known("When is the PMO?") == "When is the PMO?"
    assert known("When is the PMO?", FIELD) == "When is the PMO (planned merger operation)?"
