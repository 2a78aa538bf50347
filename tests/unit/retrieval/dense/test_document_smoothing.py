import numpy as np
import pytest

from retrieval.dense.document_smoothing import smoothed


def test_an_inner_product_is_the_chunks_likeness_and_half_its_documents() -> None:
    rows = np.eye(3, dtype=np.float32)
    leaned = smoothed(rows, [7, 7, 9])
    query = rows[0]
    assert leaned @ query == pytest.approx([1 + 0.5 / np.sqrt(2), 0.5 / np.sqrt(2), 0.0])
    assert leaned.dtype == np.float32


def test_a_document_of_one_chunk_keeps_its_direction() -> None:
    rows = np.eye(2, dtype=np.float32)
    assert smoothed(rows, [1, 2]) == pytest.approx(1.5 * rows)


def test_documents_whose_chunks_cancel_out_are_not_smoothed() -> None:
    rows = np.array([[1, 0], [-1, 0]], np.float32)
    assert smoothed(rows, [1, 1]) == pytest.approx(rows)


def test_no_rows_stay_no_rows() -> None:
    assert smoothed(np.zeros((0, 4), np.float32), []).shape == (0, 4)
