"""The chosen experts by kernel: against float64, with unwritten rows poisoned."""

import pytest
import torch
from integration.llm.engine.kernels.paged_cases import error

from llm.engine.seams.experts import StoredWeights
from llm.engine.seams.kernels import fused_experts as kernels
from llm.engine.seams.kernels.routing import route
from llm.engine.tensors.store import quantize

EXPERTS, WIDTH, INNER = 5, 40, 24
# bfloat16 rounds the products of gate and up once more on the way.
LIMITS = {torch.float32: 2e-6, torch.bfloat16: 1.2e-2}


def chosen_by(tokens, each, device, experts=EXPERTS):
    """Distinct experts for each token; the last one is never chosen."""
    return torch.stack([torch.randperm(experts - 1)[:each] for _ in range(tokens)]).to(device)


def stored(shape, dtype, eight_bit, device):
    """Return random weights as stored, and what they stand for in float64."""
    exact = torch.randn(shape, device=device) * shape[-1] ** -0.5
    if eight_bit == "int8":
        numbers, scales = quantize(exact, shape[-1])
        return StoredWeights(numbers, scales[..., 0].contiguous()), numbers.double() * scales.double()
    if eight_bit == "fp8":
        scales = exact.abs().amax(-1, keepdim=True) / 448
        numbers = (exact / scales).to(torch.float8_e4m3fn)
        return StoredWeights(numbers, scales[..., 0].contiguous()), numbers.double() * scales.double()
    return StoredWeights(exact.to(dtype)), exact.to(dtype).double()


def experts64(hidden, chosen, weights, gate_up, down):
    output = torch.zeros(hidden.shape, dtype=torch.float64, device=hidden.device)
    for token in range(len(hidden)):
        for expert, weight in zip(chosen[token].tolist(), weights[token].double(), strict=True):
            if expert < len(down):
                gate, up = (gate_up[expert] @ hidden[token].double()).chunk(2)
                output[token] += weight * (down[expert] @ (torch.nn.functional.silu(gate) * up))
    return output


@pytest.mark.parametrize(("tokens", "each"), [(1, 1), (1, 4), (5, 2), (40, 3)])
def test_pairs_are_sorted_by_expert(device, tokens, each):
    chosen = chosen_by(tokens, each, device)
    order, begins = route(chosen, EXPERTS)
    flat = chosen.flatten()
    assert order.tolist() == torch.sort(flat, stable=True).indices.tolist()
    assert begins.tolist() == [int((flat < expert).sum()) for expert in range(EXPERTS + 1)]


def test_pairs_beyond_one_block_are_sorted_too(device):
    chosen = chosen_by(700, 3, device)
    order, begins = route(chosen, EXPERTS)
    assert order.tolist() == torch.sort(chosen.flatten(), stable=True).indices.tolist()
    assert int(begins[-1]) == 2100


@pytest.mark.parametrize("eight_bit", ["", "int8", "fp8"], ids=["plain", "int8", "fp8"])
@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16])
@pytest.mark.parametrize(("tokens", "each"), [(1, 2), (9, 3), (80, 2)])
def test_experts(device, tokens, each, dtype, eight_bit):
    gate_up, true_gate_up = stored((EXPERTS, 2 * INNER, WIDTH), dtype, eight_bit, device)
    down, true_down = stored((EXPERTS, WIDTH, INNER), dtype, eight_bit, device)
    hidden = torch.randn(tokens, WIDTH, device=device).to(dtype)
    chosen, weights = chosen_by(tokens, each, device), torch.rand(tokens, each, device=device)
    output = kernels.fused_experts(hidden, chosen, weights, gate_up, down)
    assert output.dtype == dtype
    expected = experts64(hidden, chosen, weights, true_gate_up, true_down)
    assert error(output, expected) < LIMITS[dtype]


def test_experts_of_other_processes_add_no_output(device):
    gate_up, true_gate_up = stored((3, 2 * INNER, WIDTH), torch.float32, "", device)
    down, true_down = stored((3, WIDTH, INNER), torch.float32, "", device)
    hidden, chosen = torch.randn(9, WIDTH, device=device), chosen_by(9, 2, device)
    weights = torch.rand(9, 2, device=device)
    output = kernels.fused_experts(hidden, chosen, weights, gate_up, down)
    expected = experts64(hidden, chosen, weights, true_gate_up, true_down)
    assert error(output, expected) < LIMITS[torch.float32]


def test_a_row_does_not_depend_on_its_neighbours(device):
    gate_up, _ = stored((EXPERTS, 2 * INNER, WIDTH), torch.float32, "", device)
    down, _ = stored((EXPERTS, WIDTH, INNER), torch.float32, "", device)
    hidden, chosen = torch.randn(12, WIDTH, device=device), chosen_by(12, 2, device)
    weights = torch.rand(12, 2, device=device)
    together = kernels.fused_experts(hidden, chosen, weights, gate_up, down)
    alone = kernels.fused_experts(hidden[4:5], chosen[4:5], weights[4:5], gate_up, down)
    assert error(alone, together[4:5].double()) < LIMITS[torch.float32]
