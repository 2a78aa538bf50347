from collections import Counter

from benchmarks.parsing.measures import (
    cell_counts,
    markdown_tables,
    neighbours,
    order,
    plain,
    without_addresses,
    word_recall,
    words,
)
from benchmarks.parsing.readers import document_tables
from ingest.parsers.base import DocumentBuilder


def test_words_are_lower_case_without_signs_and_ideographs_stand_alone() -> None:
    assert words("The ﬁrst Day_one, 2.5 kg: 故障码") == [*"the first day one 2 5 kg".split(), *"故障码"]


def test_a_word_counts_as_often_as_it_stands_there() -> None:
    assert word_recall(words("a a a b"), words("a b b")) == (2, 4)


def test_order_is_the_share_of_triples_that_go_forward() -> None:
    text = [f"w{number}" for number in range(40)]
    assert order(text, text) == (38, 38)
    kept, known = order(text, [*text[20:], *text[:20]])
    assert (kept, known) == (18, 36)


def test_a_cell_counts_whatever_its_spaces() -> None:
    assert cell_counts([[["A b", ""], ["- ab", "C"]]]) == Counter({"ab": 2, "c": 1})


def test_neighbours_skip_empty_cells() -> None:
    table = [["a", "", "b"], ["c", "d", ""]]
    assert neighbours(table) == Counter(
        [("a", "b", "right"), ("c", "d", "right"), ("a", "c", "below")],
    )


def test_markdown_without_its_markup() -> None:
    assert (
        words(plain("# A\n<!-- image -->\n![x](y.png) [link](http://z) 5 &lt; 6 \\_")) == "a link 5 6".split()
    )


def test_pipe_tables_are_read_and_their_rules_left_out() -> None:
    text = "before\n\n| a | b \\| c |\n|:---|---:|\n| 1 |  |\n\nafter | all\n"
    assert markdown_tables(text) == [[["a", "b | c"], ["1", ""]]]


def test_tables_of_a_document_end_at_a_blank_line() -> None:
    builder = DocumentBuilder(media_type="text/plain")
    builder.table(["a", "b"], [["", "2"]])
    builder.table(["c", "d"], [])
    assert list(document_tables(builder.build("t"))) == [[["a", "b"], ["", "2"]], [["c", "d"]]]


def test_addresses_behind_links_count_on_neither_side() -> None:
    ours = "See the form (https://x.example/f_(1)), it (desk@example.org) or (this)."
    assert without_addresses(ours) == "See the form, it or (this)."
    assert words(plain("See the [form](https://x.example/f), it.")) == ["see", "the", "form", "it"]
