"""Names near one that nothing holds, on the fake and the real lexical index alike."""

from pathlib import Path

import pytest
from fakes.entries import entry
from integration.retrieval.index_kinds import EVERYBODY, LEXICAL, Kind

from core.values.search import AccessScope

ENTRIES = [
    entry(1, "Fault E-4711 stops the filler", "public"),
    entry(2, "Fault E-4712 stops the capper", "public"),
    entry(3, "Fault F-9900 stops the line", "public"),
    entry(4, "Fault E-4713 is secret", "group:field"),
    entry(5, "Tip dock_0x1609009D: tidy up", "public"),
]

pytestmark = pytest.mark.parametrize("kind", LEXICAL, ids=lambda kind: kind.name)


def near(kind: Kind, folder: Path, term: str, scope: AccessScope = EVERYBODY) -> list[int]:
    index = kind.holding(folder, ENTRIES)
    return [hit.chunk_id for hit in index.near(term, scope, 10)]


def test_names_a_few_edits_away_are_found(kind: Kind, tmp_path: Path) -> None:
    assert set(near(kind, tmp_path, "e-4710")) == {1, 2}


def test_one_edit_comes_before_two(kind: Kind, tmp_path: Path) -> None:
    assert near(kind, tmp_path, "e-4721") == [1, 2]


def test_a_name_that_shares_a_part_is_found(kind: Kind, tmp_path: Path) -> None:
    assert near(kind, tmp_path, "fpv_0x1609009d") == [5]


def test_a_name_outside_the_scope_is_not_offered(kind: Kind, tmp_path: Path) -> None:
    assert 4 in near(kind, tmp_path, "e-4710", AccessScope(frozenset({"group:field"})))
    assert near(kind, tmp_path, "e-4710", AccessScope(frozenset())) == []


def test_nothing_is_near_what_is_like_nothing(kind: Kind, tmp_path: Path) -> None:
    assert near(kind, tmp_path, "z-1000000") == []
