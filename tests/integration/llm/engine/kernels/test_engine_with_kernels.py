"""Whole engines whose seams are answered by kernels say what `generate` says."""

import pytest
import torch
from integration.llm.engine.test_parity import PROMPTS, answer_all
from integration.llm.tiny_models import tiny_model

from core.errors import ModelError
from core.settings import EngineSettings
from llm.engine.build import build_engine
from llm.engine.quantization import quantize_weights
from llm.engine.request import Sampling
from llm.engine.seams import choice
from llm.engine.seams.choice import choose_seams
from llm.engine.seams.experts import are_plain, expert_layers, torch_experts
from llm.engine.seams.kernels.triton_experts import TritonExperts
from llm.engine.seams.kernels.triton_ops import TritonOps
from llm.engine.seams.ops import TorchOps

SETTINGS = EngineSettings(
    page_tokens=8, pages=16, max_step_tokens=20, max_sequences=2, kernels="triton", graphs=False
)
# The interpreter is slow: short prompts, one of them longer than a step.
SOME = [PROMPTS[0][:9], PROMPTS[1][2:26]]
NEW_TOKENS = 4
FEW = Sampling(max_tokens=NEW_TOKENS)
FEW_EXPERTS = {
    "qwen3_moe": {"num_experts": 4},
    "olmoe": {"num_experts": 4},
    "gpt_oss": {"num_local_experts": 4},
    "deepseek_v2": {"n_routed_experts": 4, "hidden_size": 16, "n_group": 1},
    "deepseek_v3": {"n_routed_experts": 4, "hidden_size": 16, "n_group": 1},
}


@pytest.fixture
def model_of(device):
    return lambda name: tiny_model(name, num_hidden_layers=2, **FEW_EXPERTS[name]).to(device)


def generated(model, prompts=SOME):
    answers = []
    for prompt in prompts:
        tokens = torch.tensor([prompt], device=model.device)
        output = model.generate(
            tokens, attention_mask=torch.ones_like(tokens), max_new_tokens=NEW_TOKENS, do_sample=False
        )
        answers.append(output[0, len(prompt) :].tolist())
    return answers


@pytest.mark.parametrize("name", ["qwen3_moe", "deepseek_v3", "gpt_oss"])
def test_engine_with_kernels_equals_generate(model_of, name):
    model = model_of(name)
    expected = generated(model)
    answers, _ = answer_all(build_engine(model, SETTINGS), SOME, FEW)
    assert answers == expected


@pytest.mark.parametrize("name", ["qwen3_moe", "deepseek_v2"])
def test_int8_pages_are_read_as_the_reference_reads_them(model_of, name):
    settings = SETTINGS.model_copy(update={"kv_dtype": "int8"})
    model = model_of(name)
    answers, _ = answer_all(build_engine(model, settings), SOME[1:], FEW)
    plain = settings.model_copy(update={"kernels": "torch"})
    reference, _ = answer_all(build_engine(model, plain), SOME[1:], FEW)
    assert answers == reference


@pytest.mark.parametrize("weights", ["int8", "fp8"])
@pytest.mark.filterwarnings("ignore")
def test_experts_in_eight_bits(model_of, device, weights):
    pytest.importorskip("torchao")
    model = model_of("qwen3_moe")
    quantize_weights(model, weights)
    experts = expert_layers(model)[0]
    hidden = torch.randn(5, 32, device=device)
    chosen = torch.tensor([[0, 1], [1, 3], [2, 0], [3, 2], [1, 0]], device=device)
    shares = torch.rand(5, 2, device=device)
    expected = torch_experts(experts, hidden, chosen, shares)
    found = TritonExperts(torch.device(device))(experts, hidden, chosen, shares)
    assert float((found - expected).norm() / expected.norm()) < (2e-6 if weights == "int8" else 5e-3)


def test_experts_of_an_uncommon_kind_are_left_to_the_library(model_of, device):
    model = model_of("gpt_oss")
    experts = expert_layers(model)[0]
    assert not are_plain(experts)
    assert are_plain(expert_layers(model_of("olmoe"))[0])
    hidden = torch.randn(3, 32, device=device)
    chosen, shares = torch.tensor([[0, 1]] * 3, device=device), torch.rand(3, 2, device=device)
    found = TritonExperts(torch.device(device))(experts, hidden, chosen, shares)
    assert torch.equal(found, torch_experts(experts, hidden, chosen, shares))


def test_kernels_are_chosen_by_wish_and_device(device):
    here = torch.device(device)
    assert isinstance(choose_seams("triton", here).attention, TritonOps)
    assert isinstance(choose_seams("torch", here).attention, TorchOps)
    assert isinstance(choose_seams("auto", here).attention, TorchOps if device == "cpu" else TritonOps)


def test_kernels_asked_for_by_name_that_cannot_run_are_an_error(monkeypatch):
    monkeypatch.setenv("TRITON_INTERPRET", "0")
    with pytest.raises(ModelError, match="cpu is not a GPU"):
        choose_seams("triton", torch.device("cpu"))
    monkeypatch.setattr(choice, "find_spec", lambda name: None)
    with pytest.raises(ModelError, match="`gpu` extra"):
        choose_seams("triton", torch.device("cpu"))
