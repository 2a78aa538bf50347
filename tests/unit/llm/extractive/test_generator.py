from collections.abc import Sequence

from fakes.embedder import FakeEmbedder
from fakes.passages import passage

from core.permissions import scope_of
from core.values.answers import DraftSentence, Inquiry, Passage
from core.values.notices import Notice
from core.values.search import AccessScope
from llm.extractive.generator import ExtractiveGenerator

QUESTION = "How deep does the ribbon eel live?"
ANSWER = "The ribbon eel lives 20 m deep."


def equally_rare(words: Sequence[str], scope: AccessScope) -> list[float]:
    return [3.0] * len(words)


def drafted(embedder: FakeEmbedder, *passages: Passage, question: str = QUESTION) -> list[DraftSentence]:
    generator = ExtractiveGenerator(embedder, equally_rare, answer_words=200)
    return [
        draft
        for draft in generator.draft(Inquiry(question=question, scope=scope_of(None)), passages)
        if isinstance(draft, DraftSentence)
    ]


def test_the_sentence_that_answers_is_said_and_what_is_far_off_is_not() -> None:
    said = drafted(FakeEmbedder(), passage(f"Boilers need water. {ANSWER} Pumps need oil."))
    assert [draft.text for draft in said] == [ANSWER]
    assert said[0].citations == ((0, 20, 20 + len(ANSWER)),)


def test_what_says_the_same_is_said_once() -> None:
    said = drafted(FakeEmbedder(), passage(ANSWER), passage(ANSWER, document_id=2))
    assert [draft.text for draft in said] == [ANSWER]


def test_two_sentences_that_both_answer_come_in_reading_order() -> None:
    text = f"{ANSWER} Boilers need water. Deep reefs full of caves is where every ribbon eel wants to live."
    said = drafted(FakeEmbedder(), passage(text))
    assert [draft.citations[0][1] for draft in said] == [0, text.index("Deep reefs")]


def test_only_the_likeliest_by_words_are_read_by_meaning() -> None:
    embedder = FakeEmbedder()
    many = " ".join(f"Boiler number {number} needs water." for number in range(40))
    drafted(embedder, passage(f"{many} {ANSWER}"))
    assert embedder.texts[0] == QUESTION
    assert ANSWER in embedder.texts
    assert len(embedder.texts) == 13


def test_a_question_that_the_embedder_cannot_read_goes_by_words() -> None:
    embedder = FakeEmbedder()
    text = "异齿前肛鳗是海鱼。异齿前肛鳗很美。体长可达22公分。"
    said = drafted(embedder, passage(text), question="异齿前肛鳗的体长是多少？")
    assert "体长可达22公分。" in [draft.text for draft in said]
    assert embedder.texts == []


def test_each_side_of_a_comparison_is_said_from_its_own_document() -> None:
    leave = passage("Comp time is paid out when you leave. Boilers need water.", document_id=1)
    hours = passage("Credit hours are lost when you leave. Pumps need oil.", document_id=2)
    asked = "What happens to comp time and to credit hours when you leave?"
    said = drafted(FakeEmbedder(), leave, hours, question=asked)
    assert [draft.text for draft in said][:2] == [
        "Comp time is paid out when you leave.",
        "Credit hours are lost when you leave.",
    ]


def test_a_side_that_no_document_speaks_of_is_named() -> None:
    generator = ExtractiveGenerator(FakeEmbedder(), equally_rare, answer_words=200)
    asked = "What happens to comp time and to credit hours when you leave?"
    leave = passage("Comp time is paid out when you leave.")
    drafts = list(generator.draft(Inquiry(question=asked, scope=scope_of(None)), [leave]))
    assert [one.text for one in drafts if isinstance(one, DraftSentence)] == [leave.text]
    assert [one.text for one in drafts if isinstance(one, Notice)] == [
        "This part of the question is not answered for certain: credit hours"
    ]


def test_a_part_that_the_same_sentence_answers_is_not_named() -> None:
    generator = ExtractiveGenerator(FakeEmbedder(), equally_rare, answer_words=200)
    inquiry = Inquiry(question=f"{QUESTION[:-1]}, and where does the ribbon eel live?", scope=scope_of(None))
    drafts = list(generator.draft(inquiry, [passage(ANSWER)]))
    assert not [one for one in drafts if isinstance(one, Notice)]
