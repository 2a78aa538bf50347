"""Term weights over a lexical index that only counts."""

from fakes.entries import entry
from fakes.index import FakeLexicalIndex

from core.text.language import terms
from core.values.search import AccessScope
from retrieval.words.term_weights import emphasis, inverse_frequencies, rare_identifiers, words_unit

EVERYBODY = AccessScope(frozenset({"public"}))


def index(*texts: str) -> FakeLexicalIndex:
    lexical = FakeLexicalIndex()
    entries = [entry(number, text, "public") for number, text in enumerate(texts, start=1)]
    lexical.replace({each.document_id for each in entries}, entries)
    return lexical


PUMPS = index(*["The pump P-77 runs"] * 30, "The pump P-78 leaks grease")


def test_what_stands_everywhere_tells_next_to_nothing() -> None:
    pump, grease, unknown = inverse_frequencies(["pump", "greas", "zebra"], PUMPS, EVERYBODY)
    assert 0 < pump < 0.1 < grease < unknown


def test_a_word_is_as_rare_as_the_commonest_of_its_parts() -> None:
    said = {
        "Is the P-79-pump leaking?"[start:end]: w
        for start, end, w in emphasis("Is the P-79-pump leaking?", PUMPS, EVERYBODY)
    }
    assert list(said) == ["P-79-pump", "leaking"], "a stop word has no say of its own"
    assert said["P-79-pump"] < 0.1 < said["leaking"]


def test_a_name_in_few_chunks_is_one_exact_thing() -> None:
    assert rare_identifiers("Are P-77, P-78 and P-79 alike?", PUMPS, EVERYBODY) == {"p-78": "P-78"}


def test_the_unit_grows_with_what_is_asked_and_is_never_nothing() -> None:
    short, long = (
        words_unit(terms(text), PUMPS, EVERYBODY) for text in ("grease", "grease leaks in the pump")
    )
    assert 0 < short < long
    assert words_unit([], PUMPS, EVERYBODY) == words_unit(["zebra"], PUMPS, EVERYBODY) > 0
