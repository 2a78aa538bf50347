"""Weights in an ONNX file, read as protobuf."""

import numpy as np
import pytest
from unit.llm.models.packages.made_files import FLOAT, SIGNED, counted, node, number, onnx, quantized, tensor

from core.errors import ModelError
from llm.models.packages.onnx_bert import bert_weights
from llm.models.packages.onnx_file import read_onnx

BIAS = tensor("encoder.layer.0.output.dense.bias", [0.5, -1.0], FLOAT)
MULTIPLIED = "/encoder/layer.0/output/dense/MatMul_output_0_output_quantized"


@pytest.mark.parametrize("raw", [True, False])
def test_read_onnx_takes_raw_and_typed_values(raw):
    read = read_onnx(onnx(node("Add", ["a", "b"], ["c"]), tensor("w", [[-3, 2], [127, -128]], SIGNED, raw)))
    assert read.tensors["w"].tolist() == [[-3, 2], [127, -128]]
    assert (read.nodes[0].operation, read.nodes[0].inputs, read.nodes[0].outputs) == (
        "Add",
        ("a", "b"),
        ("c",),
    )


def test_bert_weights_multiplies_by_scale_and_turns_matrices():
    matrix = quantized("onnx::MatMul_7", [[1, 2], [3, 4], [5, 6]], [0.5, 2.0], [1, -1])
    file = read_onnx(
        onnx(node("MatMulInteger", ["x", "onnx::MatMul_7_quantized"], [MULTIPLIED]), matrix, BIAS)
    )
    weights = bert_weights(file)
    assert sorted(weights) == ["encoder.layer.0.output.dense.bias", "encoder.layer.0.output.dense.weight"]
    expected = (np.array([[1, 2], [3, 4], [5, 6]]) - [1, -1]) * [0.5, 2.0]
    assert weights["encoder.layer.0.output.dense.weight"].tolist() == expected.T.tolist()
    assert weights["encoder.layer.0.output.dense.bias"].tolist() == [0.5, -1.0]


def test_bert_weights_leaves_an_embedding_as_it_lies():
    table = quantized("embeddings.word_embeddings.weight", [[1, 2, 3], [4, 5, 6]], 0.5, 1)
    file = read_onnx(
        onnx(node("Gather", ["embeddings.word_embeddings.weight_quantized", "ids"], ["/g"]), table)
    )
    found = bert_weights(file)["embeddings.word_embeddings.weight"]
    assert found.tolist() == [[0.0, 0.5, 1.0], [1.5, 2.0, 2.5]]


def test_bert_weights_reads_a_named_head_that_was_not_quantized():
    head = tensor("classifier.weight", [[1.0], [2.0]], FLOAT)
    file = read_onnx(onnx(node("MatMul", ["x", "classifier.weight"], ["logits_MatMul"]), head))
    assert bert_weights(file)["classifier.weight"].tolist() == [[1.0, 2.0]]


@pytest.mark.parametrize("missing", ["_scale", "_zero_point"])
def test_bert_weights_without_scale_or_zero_point_is_an_error(missing):
    whole = quantized("a.weight", [[1]], 1.0, 0)
    parts = onnx(node("Gather", ["a.weight_quantized", "ids"], ["/g"]), whole)
    file = read_onnx(parts)
    del file.tensors[f"a.weight{missing}"]
    with pytest.raises(ModelError, match=f"a.weight{missing}"):
        bert_weights(file)


@pytest.mark.parametrize(
    ("content", "why"),
    [
        (b"\x80" * 20, "damaged"),
        (onnx(node("Add", ["a"], ["b"]), BIAS)[:-5], "ends in the middle"),
        (b"\x3b", "wire type 3"),
        (b"", "no graph"),
        (
            onnx(
                node("Add", ["a"], ["b"]), counted(5, number(1, 4) + number(2, FLOAT) + counted(9, b"1234"))
            ),
            "damaged",
        ),
        (
            onnx(counted(5, number(1, 1) + number(2, FLOAT) + counted(8, b"w") + number(14, 1))),
            "another file",
        ),
    ],
)
def test_read_onnx_of_a_damaged_file_is_an_error(content, why):
    with pytest.raises(ModelError, match=why):
        read_onnx(content)
