"""The same text in two documents is one proof."""

from dataclasses import replace

from fakes.passages import passage

from retrieval.writing.copies import copy_notices, without_copies

ONE = replace(passage("The seal is greased weekly.", context="Care > Seal"), uri="file:///a/care.md")
COPY = replace(ONE, document_id=2, chunk_id=2000, uri="file:///b/care.md")
OF_ANOTHER = replace(ONE, document_id=3, chunk_id=3000, context="Care of the M50 > Seal")


def test_a_copy_is_left_out_and_named() -> None:
    kept, copies = without_copies([ONE, COPY, OF_ANOTHER])
    assert kept == [ONE, OF_ANOTHER]
    [notice] = copy_notices([ONE.cite(0, 27)], copies)
    assert notice.text == f"The text cited from “{ONE.title}” stands in file:///b/care.md too."


def test_a_text_that_occurs_twice_in_one_document_is_no_copy() -> None:
    again = replace(ONE, chunk_id=1001, start=100, chunk_start=100, chunk_end=127)
    assert without_copies([ONE, again]) == ([ONE, again], {})


def test_only_cited_documents_have_a_notice() -> None:
    _, copies = without_copies([ONE, COPY])
    assert copy_notices([OF_ANOTHER.cite(0, 27)], copies) == ()
