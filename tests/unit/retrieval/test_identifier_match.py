from fakes.passages import passage

from retrieval.identifier_match import exact_first, identifiers_near, ranges_first, unknown_identifiers

RIGHT = passage("E-4711: the filler stops.", document_id=1)
ALIKE = passage("E-4712: the filler stops.", document_id=2)
BOTH = passage("E-4711 and E-4712 stop the filler.", document_id=3)
PLAIN = passage("The filler stops when it is full.", document_id=4)


def test_what_tells_of_another_thing_of_a_like_name_comes_last() -> None:
    assert exact_first([ALIKE, PLAIN, BOTH, RIGHT], {"e-4711": "E-4711"}, []) == [PLAIN, BOTH, RIGHT, ALIKE]


def test_of_two_that_hold_a_name_the_one_that_writes_it_as_asked_comes_first() -> None:
    lower = passage("e-4711: the filler stops.", document_id=5)
    assert exact_first([lower, PLAIN, RIGHT], {"e-4711": "E-4711"}, []) == [RIGHT, PLAIN, lower]
    assert exact_first([lower, PLAIN, RIGHT], {"e-4711": "e-4711"}, []) == [lower, PLAIN, RIGHT]


def test_what_holds_the_quoted_words_comes_first() -> None:
    assert exact_first([PLAIN, RIGHT, BOTH], {}, ["the filler stops."]) == [RIGHT, PLAIN, BOTH]
    assert exact_first([PLAIN, RIGHT], {}, ["nowhere"]) == [PLAIN, RIGHT]


def test_a_passage_that_names_what_is_asked_for_by_a_range_comes_first() -> None:
    texts = ("E-60 stops.", "Codes E-40 to E-49: too hot.", "E-50 to E-59: loud.")
    shown = [passage(text, document_id=number) for number, text in enumerate(texts)]
    assert [one.text[:4] for one in ranges_first(shown, {"e-44"})] == ["Code", "E-60", "E-50"]
    assert ranges_first(shown, {"e-99"}) == shown


def test_without_names_and_quotes_the_order_stays() -> None:
    assert exact_first([ALIKE, RIGHT], {}, []) == [ALIKE, RIGHT]


def test_a_name_that_no_passage_holds_is_unknown_unless_another_one_is_held() -> None:
    assert unknown_identifiers("What does E-4799 mean?", [RIGHT, ALIKE]) == {"e-4799": "E-4799"}
    assert unknown_identifiers("Is E-4799 like E-4711?", [RIGHT]) == {}
    assert unknown_identifiers("Why does the filler stop?", [RIGHT]) == {}


def test_near_names_are_offered_as_documents_write_them() -> None:
    assert identifiers_near(["e-4710"], [BOTH, PLAIN]) == {"E-4711": BOTH, "E-4712": BOTH}
    assert identifiers_near(["e-4710"], [PLAIN]) == {}
