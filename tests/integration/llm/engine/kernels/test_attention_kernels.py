"""Decoding over pages by kernel: against float64, with every place that must not be read poisoned."""

import pytest
import torch
from integration.llm.engine.kernels.paged_cases import attention64, error, grouped, latent, paged, poison

from llm.engine.seams.kernels import latent_decode, page_write, paged_decode, split
from llm.engine.seams.kernels.triton_ops import TritonOps
from llm.engine.seams.ops import AttentionRule, TorchOps
from llm.engine.tensors.store import KvStream

# One token; a page's last, first and middle token; more than one tile of the longest kind.
LENGTHS = [1, 8, 140]
# What rounding the query, the weights and the result costs: float32 next to nothing, bfloat16 2^-8 each.
LIMITS = {torch.float32: 2e-6, torch.bfloat16: 8e-3, torch.float16: 1e-3}


def rule_for(heads, window, sinks, device):
    return AttentionRule(0.2, window, torch.randn(heads, device=device) if sinks else None)


def expected_of(case, query, rule, values=lambda states: states[1], keys=lambda states: states[0]):
    return torch.stack(
        [
            attention64(query[row], keys(states), values(states), rule)
            for row, states in enumerate(case.contents)
        ]
    )


@pytest.mark.parametrize("int8", [False, True], ids=["plain", "int8"])
@pytest.mark.parametrize(("window", "sinks"), [(None, False), (13, False), (None, True), (13, True)])
@pytest.mark.parametrize(("key_heads", "group", "width"), [(2, 3, 24), (1, 4, 16)])
def test_grouped_queries(device, int8, window, sinks, key_heads, group, width):
    case = paged(grouped(key_heads, width), LENGTHS, torch.float32, int8, device)
    query = torch.randn(len(LENGTHS), key_heads * group, width, device=device)
    rule = rule_for(key_heads * group, window, sinks, device)
    output = paged_decode.attend_pages(query, *case.streams, case.rows, rule, processors=40)
    assert error(output, expected_of(case, query, rule)) < LIMITS[torch.float32]


@pytest.mark.parametrize("int8", [False, True], ids=["plain", "int8"])
@pytest.mark.parametrize("dtype", [torch.bfloat16, torch.float16])
def test_half_precision(device, dtype, int8):
    case = paged(grouped(2, 32), LENGTHS, dtype, int8, device)
    query = torch.randn(len(LENGTHS), 8, 32, device=device).to(dtype)
    rule = AttentionRule(0.2)
    output = paged_decode.attend_pages(query, *case.streams, case.rows, rule, processors=40)
    assert output.dtype == dtype
    assert error(output, expected_of(case, query, rule)) < LIMITS[dtype]


@pytest.mark.parametrize("page", [1, 5, 32])
def test_any_page_size_and_queries_that_are_views(device, page):
    case = paged(grouped(2, 16), [3, 70], torch.float32, False, device, page=page)
    query = torch.randn(4, 2, 20, device=device)[..., 4:].transpose(0, 1)
    rule = AttentionRule(0.3)
    output = paged_decode.attend_pages(query, *case.streams, case.rows, rule, processors=9)
    assert error(output, expected_of(case, query, rule)) < LIMITS[torch.float32]


def test_parts_do_not_change_the_answer(device):
    case = paged(grouped(1, 16), [300, 30], torch.float32, False, device)
    query, rule = torch.randn(2, 2, 16, device=device), AttentionRule(0.3)
    whole, parts = (
        paged_decode.attend_pages(query, *case.streams, case.rows, rule, processors) for processors in (0, 99)
    )
    assert error(parts, whole.double()) < LIMITS[torch.float32]


@pytest.mark.parametrize(
    ("programs", "most", "processors", "expected"),
    [(1024, 2048, 132, 1), (256, 2048, 132, 2), (64, 2048, 132, 8), (4, 2048, 132, 32), (4, 64, 132, 1)],
)
def test_there_are_as_many_parts_as_fill_the_processors(programs, most, processors, expected):
    assert split.count_parts(programs, most, 64, processors) == expected


def test_tiles_are_of_equal_bytes():
    layout = grouped(4, 128)[0]
    tokens = [
        paged_decode.tile_tokens(KvStream(1, 32, layout, torch.bfloat16, int8)) for int8 in (False, True)
    ]
    assert tokens == [64, 128]


@pytest.mark.parametrize("int8", [False, True], ids=["plain", "int8"])
@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16])
@pytest.mark.parametrize(("heads", "rank", "rotary", "group"), [(4, 16, 4, 16), (17, 128, 8, 64)])
def test_latents(device, int8, dtype, heads, rank, rotary, group):
    case = paged(latent(rank, rotary, group), LENGTHS, dtype, int8, device)
    query = torch.randn(len(LENGTHS), heads, rank + rotary, device=device).to(dtype)
    rule = AttentionRule(0.1)
    output = latent_decode.attend_latents(query, *case.streams, case.rows, rule, processors=20)
    expected = expected_of(
        case, query, rule, values=lambda states: states[0], keys=lambda states: torch.cat(states, -1)
    )
    assert output.dtype == dtype
    assert error(output, expected) < LIMITS[dtype]


def test_latents_of_an_odd_width_are_left_to_the_reference(device):
    case = paged(latent(24, 4, 24), [5, 9], torch.float32, True, device)
    for stream in case.streams:  # the reference reads whole pages, and multiplies what it must not see by 0
        (stream.payload if stream.scales is None else stream.scales).nan_to_num_(0.0)
    query = torch.randn(2, 3, 28, device=device)
    assert not latent_decode.can_attend(case.streams[0])
    ops, rule = TritonOps(torch.device(device)), AttentionRule(0.1)
    expected = TorchOps().attend_latents(query, *case.streams, case.rows, rule)
    assert torch.equal(ops.attend_latents(query, *case.streams, case.rows, rule), expected)


def fresh_pages(num_pages, layouts, dtype, int8, device):
    """Return a layer's two streams, filled with what must never be seen."""
    left, right = (
        poison(KvStream(num_pages, 8, one, dtype, int8).to(torch.device(device))) for one in layouts
    )
    return left, right


@pytest.mark.parametrize("int8", [False, True], ids=["plain", "int8"])
@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16])
@pytest.mark.parametrize("layouts", [grouped(3, 24), latent(128, 8, 64), latent(16, 4, 16)])
def test_pages_hold_the_same_bytes_by_kernel_and_reference(device, layouts, dtype, int8):
    ours, theirs = (fresh_pages(6, layouts, dtype, int8, device) for _ in range(2))
    slots = torch.randperm(48, device=device)[:11]
    left, right = (
        (torch.randn(1, one.heads, 11, one.width, device=device) * 3).to(dtype)[0].transpose(0, 1)
        for one in layouts
    )
    left[2] = 0.0
    states = (left, right)
    assert page_write.can_write(states)
    page_write.write_pages(ours, slots, states)
    TorchOps().write(theirs, slots, states)
    for left, right in zip(ours, theirs, strict=True):
        assert torch.equal(left.payload.nan_to_num(9), right.payload.nan_to_num(9))
        if left.scales is not None:
            assert torch.equal(left.scales.nan_to_num(9), right.scales.nan_to_num(9))


def test_halves_are_rounded_to_even(device):
    layout = grouped(1, 16)
    streams = fresh_pages(1, layout, torch.float32, True, device)
    values = torch.tensor([127, 0.5, 1.5, 2.5, -0.5, -1.5, -2.5, 126.5] * 2, device=device).view(1, 1, 16)
    page_write.write_pages(streams, torch.tensor([3], device=device), (values, values))
    assert streams[0].payload[0, 3, 0, :8].tolist() == [127, 0, 2, 2, 0, -2, -2, 126]
