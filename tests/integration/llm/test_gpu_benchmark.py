"""The benchmark that waits for a GPU, proved as far as a CPU can."""

import pytest
import torch
from tiny_models import tiny_model

from benchmarks.gpu import decode, main, step_bytes, table


@pytest.mark.parametrize("name", ["qwen3_moe", "deepseek_v2"])
@pytest.mark.parametrize("kv_dtype", ["model", "int8"])
def test_every_sequence_decodes_in_every_step_that_is_timed(name, kv_dtype):
    row = decode(tiny_model(name), kv_dtype, batch=3, context=40, bandwidth=1e9)
    assert row.tokens_per_second > 0
    assert f"| {kv_dtype} | 3 | 40 |" in table([row])


def test_a_step_reads_the_experts_that_are_chosen_and_all_else_once():
    model = tiny_model("qwen3_moe")
    experts = sum(one.nbytes for name, one in model.named_parameters() if ".experts." in name)
    embedding = model.get_input_embeddings().weight.nbytes
    rest = sum(one.nbytes for one in model.parameters()) - experts - embedding
    assert step_bytes(model, 1, 0, 0) == pytest.approx(rest + experts * 2 / 6)
    assert step_bytes(model, 10**4, 100, 7) == pytest.approx(rest + experts + 10**4 * 100 * 7)


@pytest.mark.skipif(torch.cuda.is_available(), reason="there is a GPU")
def test_without_a_gpu_it_says_so(monkeypatch, capsys):
    monkeypatch.setattr("sys.argv", ["benchmarks.gpu"])
    assert main() == 2
    assert "needs a GPU" in capsys.readouterr().err
