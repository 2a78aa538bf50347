"""Recorded decoding steps, with a recorder that repeats on the CPU what a CUDA graph repeats on a GPU."""

from dataclasses import replace
from itertools import pairwise

import pytest
import torch
from integration.llm.engine.test_parity import PROMPTS, answer_all, model_and_reference
from integration.llm.tiny_models import tiny_model
from torch.nn.functional import pad

from core.errors import ModelError
from core.settings import EngineSettings
from llm.engine.build import build_engine, prepare
from llm.engine.model.graphs import RecordedForward, bucket_sizes
from llm.engine.request import GenerationRequest, Sampling
from llm.engine.scheduling.plan import Plan, Row
from llm.engine.scheduling.sequence import Sequence
from llm.engine.seams.choice import choose_seams
from llm.engine.tensors.batch import pack

SETTINGS = EngineSettings(page_tokens=8, pages=128, max_step_tokens=64, max_sequences=6)


class Tape:
    """Repeats a computation into the memory of its first run, and counts. Poisons that memory in between."""

    def __init__(self):
        self.recorded, self.replayed = [], []

    def record(self, compute):
        output = compute()
        rows = len(output)
        self.recorded.append(rows)

        def replay():
            self.replayed.append(rows)
            output.fill_(float("nan"))
            return output.copy_(compute())

        return replay


@pytest.mark.parametrize("most", [1, 2, 3, 6, 8, 256])
def test_sizes_grow_by_two_up_to_the_largest_batch(most):
    sizes = bucket_sizes(most)
    assert sizes[0] == 1
    assert sizes[-1] == most
    assert all(small < large <= 2 * small for small, large in pairwise(sizes))


@pytest.mark.parametrize("kv_dtype", ["model", "int8"])
@pytest.mark.parametrize("name", ["qwen3_moe", "gpt_oss", "deepseek_v2"])
def test_answers_by_recorded_steps_are_the_same(name, kv_dtype):
    model, reference = model_and_reference(name)
    settings = SETTINGS.model_copy(update={"kv_dtype": kv_dtype})
    tape = Tape()
    engine = build_engine(model, settings, recorder=tape)
    assert tape.recorded == [6, 4, 2, 1], "the largest first, whose memory the others fit into"
    answers, _ = answer_all(engine, PROMPTS)
    plain, _ = answer_all(build_engine(model, settings), PROMPTS)
    assert answers == (reference if kv_dtype == "model" else plain)
    assert set(tape.replayed) >= {6}
    assert engine.pool.num_held == 0


def test_a_batch_takes_the_next_larger_recording():
    model, reference = model_and_reference("qwen3_moe")
    tape = Tape()
    engine = build_engine(model, SETTINGS, recorder=tape)
    for number, (prompt, tokens) in enumerate(zip(PROMPTS[:3], (5, 7, 10), strict=True)):
        request = GenerationRequest(prompt=tuple(prompt), sampling=Sampling(max_tokens=tokens))
        engine.scheduler.add(Sequence(number, request, float(number)))
    answers: list[list[int]] = [[], [], []]
    while engine.scheduler.sequences:
        for event in engine.step(0.0):
            answers[event.number] += event.delta.tokens
    assert answers == [answer[:tokens] for answer, tokens in zip(reference, (5, 7, 10), strict=False)]
    assert set(tape.replayed) == {4, 2, 1}
    assert tape.replayed == sorted(tape.replayed, reverse=True)


def decoding(lengths, page_tokens=8):
    rows, page = [], 1
    for number, length in enumerate(lengths):
        sequence = Sequence(number, GenerationRequest(prompt=tuple(range(1, length + 1))), 0.0)
        count = -(-length // page_tokens)
        sequence.pages = list(range(page, page + count))
        page += count
        rows.append(Row(sequence, length - 1, length))
    return pack(Plan(tuple(rows)), page_tokens, torch.device("cpu"))


class Probe:
    """A forward pass that only says what it was given, as numbers that depend on each of them."""

    def __init__(self):
        self.batches = []

    def __call__(self, batch):
        self.batches.append(batch)
        first = batch.decode.pages[:, 0] if batch.decode else batch.slots
        numbers = torch.stack(
            [batch.tokens[0], batch.positions[0], batch.slots, batch.decode.lengths, first], 1
        )
        return numbers.float()


def test_inputs_are_copied_to_the_recording_and_padding_touches_no_sequences_page():
    probe = Probe()
    recorded = RecordedForward(probe, Tape(), most_rows=8, most_pages=4, page_tokens=8)
    recorded.record(trash_page=99, device=torch.device("cpu"))
    addresses = {len(one.slots): one.slots.data_ptr() for one in probe.batches}
    assert len(set(addresses.values())) == 1
    for lengths in ([9, 3, 17, 30, 2], [5], [6, 31, 8]):
        batch = decoding(lengths)
        found = recorded(batch)
        assert torch.equal(found, Probe()(batch))
        seen = probe.batches[-1]
        padding = slice(len(lengths), None)
        assert len(seen.slots) == min(size for size in (1, 2, 4, 8) if size >= len(lengths))
        assert seen.slots.data_ptr() == addresses[len(seen.slots)]
        assert set(seen.slots[padding].tolist()) <= {99 * 8}
        assert set(seen.decode.pages[padding, 0].tolist()) <= {99}
        assert set(seen.decode.lengths[padding].tolist()) <= {1}


def test_a_replay_computes_bit_by_bit_what_its_batch_computes():
    model = tiny_model("qwen3_moe")
    forward, num_pages = prepare(model, SETTINGS, choose_seams("torch", model.device))
    recorded = RecordedForward(forward, Tape(), most_rows=4, most_pages=8, page_tokens=8)
    recorded.record(num_pages, torch.device("cpu"))
    batch = decoding([9, 3, 17, 30])
    wide = replace(batch, decode=replace(batch.decode, pages=pad(batch.decode.pages, (0, 4))))
    found = recorded(batch).clone()
    assert torch.equal(found, forward(wide))
    assert not torch.equal(found, recorded(replace(batch, tokens=batch.tokens + 1)))
    assert torch.equal(found, recorded(batch)), "no value of the batch between is left"


def test_prompts_and_rows_without_samples_are_computed_too():
    model, reference = model_and_reference("qwen3_moe")
    settings = SETTINGS.model_copy(update={"max_step_tokens": 7})
    answers, _ = answer_all(build_engine(model, settings, recorder=Tape()), PROMPTS)
    assert answers == reference


class Refusing:
    def record(self, compute):
        raise RuntimeError("operation not permitted when stream is capturing")


def test_steps_that_cannot_be_recorded_are_an_error_that_says_what_to_do():
    with pytest.raises(ModelError, match=r"llm\.engine\.graphs"):
        build_engine(tiny_model("qwen3_moe"), SETTINGS, recorder=Refusing())
