"""Eight-bit weights: close to the model, and the same in pages as outside them."""

import pytest
import torch
from integration.llm.engine.test_parity import PROMPTS, answer_all, engine_for
from integration.llm.tiny_models import tiny_model

from core.errors import UnsupportedModelError
from llm.engine.quantization import quantize_weights

pytest.importorskip("torchao")
pytestmark = pytest.mark.filterwarnings("ignore")


@pytest.mark.parametrize(("weights", "most"), [("int8", 0.05), ("fp8", 0.5)])
@pytest.mark.parametrize("name", ["qwen3_moe", "deepseek_v3"])
def test_a_quantized_model_runs_in_pages_and_stays_near(name, weights, most):
    model, tokens = tiny_model(name), torch.tensor([PROMPTS[0]])
    with torch.no_grad():
        exact = model(tokens).logits
        quantize_weights(model, weights)
        error = (model(tokens).logits - exact).norm() / exact.norm()
        reference = model.generate(
            tokens, attention_mask=torch.ones_like(tokens), max_new_tokens=8, do_sample=False
        )
    assert 0 < error < most
    answers, _ = answer_all(engine_for(model), PROMPTS[:2])
    assert answers[0][:8] == reference[0, tokens.shape[1] :].tolist()


def test_experts_that_cannot_be_held_in_float8_are_named():
    with pytest.raises(UnsupportedModelError, match="gpt_oss"):
        quantize_weights(tiny_model("gpt_oss"), "fp8")


def test_weights_as_stored_are_not_converted():
    model = tiny_model("llama")
    before = model.lm_head.weight.clone()
    quantize_weights(model, "model")
    assert torch.equal(model.lm_head.weight, before)
