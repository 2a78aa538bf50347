"""A document that is asked for by name."""

import pytest

from core.text.document_names import document_asked, is_named

REPORT = ("file:///srv/IR-2025-014-filler-pressure-loss.docx", "IR-2025-014 Loss of filler pressure, Line 1")
POLICY = ("file:///srv/hr/leave-and-on-call-policy.pdf", "HR-07 Leave and on-call policy")


@pytest.mark.parametrize(
    ("question", "document"),
    [
        ("Summarize the incident report IR-2025-014", REPORT),
        ("Please summarise IR-2025-014.", REPORT),
        ("Give me a short summary of IR-2025-014", REPORT),
        ("What does IR-2025-014 say?", REPORT),
        ("What is in IR-2025-014?", REPORT),
        ("IR-2025-014", REPORT),
        ("Show me the report on the loss of filler pressure", REPORT),
        ("总结一下 IR-2025-014", REPORT),
        ("IR-2025-014 的主要内容是什么？", REPORT),
        ("Summarize the leave and on-call policy", POLICY),
        ("Overview of HR-07", POLICY),
    ],
)
def test_a_document_is_asked_for_by_its_name(question: str, document: tuple[str, str]) -> None:
    assert is_named(document_asked(question), *document)


@pytest.mark.parametrize(
    "question",
    [
        "Summarize the costs in IR-2025-014",
        "Summarize the pension policy",
        "Summarize",
        "Summarize E-42",
        "What does E-42 mean?",
        "Who wrote IR-2025-014?",
        "What is the due date of action 3 in IR-2025-014?",
        "IR-2025-015",
        "What does the filler do?",
        "FIL-101",
    ],
)
def test_something_else_is_asked_for(question: str) -> None:
    name = document_asked(question)
    assert not any(name and is_named(name, *document) for document in (REPORT, POLICY))


def test_a_thing_that_a_title_mentions_is_not_its_name() -> None:
    title = "FC-101 Fault codes of filler FIL-101"
    assert not is_named("FIL-101", "file:///srv/faults.html", title)
    assert is_named("FC-101", "file:///srv/faults.html", title)
