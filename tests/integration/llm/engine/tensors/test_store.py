import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from llm.engine.seams.ops import AttentionRule, TorchOps
from llm.engine.tensors.batch import DecodeRows
from llm.engine.tensors.store import KvLayout, KvStore, KvStream, dequantize, quantize
from llm.engine.tensors.stream_layout import StreamLayout

PAGE = 4


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 2**31), st.sampled_from([4, 8, 32]), st.floats(1e-6, 1e6))
def test_a_round_trip_errs_by_half_a_scale_at_most(seed, group, size):
    values = torch.randn(5, 2, 32, generator=torch.Generator().manual_seed(seed)) * size
    numbers, scales = quantize(values, group)
    error = (dequantize(numbers, scales, torch.float32) - values).abs().view(5, 2, -1, group)
    assert (error <= scales.unsqueeze(-1) * 0.5001).all()


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 2**31), st.sampled_from([4, 8, 32]), st.floats(1e-3, 1e6))
def test_the_largest_number_of_a_group_takes_all_levels(seed, group, size):
    values = torch.randn(5, 2, 32, generator=torch.Generator().manual_seed(seed)) * size
    numbers, scales = quantize(values, group)
    grouped = values.view(5, 2, -1, group)
    assert (numbers.view(5, 2, -1, group).abs().amax(-1) == 127).all()
    error = (dequantize(numbers, scales, torch.float32).view_as(grouped) - grouped).abs().amax(-1)
    assert (error <= grouped.abs().amax(-1) / 253.9).all()


@pytest.mark.parametrize("value", [0.0, -3.0, 1e-30])
def test_a_constant_group_survives(value):
    numbers, scales = quantize(torch.full((1, 1, 8), value), 8)
    assert torch.allclose(dequantize(numbers, scales, torch.float32), torch.tensor(value), atol=1e-8)


def test_one_large_number_costs_only_its_own_group():
    values = torch.ones(1, 1, 128)
    values[..., 0] = 1000.0
    numbers, scales = quantize(values, 64)
    assert (dequantize(numbers, scales, torch.float32)[..., 64:] == 1).all()


@pytest.mark.parametrize("int8", [False, True])
def test_slots_are_read_back_page_by_page(int8):
    stream = KvStream(6, PAGE, StreamLayout(2, 8, 8), torch.float32, int8)
    values = torch.randn(7, 2, 8)
    pages = [5, 2]
    slots = torch.tensor([pages[place // PAGE] * PAGE + place % PAGE for place in range(7)])
    other = KvStream(6, PAGE, StreamLayout(2, 4, 4), torch.float32, int8)
    TorchOps().write((stream, other), slots, (values, values[..., :4]))
    for one, width in ((stream, 8), (other, 4)):
        read = TorchOps().read(one, torch.tensor([pages]))
        assert read.shape == (1, 2 * PAGE, 2, width)
        assert torch.allclose(read[0, :7], values[..., :width], atol=0.03 if int8 else 0)


@pytest.mark.parametrize(
    ("layout", "plain", "int8"),
    [
        ((StreamLayout(4, 128, 128), StreamLayout(4, 128, 128)), 2048, 1056),
        ((StreamLayout(8, 64, 64), StreamLayout(8, 64, 64)), 2048, 1088),
        ((StreamLayout(1, 512, 64), StreamLayout(1, 64, 0)), 1152, 672),
    ],
)
def test_bytes_of_a_token(layout, plain, int8):
    whole = KvLayout({0: layout}, torch.bfloat16, torch.device("cpu"))
    assert (whole.bytes_per_token("model"), whole.bytes_per_token("int8")) == (plain, int8)
    assert KvStore(whole, 3, PAGE, "model").num_bytes == plain * 3 * PAGE
    assert KvStore(whole, 3, PAGE, "int8").num_bytes == int8 * 3 * PAGE


def naive(query, keys, values, rule):
    """One query `(h, d)` over keys `(L, k, d)`, in float64, head by head."""
    length, key_heads = keys.shape[:2]
    groups = len(query) // key_heads
    output = []
    for head in range(len(query)):
        scores = keys[:, head // groups].double() @ query[head].double() * rule.scaling
        first = 0 if rule.window is None else max(0, length - rule.window)
        scores[:first] = float("-inf")
        if rule.sinks is not None:
            scores = torch.cat([scores, rule.sinks[head : head + 1].double()])
        weights = scores.softmax(0)[:length]
        output.append(weights @ values[:, head // groups].double())
    return torch.stack(output).float()


@pytest.mark.parametrize("window", [None, 3])
@pytest.mark.parametrize("sinks", [False, True])
def test_attention_over_pages_equals_the_formula(window, sinks):
    torch.manual_seed(3)
    rule = AttentionRule(0.3, window, torch.randn(6) if sinks else None)
    ops, lengths = TorchOps(), [9, 1, 6]
    layout = StreamLayout(3, 8, 8)
    streams = (
        KvStream(8, PAGE, layout, torch.float32, False),
        KvStream(8, PAGE, layout, torch.float32, False),
    )
    for stream in streams:
        stream.payload.fill_(99.0)  # what was never written must not be seen
    tables = [[7, 0, 3], [1, 0, 0], [2, 5, 0]]
    contents = []
    for table, length in zip(tables, lengths, strict=True):
        slots = torch.tensor([table[place // PAGE] * PAGE + place % PAGE for place in range(length)])
        contents.append((torch.randn(length, 3, 8), torch.randn(length, 3, 8)))
        ops.write(streams, slots, contents[-1])
    query = torch.randn(3, 6, 8)
    rows = DecodeRows(torch.arange(3), torch.tensor(tables), torch.tensor(lengths))
    output = ops.attend_pages(query, *streams, rows, rule)
    expected = torch.stack([naive(query[row], *contents[row], rule) for row in range(3)])
    assert torch.allclose(output, expected, atol=1e-5)


@pytest.mark.parametrize("window", [None, 4])
@pytest.mark.parametrize("sinks", [False, True])
@pytest.mark.parametrize("past", [0, 5])
def test_attention_over_a_chunk_equals_the_formula(window, sinks, past):
    torch.manual_seed(4)
    rule = AttentionRule(0.3, window, torch.randn(4) if sinks else None)
    query = torch.randn(1, 4, 6, 8)
    keys, values = torch.randn(1, 2, past + 6, 8), torch.randn(1, 2, past + 6, 8)
    output = TorchOps().attend_chunk(query, keys, values, rule)
    for place in range(6):
        seen = past + place + 1
        expected = naive(
            query[0, :, place], keys[0, :, :seen].transpose(0, 1), values[0, :, :seen].transpose(0, 1), rule
        )
        assert torch.allclose(output[0, :, place], expected, atol=1e-5)


def test_latent_attention_weighs_latents_by_both_parts_of_the_key():
    torch.manual_seed(5)
    ops = TorchOps()
    latents = KvStream(4, PAGE, StreamLayout(1, 16, 16), torch.float32, False)
    rotated = KvStream(4, PAGE, StreamLayout(1, 4, 0), torch.float32, False)
    slots = torch.arange(PAGE, PAGE + 6)
    states, rotary = torch.randn(6, 1, 16), torch.randn(6, 1, 4)
    ops.write((latents, rotated), slots, (states, rotary))
    query = torch.randn(1, 3, 20)
    rows = DecodeRows(torch.tensor([0]), torch.tensor([[1, 2]]), torch.tensor([6]))
    output = ops.attend_latents(query, latents, rotated, rows, AttentionRule(0.2))
    expected = naive(query[0], torch.cat([states, rotary], -1), states, AttentionRule(0.2))
    assert torch.allclose(output[0], expected, atol=1e-5)
