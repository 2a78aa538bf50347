"""The newest message of a thread answers; an earlier one only if it alone does, and then that is said."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import date

import pytest
from fakes.passages import passage
from unit.retrieval.test_answer import Shelf

from core.permissions import scope_of
from core.settings import RetrievalSettings
from core.values.answers import DraftSentence, Inquiry, Passage
from core.values.metadata import Metadata
from core.values.notices import EARLIER_MESSAGE
from llm.generator import Draft, Generator
from retrieval.answer import Answerer
from retrieval.threads import newest_of_threads
from retrieval.writing.events import Found, Said


def message(
    number: int, title: str, day: int | None, text: str = "Valve 9 is open.", uri: str = ""
) -> Passage:
    metadata = Metadata(day=date(2026, 6, day) if day else None)
    one = passage(text, document_id=number)
    return replace(one, title=title, metadata=metadata, uri=uri or one.uri)


@pytest.mark.parametrize("reply", ["Re: Valve 9", "AW: RE: Valve 9", "回复：Valve 9", "Re[2]: valve 9"])
def test_earlier_messages_of_a_thread_are_left_out(reply: str) -> None:
    found = [message(1, "Valve 9", 3), message(2, reply, 5), message(3, "Valve 8", 1), message(4, reply, 4)]
    assert [one.document_id for one in newest_of_threads(found)] == [2, 3]


def test_documents_of_one_title_are_no_thread_and_one_day_has_no_order() -> None:
    same = [message(1, "Valve 9", 3), message(2, "Valve 9", 5)]
    assert newest_of_threads(same) == same
    one_day = [message(1, "Valve 9", 3), message(2, "Re: Valve 9", 3), message(3, "Re: Valve 9", None)]
    assert newest_of_threads(one_day) == one_day


def test_a_quoted_message_is_older_than_the_one_that_quotes_it() -> None:
    found = [
        message(1, "Re: Valve 9", 5, uri="file:///a.eml!/quoted message 1.eml"),
        message(2, "Re: Valve 9", 5, uri="file:///a.eml"),
    ]
    assert [one.document_id for one in newest_of_threads(found)] == [2]


class Reader(Generator):
    """Says the whole of each passage, as well supported as the text after its bar tells."""

    name = "reader"

    def __init__(self, support: dict[int, float]) -> None:
        self.support = support

    def draft(self, inquiry: Inquiry, passages: Sequence[Passage]) -> Draft:
        for number, one in enumerate(passages):
            yield DraftSentence(one.text, ((number, one.start, one.end),), self.support[one.document_id])

    def warm_up(self) -> None: ...

    def close(self) -> None: ...


OLD = message(1, "Valve 9", 3, "Valve 9 is open.")
NEW = message(2, "Re: Valve 9", 5, "Valve 9 is shut since Friday.")


def test_the_newest_message_answers_if_it_can() -> None:
    told: list[object] = []
    answerer = Answerer(Shelf([OLD, NEW]), Reader({1: 0.95, 2: 0.7}), RetrievalSettings())
    answer = answerer.answer("Is valve 9 open?", scope_of("ann"), told.append)
    assert (answer.text, answer.notices, answer.confidence) == (NEW.text, (), 0.7)
    assert [type(one) for one in told] == [Found, Said]


def test_an_earlier_message_answers_with_a_notice_if_the_newest_does_not() -> None:
    told: list[object] = []
    answerer = Answerer(Shelf([OLD, NEW]), Reader({1: 0.95, 2: 0.1}), RetrievalSettings())
    answer = answerer.answer("Is valve 9 open?", scope_of("ann"), told.append)
    assert (answer.text, answer.notices) == (OLD.text, (EARLIER_MESSAGE,))
    assert [one.sentence.text for one in told if isinstance(one, Said)] == [OLD.text]


def test_a_refusal_has_no_notice_of_threads() -> None:
    answerer = Answerer(Shelf([OLD, NEW]), Reader({1: 0.1, 2: 0.1}), RetrievalSettings())
    answer = answerer.answer("Is valve 9 open?", scope_of("ann"))
    assert (answer.refused, answer.notices) == (True, ())
