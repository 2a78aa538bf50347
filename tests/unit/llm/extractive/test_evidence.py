from dataclasses import replace

import pytest

from core.values.answers import Passage
from core.values.documents import BlockKind
from llm.extractive.candidates import candidates
from llm.extractive.evidence import SentenceEvidence, measured, with_likeness
from llm.extractive.question_analysis import QuestionAnalysis


def passage(text: str, document_id: int = 1, score: float = 1.0, title: str = "Eels") -> Passage:
    whole = Passage(
        chunk_id=1,
        document_id=document_id,
        uri=f"file:///{document_id}.md",
        title=title,
        version=1,
        context=title,
        text=text,
        start=0,
        chunk_start=0,
        chunk_end=len(text),
        score=score,
    )
    return replace(whole, chunk_id=document_id)


def evidence(asked: QuestionAnalysis, *passages: Passage) -> list[SentenceEvidence]:
    return measured(asked, candidates(passages), passages)


ASKED = QuestionAnalysis(
    question="How deep does the ribbon eel live?",
    term_weights={"deep": 2.0, "ribbon": 6.0, "eel": 4.0, "live": 2.0},
    unseen=8.0,
)


def test_the_subject_of_a_document_does_not_decide_which_sentence_answers() -> None:
    text = "The ribbon eel is blue. The ribbon eel is shy. It lives 3 m deep. Ribbon eels eat fish."
    blue, shy, deep, _ = evidence(ASKED, passage(text))
    assert blue.with_headings > deep.with_headings
    assert blue.distinct == shy.distinct < deep.distinct
    assert blue.document == deep.document == 1.0
    assert deep.around > deep.with_headings
    assert deep.missing == 0.0


def test_a_word_that_stands_nowhere_is_missing() -> None:
    [only] = evidence(ASKED, passage("The eel is shy."))
    assert only.missing == 0.75
    assert (only.fits, only.defines) == (-1.0, False)


def test_a_document_leads_by_its_best_passage() -> None:
    first, second = passage("The eel is shy."), passage("The eel is blue.", 2, 0.6)
    near, far = evidence(ASKED, first, second)
    assert (near.lead, far.lead) == (0.4, -0.4)
    assert (near.passage, far.passage) == (1.0, 0.6)


def test_a_message_does_not_compete_with_what_is_inside_it() -> None:
    mail = replace(passage("The eel is shy."), uri="file:///a.eml")
    quoted = replace(passage("The eel is blue.", 2, 0.9), uri="file:///a.eml!/quoted message 1.eml")
    other = passage("The eel is old.", 3, 0.5)
    leads = [one.lead for one in evidence(ASKED, mail, quoted, other)]
    assert leads == pytest.approx([0.5, 0.4, -0.5])


def test_titles_and_labels_count_by_what_of_them_is_asked_for() -> None:
    row = replace(passage("Ribbon eel | 3 m", title="Deep fish"), kind=BlockKind.ROW)
    [only] = evidence(ASKED, row)
    assert (only.title, only.label) == (0.5, 1.0)
    [only] = evidence(ASKED, replace(row, text="Ribbon TUBE-101 | 3 m"))
    assert only.label == 0.5


def test_a_word_that_stands_in_the_section_is_not_missing_there() -> None:
    shy, _ = evidence(ASKED, passage("The ribbon eel is shy. It can live 3 m deep."))
    assert (shy.missing, shy.missing_section) == (0.0, 0.0)
    [alone, *_] = evidence(ASKED, replace(passage("The eel is shy.\n\nRibbons are blue."), chunk_end=15))
    assert (alone.missing, alone.missing_section) == (0.75, 0.25)


def test_a_section_holds_the_measure_that_is_asked_for_or_not() -> None:
    shy, deep = evidence(ASKED, passage("The ribbon eel is shy. It lives 3 m deep."))
    assert (shy.measure, deep.measure) == (1.0, 1.0)
    [shy] = evidence(ASKED, passage("The ribbon eel is shy."))
    assert shy.measure == -1.0
    may = replace(ASKED, question="May the eel live 3 m deep?")
    assert [one.measure for one in evidence(may, passage("The ribbon eel is shy."))] == [0.0]


def test_a_passage_is_as_like_the_question_as_the_search_found() -> None:
    first, second = replace(passage("The eel is shy."), likeness=0.6), passage("The eel is blue.", 2)
    third = replace(passage("Eels are fish.", 3), likeness=0.4)
    found = evidence(ASKED, first, second, third)
    assert [one.passage_likeness for one in found] == [0.6, 0.4, 0.4]
    assert {one.best_likeness for one in found} == {0.6}
    assert [one.rank for one in found] == [1.0, 0.5, 1 / 3]


def test_sentences_stand_for_passages_that_were_found_by_words_alone() -> None:
    found = with_likeness(evidence(ASKED, passage("The eel is shy. It is blue.")), [0.2, 0.3])
    assert [(one.likeness, one.passage_likeness, one.best_likeness) for one in found] == [
        (0.2, 0.2, 0.3),
        (0.3, 0.3, 0.3),
    ]


@pytest.mark.parametrize(
    ("question", "names"),
    [
        ("Which phone companies in Spain work with it?", [{"spain"}]),
        ("does it have a Thunderbolt port on Sundays?", [{"thunderbolt"}]),
        ("Spain is far, may I go on a Monday in May?", []),
        ("Is the DC office open?", []),
    ],
)
def test_proper_names_of_a_question(question: str, names: list[set[str]]) -> None:
    asked = QuestionAnalysis(question=question, term_weights={}, unseen=1.0)
    assert [{*name} for name in asked.names] == names


def test_a_name_that_no_passage_of_the_document_holds_is_missing() -> None:
    asked = QuestionAnalysis(
        question="Do ribbon eels live in Spain?", term_weights={"spain": 1.0, "eel": 1.0}, unseen=8.0
    )
    here, there, also = evidence(asked, passage("The eel is shy."), passage("Eels are blue.\n\nIn Spain.", 2))
    assert [one.name_missing for one in (here, there, also)] == [True, False, False]
