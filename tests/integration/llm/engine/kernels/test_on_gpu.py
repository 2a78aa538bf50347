"""What only a GPU can show: true shapes, recorded graphs, memory, and the library's prefill."""

import os

import pytest
import torch
from integration.llm.engine.kernels.paged_cases import attention64, error, grouped, latent, paged
from integration.llm.engine.kernels.test_expert_kernels import chosen_by, experts64, stored
from integration.llm.engine.test_parity import PROMPTS, answer_all
from integration.llm.tiny_models import tiny_model

from core.errors import ModelError
from core.settings import EngineSettings
from llm.engine.build import build_engine
from llm.engine.seams.kernels import fused_experts, latent_decode, paged_decode
from llm.engine.seams.kernels.triton_ops import attend_varlen, takes_varlen
from llm.engine.seams.ops import AttentionRule

ON_GPU = torch.cuda.is_available() and os.environ["TRITON_INTERPRET"] != "1"
pytestmark = [
    pytest.mark.gpu,
    pytest.mark.skipif(not ON_GPU, reason="needs a GPU and TRITON_INTERPRET=0: make test-gpu"),
]
HALF = 6e-3  # bfloat16: query, weights and result are rounded to 2^-9
SETTINGS = EngineSettings(page_tokens=32, pages=256, max_step_tokens=256, max_sequences=6)


@pytest.fixture
def gpu():
    return torch.device("cuda")


@pytest.mark.parametrize("int8", [False, True], ids=["plain", "int8"])
@pytest.mark.parametrize("lengths", [[8192], [1, 32, 33, 2047, 4096] * 13], ids=["alone", "many"])
def test_qwen3s_decoding(gpu, lengths, int8):
    case = paged(grouped(4, 128), lengths, torch.bfloat16, int8, gpu, page=32)
    query, rule = (
        torch.randn(len(lengths), 32, 128, device=gpu, dtype=torch.bfloat16),
        AttentionRule(128**-0.5),
    )
    found = paged_decode.attend_pages(query, *case.streams, case.rows, rule, processors=132)
    expected = [
        attention64(one, keys, values, rule) for one, (keys, values) in zip(query, case.contents, strict=True)
    ]
    assert error(found, torch.stack(expected)) < HALF


@pytest.mark.parametrize("int8", [False, True], ids=["plain", "int8"])
@pytest.mark.parametrize("lengths", [[8192], [1, 32, 33, 2047] * 16], ids=["alone", "many"])
def test_deepseeks_decoding(gpu, lengths, int8):
    case = paged(latent(512, 64, 64), lengths, torch.bfloat16, int8, gpu, page=32)
    query, rule = (
        torch.randn(len(lengths), 16, 576, device=gpu, dtype=torch.bfloat16),
        AttentionRule(192**-0.5),
    )
    found = latent_decode.attend_latents(query, *case.streams, case.rows, rule, processors=132)
    expected = [
        attention64(one, torch.cat(states, -1), states[0], rule)
        for one, states in zip(query, case.contents, strict=True)
    ]
    assert error(found, torch.stack(expected)) < HALF


@pytest.mark.parametrize("eight_bit", ["", "int8", "fp8"], ids=["plain", "int8", "fp8"])
@pytest.mark.parametrize("tokens", [1, 16, 64, 256])
@pytest.mark.parametrize(("experts", "each", "inner"), [(128, 8, 768), (64, 6, 1408)])
def test_true_experts(gpu, experts, each, inner, tokens, eight_bit):
    gate_up, true_gate_up = stored((experts, 2 * inner, 2048), torch.bfloat16, eight_bit, gpu)
    down, true_down = stored((experts, 2048, inner), torch.bfloat16, eight_bit, gpu)
    hidden = torch.randn(tokens, 2048, device=gpu, dtype=torch.bfloat16)
    chosen, weights = chosen_by(tokens, each, gpu, experts), torch.rand(tokens, each, device=gpu)
    found = fused_experts.fused_experts(hidden, chosen, weights, gate_up, down)
    some = slice(0, 4)
    expected = experts64(hidden[some], chosen[some], weights[some], true_gate_up, true_down)
    assert error(found[some], expected) < HALF
    assert torch.isfinite(found).all()


@pytest.mark.parametrize(("new", "past"), [(1, 40), (70, 0), (33, 100)])
@pytest.mark.parametrize("sinks", [False, True])
@pytest.mark.parametrize("window", [None, 24])
@pytest.mark.parametrize(("width", "value_width"), [(128, 128), (192, 128)])
def test_prompts_by_the_librarys_attention(gpu, new, past, sinks, window, width, value_width):
    query = torch.randn(1, 8, new, width, device=gpu, dtype=torch.bfloat16)
    keys = torch.randn(1, 2, past + new, width, device=gpu, dtype=torch.bfloat16)
    values = torch.randn(1, 2, past + new, value_width, device=gpu, dtype=torch.bfloat16)
    if not takes_varlen(query):
        pytest.skip("this torch's variable-length attention has no windows; the reference is used")
    rule = AttentionRule(0.1, window, torch.randn(8, device=gpu) if sinks else None)
    found = attend_varlen(query, keys, values, rule)
    assert found.shape == (1, 8, new, value_width)
    for place in range(new):
        seen = past + place + 1
        old, read = (states[0, :, :seen].transpose(0, 1).double() for states in (keys, values))
        assert error(found[0, :, place], attention64(query[0, :, place], old, read, rule)) < 2 * HALF


@pytest.mark.parametrize("name", ["qwen3_moe", "gpt_oss", "deepseek_v3"])
def test_recorded_steps_equal_steps(gpu, name):
    # In float32 the library multiplies gpt-oss's experts one after the other, and waits for the host.
    dtype = torch.bfloat16 if name == "gpt_oss" else torch.float32
    model = tiny_model(name, dtype=dtype).to(gpu)
    plain, _ = answer_all(build_engine(model, SETTINGS.model_copy(update={"graphs": False})), PROMPTS)
    recorded, _ = answer_all(build_engine(model, SETTINGS), PROMPTS)
    assert recorded == plain


def test_a_step_does_not_wait_for_the_device(gpu):
    model = tiny_model("qwen3_moe", dtype=torch.bfloat16).to(gpu)
    engine = build_engine(model, SETTINGS)
    answer_all(engine, PROMPTS)
    torch.cuda.set_sync_debug_mode("error")
    try:
        answers, _ = answer_all(engine, PROMPTS)
    finally:
        torch.cuda.set_sync_debug_mode("default")
    assert all(answers)


def test_pages_fill_what_the_model_leaves(gpu):
    settings = SETTINGS.model_copy(update={"pages": 0, "memory_share": 0.5})
    engine = build_engine(tiny_model("qwen3_moe").to(gpu), settings)
    free, total = torch.cuda.mem_get_info(gpu)
    assert total - free < 0.55 * total
    assert engine.pool.num_pages > 1000
    with pytest.raises(ModelError, match="bytes more are needed"):
        build_engine(tiny_model("qwen3_moe").to(gpu), settings.model_copy(update={"memory_share": 0.001}))
