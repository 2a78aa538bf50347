"""Greedy answers in float32 equal transformers' `generate` token for token, however they are batched."""

from functools import cache

import pytest
import torch
from integration.llm.tiny_models import ARCHITECTURES, random_prompts, tiny_model

from core.settings import EngineSettings
from llm.engine.build import build_engine
from llm.engine.request import GenerationRequest, Sampling
from llm.engine.scheduling.sequence import Sequence

NEW_TOKENS = 10
PROMPTS = random_prompts(6, shared=20)
WAYS = {
    "alone": {"max_sequences": 1},
    "mixed": {},
    "chunked": {"max_step_tokens": 8},
    "prefix hit": {},
    "preempted": {"pages": 14, "share_prefixes": False},
}


@cache
def model_and_reference(name):
    model = tiny_model(name)
    answers = []
    for prompt in PROMPTS:
        tokens = torch.tensor([prompt])
        output = model.generate(
            tokens, attention_mask=torch.ones_like(tokens), max_new_tokens=NEW_TOKENS, do_sample=False
        )
        answers.append(output[0, len(prompt) :].tolist())
    return model, answers


def engine_for(model, ops=None, **changes):
    values = {"page_tokens": 8, "pages": 128, "max_step_tokens": 64, "max_sequences": 8}
    return build_engine(model, EngineSettings(**(values | changes)), ops)


def answer_all(engine, prompts, sampling=None, turn=0):
    """Return each prompt's tokens and usage."""
    sampling = sampling or Sampling(max_tokens=NEW_TOKENS)
    for number, prompt in enumerate(prompts):
        request = GenerationRequest(prompt=tuple(prompt), sampling=sampling)
        engine.scheduler.add(Sequence(number, request, float(turn + number)))
    answers: list[list[int]] = [[] for _ in prompts]
    usage = [None for _ in prompts]
    while engine.scheduler.sequences:
        for event in engine.step(0.0):
            answers[event.number] += event.delta.tokens
            if event.finish:
                assert not event.finish.message
                usage[event.number] = event.finish.usage
    return answers, usage


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("name", ARCHITECTURES)
def test_engine_equals_generate(name, way):
    model, reference = model_and_reference(name)
    engine = engine_for(model, **WAYS[way])
    answers, usage = answer_all(engine, PROMPTS)
    if way == "prefix hit":
        answers, usage = answer_all(engine, PROMPTS)
        assert all(one.cached_tokens >= 16 for one in usage)
    if way == "preempted":
        assert engine.scheduler.preemptions > 0
    assert answers == reference
    assert engine.pool.num_held == 0


def test_the_references_differ_so_that_a_mixed_up_answer_shows():
    _, reference = model_and_reference("qwen3_moe")
    assert len({tuple(answer) for answer in reference}) == len(PROMPTS)


def test_sampled_answers_do_not_depend_on_batch_mates():
    model, _ = model_and_reference("qwen3_moe")
    sampling = Sampling(max_tokens=NEW_TOKENS, temperature=1.0, top_p=0.95, seed=7)
    together, _ = answer_all(engine_for(model), PROMPTS, sampling)
    alone, _ = answer_all(engine_for(model, max_sequences=1), PROMPTS, sampling)
    assert together == alone
