"""Misspelled words over a lexical index that only counts."""

import pytest
from fakes.entries import entry
from fakes.index import FakeLexicalIndex

from core.values.search import AccessScope
from retrieval.words.edit_costs import cost
from retrieval.words.homophones import Characters
from retrieval.words.spelling import Speller

EVERYBODY = AccessScope(frozenset({"public"}))
FIELD = AccessScope(frozenset({"public", "group:field"}))
GENERAL = {"what", "when", "does", "much", "many", "where", "manual", "tables", "winter", "petersen"}
TEXTS = (
    "The maintenance interval of the label printer is 400 hours. The table shows the torque.",
    "Where the label is skewed, centre the web guide. How much may it be? See what the table says.",
    "Sick leave may be borrowed in advance. The leave is approved by the supervisor, Ms Peterson.",
    "Ms Peterson asks for the receipt. Ms Peterson keeps it.",
    "The air bag of the lifting table needs a physical check. Reset E-42 with the logout switch.",
    "保压试验的压降不超过 0.1 bar。",
    "试验压力 2 bar，压降合格。",
    "压降超过时检查阀门。单核模式在菜单中设置。",
    *["停者不动。菜单例怎。" for _ in range(3)],
)
SECRET = "The quarrantine valve is opened by Falkenberg. 密级试样保存。"


def index(*secrets: str) -> FakeLexicalIndex:
    lexical = FakeLexicalIndex()
    entries = [entry(number, text, "public") for number, text in enumerate(TEXTS, start=1)]
    entries += [entry(100 + number, text, "group:field") for number, text in enumerate(secrets)]
    lexical.replace({each.document_id for each in entries}, entries)
    return lexical


def spelled(question: str, scope: AccessScope = EVERYBODY) -> str:
    lexical = index(SECRET)
    latin = Speller(lexical, scope, GENERAL.__contains__).respelled(question)
    return Characters(lexical, scope).corrected(latin)


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("waht is the maintainance interval", "what is the maintenance interval"),
        ("lable sqewed", "label skewed"),
        ("how mutch leav can be borowed in advanse?", "how much leave can be borrowed in advance?"),
        ("Lable printer", "Label printer"),
        ("is a fisical check needed", "is a physical check needed"),
        ("who gets the reciept", "who gets the receipt"),
        ("when is sickleave approved", "when is sick leave approved"),
        ("怎么设置单盒模式", "怎么设置单核模式"),
        ("保压实验怎么做", "保压试验怎么做"),
        ("压将多少算合格", "压降多少算合格"),
    ],
)
def test_a_misspelled_word_becomes_one_of_the_documents(written: str, meant: str) -> None:
    assert spelled(written) == meant


@pytest.mark.parametrize(
    "question",
    [
        "What does E-24 mean?",
        "LABE and TALE are abbreviations",
        'Where does it say "lable"?',
        "Who is Ms Petersen?",
        "is there a manual in winter",
        "the labels of the tables",
        "Wie viele Urlaubstage verbleiben meinem Kollegen, lable?",
        "the labe's torque",
        "/etc/lable.toml",
        "试验压力是多少？",
        "保压时间是多少",
        "机器停着不能开",
        "菜单里怎么改",
    ],
)
def test_what_is_known_or_exact_stays_as_it_is(question: str) -> None:
    assert spelled(question) == question


def test_a_word_is_never_corrected_to_one_that_the_asker_may_not_read() -> None:
    for question, meant in (
        ("quarantene valve", "quarrantine valve"),
        ("falkenburg", "falkenberg"),
        ("试样报存", "试样保存"),
    ):
        assert spelled(question) == question
        assert spelled(question, FIELD) == meant


def test_the_likelier_slip_costs_less() -> None:
    swapped, doubled, sounding, other = (
        cost(*pair, 2.0)
        for pair in (("lable", "label"), ("borow", "borrow"), ("fone", "phone"), ("lable", "table"))
    )
    assert 0 < doubled < swapped < sounding < other
    assert cost("label", "label", 2.0) == 0.0
    assert cost("label", "centre", 1.0) > 1.0
