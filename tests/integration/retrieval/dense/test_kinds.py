"""Which index for how many chunks, and how one kind gives way to the next."""

from pathlib import Path
from typing import Any

import pytest
from fakes.entries import DIMENSION, entry

from core.errors import IndexUnusableError
from core.settings import RetrievalSettings
from retrieval.dense.kinds import DenseKinds

GIB = 2**30


def kinds(scratch: Path, device: str = "cpu", dimension: int = 384, **settings: Any) -> DenseKinds:
    return DenseKinds(dimension, scratch, RetrievalSettings(**settings), device)


@pytest.mark.parametrize(
    ("chunks", "memory", "device", "kind"),
    [
        (0, 4 * GIB, "cpu", "exact"),
        (50_000, 4 * GIB, "cpu", "exact"),
        (50_001, 4 * GIB, "cpu", "hnsw"),
        (1_000_000, 4 * GIB, "cpu", "hnsw"),
        (10_000_000, 4 * GIB, "cpu", "ivfpq"),
        (1_000_000, GIB // 2, "cpu", "ivfpq"),
        (40_000, 10_000_000, "cpu", "ivfpq"),
        (5_000_000, 4 * GIB, "cuda:0", "torch"),
        (10_000_000, 4 * GIB, "cuda:0", "ivfpq"),
    ],
)
def test_size_and_memory_choose(tmp_path: Path, chunks: int, memory: int, device: str, kind: str) -> None:
    assert kinds(tmp_path, device, dense_memory_bytes=memory).suits(chunks, "") == kind


def test_no_kind_swings_to_and_fro(tmp_path: Path) -> None:
    auto = kinds(tmp_path)
    assert auto.suits(49_000, "hnsw") == "hnsw"
    assert auto.suits(20_000, "hnsw") == "exact"
    assert auto.suits(3_500_000, "hnsw") == "hnsw"
    assert auto.suits(3_500_000, "ivfpq") == "ivfpq"
    assert auto.suits(1_500_000, "ivfpq") == "hnsw"


@pytest.mark.parametrize("kind", ["exact", "hnsw", "ivfpq", "torch"])
def test_a_kind_is_recognized_by_its_file_under_any_settings(tmp_path: Path, kind: str) -> None:
    before = kinds(tmp_path, dimension=DIMENSION, dense_index=kind)
    index = before.open(None)
    index.replace({1}, [entry(1, "pump", "public")])
    folder = tmp_path / "saved"
    folder.mkdir()
    index.save(folder)
    assert index.successor() is None
    index.close()
    other = "hnsw" if kind == "exact" else "exact"
    now = kinds(tmp_path, dimension=DIMENSION, dense_index=other)
    opened = now.open(folder)
    assert opened.kind == kind
    assert opened.ids().tolist() == [1]
    after = opened.successor()
    assert after is not None
    assert after.kind == other
    assert after.ids().tolist() == []
    opened.close()
    after.close()


def test_an_index_made_anew_is_at_once_of_the_kind_that_it_will_need(tmp_path: Path) -> None:
    auto = DenseKinds(DIMENSION, tmp_path, RetrievalSettings(), "cpu", lambda: 60_000)
    made = auto.open(None)
    assert made.kind == "hnsw"


def test_a_folder_of_something_else_is_refused(tmp_path: Path) -> None:
    with pytest.raises(IndexUnusableError, match="not hold a dense index"):
        kinds(tmp_path).open(tmp_path)
