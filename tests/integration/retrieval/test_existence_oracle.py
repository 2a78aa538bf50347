"""What an asker sees is the same with and without a document that they may not read.

An answer takes five times as long as a search. Therefore each probe is searched for, and every fifth one is
answered; VADE_ALL_PROBES answers all of them, in some twenty seconds more.
"""

from collections.abc import Iterator
from dataclasses import asdict
from itertools import islice, product
from typing import Any

import pytest
from fakes.application import make_app
from fakes.source import FakeSource

from api.app import App
from core.permissions import scope_of

PROBES = 1000
# The attacker's own two documents: which of them comes first for a code told whether the code is in a secret.
OWN = {
    "own-a.md": "The zebra crossing of gate ZX-9999 is painted twice a year. " * 3,
    "own-b.md": "A zebra has stripes. The zebra feeds on grass near the gate, and nothing is painted.",
}
SHARED = {
    "leave.md": "# Leave\n\nCarried-over leave days expire on 31 March. All have 28 days of annual leave.",
    "codes.csv": "Code,Meaning,Remedy\nE-42,Bowl pressure low,Open valve HV-101\nE-43,Lid open,Close it\n",
    "pump.md": "# Pump P-77\n\nThe pump gets 40 g of grease every 400 hours. It trips at 110 degrees.",
    "泵.md": "# 润滑\n\n润滑泵每四百小时加注润滑脂四十克。阀门泄漏时关闭进水口。",
}
# Among its words are those of the probes; it is long, so that it would move every mean.
SECRET = (
    "# Project Falcon\n\nThe merger with Quarrendell is signed on 9 May. Code ZX-9957 opens the zebra vault. "
    "Fault E-44 stops the palletiser. The pump P-78 trips at 99 degrees. Leave days expire on 30 June. "
    "收购计划的密码是鹰。润滑泵停止。\n\n" + "Salaries of the board rise by a fifth each year. " * 60
)

# A long question is cut to its rarest clauses, if it names nothing and asks nothing.
LONG = (
    "Yesterday we were at the gate, as every week, the sun was out and the grass was green. Then {} came up, "
    "after the zebra had been fed, and somebody painted the crossing. Later we talked about leave and days, "
    "about grease and hours, and about everything that moves near the gate in the long summer of the year."
)


@pytest.fixture(scope="module")
def apps(tmp_path_factory: pytest.TempPathFactory) -> Iterator[list[App]]:
    """Two installations that differ in one document, read in the middle, which only the board may read."""
    opened = [make_app(tmp_path_factory.mktemp(name)) for name in ("without", "with")]
    for app, secrets in zip(opened, ({}, {"falcon.md": SECRET}), strict=True):
        source = FakeSource()
        for name, text in (SHARED | OWN).items():
            source.put(name, text)
        for name, text in secrets.items():
            source.put(name, text, "group:board")
        app.ingestion.ingest(source)
    yield opened
    for app in opened:
        app.close()


def probes() -> list[str]:
    """Return questions for words, codes, names and numbers, of which some are only in the secret."""
    asked = [f"zebra ZX-{number}" for number in range(9900, 10000)]
    asked += [f"What does fault E-{number} mean?" for number in range(30, 70)]
    asked += [f"At which temperature does the pump P-{number} trip?" for number in range(60, 90)]
    who = "merger Quarrendell vault Falcon palletiser salaries board grease leave zebra 收购 密码".split()
    how = (
        "{} {}",
        "What is the {} of the {}?",
        "When is the {} due, after the {}?",
        "How many days of {} are there before the {}?",
        'Is "{} {}" signed?',
        "Who knows about {} and {}?",
        "Does the {} stop the {}?",
    )
    asked += [f"How much grease does the pump of the {one} get?" for one in who]
    asked += [f"When do carried-over leave days expire, with the {one}?" for one in who]
    asked += [LONG.format(one) for one in who]
    asked += [
        f"When is the {one} signed?" for one in "mergr vualt palletizer salarys grese 收够 蜜码".split()
    ]
    pairs = product(who, who, how)
    asked += (form.format(one, other) for one, other, form in pairs if one != other)
    assert len(set(asked)) >= PROBES
    return list(islice(dict.fromkeys(asked), PROBES))


def found(app: App, question: str) -> list[tuple[str, str, float]]:
    """Return the URI, text and score of each passage that an asker finds, in order."""
    results = app.searcher.search(question, scope_of(None), 50)
    return [(passage.uri, passage.text, passage.score) for passage in results.passages]


def said(app: App, question: str) -> dict[str, Any]:
    """Return all of an answer but times and ids: text, refusal, near names, quotes, numbers."""
    answer = asdict(app.answerer.answer(question, scope_of(None)))
    return {name: _without_ids(value) for name, value in answer.items() if name != "timings"}


def _without_ids(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _without_ids(one) for name, one in value.items() if "document_id" not in name}
    return [_without_ids(one) for one in value] if isinstance(value, list | tuple) else value


def test_a_thousand_probes_find_the_same_with_and_without_a_secret_document(apps: list[App]) -> None:
    without, present = apps
    expected = {question: found(without, question) for question in probes()}
    assert [question for question, hits in expected.items() if found(present, question) != hits] == []
    assert len(set(map(str, expected.values()))) > PROBES / 10


def test_answers_and_refusals_are_the_same_with_and_without_a_secret_document(
    apps: list[App], every_probe: bool
) -> None:
    without, present = apps
    expected = {question: said(without, question) for question in probes()[:: 1 if every_probe else 5]}
    assert [question for question, one in expected.items() if said(present, question) != one] == []
    assert {one["refused"] for one in expected.values()} == {True, False}


def test_the_secret_is_found_by_those_who_may_read_it(apps: list[App]) -> None:
    _, present = apps
    answer = present.answerer.answer("Which code opens the zebra vault?", scope_of("ann", ("board",)))
    assert "ZX-9957" in answer.text
