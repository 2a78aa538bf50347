import pytest

from llm.extractive.question_analysis import QuestionAnalysis, weight_share


def asked(question: str, **term_weights: float) -> QuestionAnalysis:
    return QuestionAnalysis(question=question, term_weights=term_weights, unseen=8.0)


@pytest.mark.parametrize(
    ("question", "text", "fits"),
    [
        ("When does leave expire?", "Leave expires on 31 March.", 1.0),
        ("When does leave expire?", "Leave that is carried over expires.", -1.0),
        ("How many days do I get?", "You get twelve days.", 1.0),
        ("What is the parking fee?", "Ask the office about parking.", -1.0),
        ("Who approves my travel?", "Your supervisor approves it.", 1.0),
        ("Who approves my travel?", "It is approved before you book.", -1.0),
        ("Who wrote the manual?", "The manual was written in haste and Ann Lee printed it.", 1.0),
        ("Where is the valve?", "It is in Hall 3.", 1.0),
        ("Why did it stop?", "It stopped because the bowl was empty.", 1.0),
        ("How do I reset it?", "Hold the key.", 0.0),
        ("公司成立于什么时候？", "公司成立于1998年。", 1.0),
        ("公司成立于什么时候？", "公司在上海。", -1.0),
        ("水深多少？", "水深3至25公尺。", 1.0),
        ("谁批准？", "由经理批准。", 0.0),
    ],
)
def test_a_sentence_fits_that_holds_the_kind_of_thing_asked_for(
    question: str, text: str, fits: float
) -> None:
    assert asked(question).fits(text) == fits


def test_someone_whom_the_question_names_is_not_who_it_asks_for() -> None:
    question = asked("Who succeeded Ann?", ann=3.0, succeed=1.0)
    assert question.fits("In the end Ann was succeeded.") == -1.0
    assert question.fits("In the end Bob succeeded her.") == 1.0


@pytest.mark.parametrize(
    ("question", "text"),
    [
        ("What is TTS?", "TTS - The Technology Transformation Services improve things."),
        ("What is a bowl filler?", "A bowl filler is a machine that fills bottles."),
        ("What does BART stand for?", "BART (the train) stands for Bay Area Rapid Transit."),
        ("什么是生成文法？", "生成文法（generative grammar）是一种方式。"),
        ("生成文法是什么？", "生成文法是一种方式。"),
    ],
)
def test_a_definition_begins_with_what_it_defines(question: str, text: str) -> None:
    assert asked(question).is_defined_by(text)


@pytest.mark.parametrize(
    ("question", "text"),
    [
        ("What is TTS?", "This page provides an overview of the TTS Tech Operations team."),
        ("What is TTS?", "TTS Tech Operations is not just for engineers."),
        ("Why is TTS late?", "TTS is late."),
        ("What is the tightening torque of the lid bolts?", "The tightening torque is 84."),
        ("生成文法是什么？", "文法是一种方式。"),
    ],
)
def test_what_only_mentions_a_thing_does_not_define_it(question: str, text: str) -> None:
    assert not asked(question).is_defined_by(text)


def test_a_word_weighs_less_the_more_sentences_hold_it() -> None:
    term_weights = {"eel": 6.0, "depth": 2.0}
    assert weight_share(term_weights, {"eel", "depth"}) == 1.0
    assert weight_share(term_weights, {"eel"}) == 0.75
    assert weight_share(term_weights, {"eel"}, {"eel": 3, "depth": 1}) == 0.5
    assert weight_share(term_weights, {"eel"}, {"eel": 3}) == 0.5
    assert weight_share(term_weights, {"depth"}, {"eel": 6, "depth": 1}) > weight_share(
        term_weights, {"eel"}, {"eel": 6, "depth": 1}
    )
    assert weight_share({}, {"eel"}) == 0.0


def test_the_rarest_missing_word_counts() -> None:
    question = asked("Parking at the zoo?", parking=2.0, zoo=8.0)
    assert question.missing(frozenset({"zoo"})) == 0.25
    assert question.missing(frozenset({"parking"})) == 1.0
    assert question.missing(frozenset({"parking", "zoo"})) == 0.0


def test_single_characters_of_a_question_count_but_those_that_only_ask() -> None:
    assert asked("水深是多少 in m？").characters == {"水": 1.0, "深": 1.0}
