import math
from dataclasses import replace

import pytest
import torch

from core.errors import RequestInvalidError
from llm.engine.model.sampler import sample, uniform
from llm.engine.request import GenerationRequest, Sampling
from llm.engine.scheduling.sequence import Sequence

LOGITS = torch.tensor([0.0, 2.0, 1.0, -1.0, 0.5])


class Only:
    """A grammar that allows fixed tokens."""

    finished = False

    def __init__(self, *tokens):
        self.mask = bytes([sum(1 << token for token in tokens)])

    def allowed(self):
        return self.mask

    def accept(self, token):
        pass


def of(sampling, prompt=(1,), matcher=None):
    return Sequence(0, GenerationRequest(prompt=prompt, sampling=sampling), 0.0, matcher)


def frequencies(sampling, draws=4000):
    logits = LOGITS.expand(draws, -1)
    sequences = [of(replace(sampling, seed=seed)) for seed in range(draws)]
    counts = torch.bincount(torch.tensor([one.token for one in sample(logits, sequences)]), minlength=5)
    return counts / draws


def test_temperature_zero_chooses_the_likeliest_token():
    assert [one.token for one in sample(LOGITS[None], [of(Sampling())])] == [1]


@pytest.mark.parametrize("temperature", [0.5, 1.0, 2.0])
def test_draws_follow_the_distribution(temperature):
    expected = (LOGITS / temperature).softmax(-1)
    assert torch.allclose(frequencies(Sampling(temperature=temperature)), expected, atol=0.03)


@pytest.mark.parametrize(
    ("filters", "kept"),
    [
        ({"top_k": 2}, [1, 2]),
        ({"top_p": 0.5}, [1]),
        ({"top_p": 0.75}, [1, 2]),
        ({"min_p": 0.3}, [1, 2]),
        ({"top_k": 3, "top_p": 0.99}, [1, 2, 4]),
    ],
)
def test_filters_keep_the_right_tokens(filters, kept):
    expected = torch.zeros(5)
    expected[kept] = LOGITS[kept].softmax(-1)
    assert torch.allclose(frequencies(Sampling(temperature=1.0, **filters)), expected, atol=0.03)


def test_a_draw_depends_on_seed_and_position_only():
    sampling = Sampling(temperature=1.0, seed=5)
    mates = [of(Sampling()), of(sampling), of(Sampling(temperature=2.0, top_k=2))]
    logits = torch.stack([LOGITS.flip(0), LOGITS, LOGITS * 2])
    assert sample(logits, mates)[1].token == sample(LOGITS[None], [of(sampling)])[0].token


def test_uniform_is_uniform_and_differs_by_seed_and_position():
    draws = [uniform(seed, place) for seed in range(60) for place in range(60)]
    assert len(set(draws)) == len(draws)
    assert all(0 <= draw < 1 for draw in draws)
    assert abs(sum(draws) / len(draws) - 0.5) < 0.02


def test_penalties_lower_tokens_that_occurred():
    logits = torch.tensor([[3.0, 2.9, -1.0]])
    assert sample(logits, [of(Sampling(repetition_penalty=1.5), prompt=(0,))])[0].token == 1
    said = of(Sampling(presence_penalty=0.5), prompt=(2,))
    said.tokens.append(0)
    assert sample(logits, [said])[0].token == 1
    assert sample(logits, [of(Sampling(presence_penalty=0.5), prompt=(0,))])[0].token == 0


def test_frequency_penalty_counts_the_answer_without_the_prompt():
    said = of(Sampling(frequency_penalty=0.1), prompt=(0, 0, 0))
    said.tokens += [0]
    logits = torch.tensor([[3.0, 2.85]])
    assert sample(logits, [said])[0].token == 0
    said.tokens += [0]
    assert sample(logits, [said])[0].token == 1


def test_grammar_forbids_tokens_also_beyond_its_mask():
    assert sample(LOGITS[None], [of(Sampling(), matcher=Only(3, 4))])[0].token == 4
    wide = torch.cat([LOGITS, torch.full((20,), 9.0)])[None]
    assert sample(wide, [of(Sampling(), matcher=Only(2))])[0].token == 2


def test_grammar_without_an_allowed_token_is_an_error_of_its_row():
    samples = sample(LOGITS.expand(2, -1), [of(Sampling(temperature=1.0), matcher=Only()), of(Sampling())])
    assert samples[0].error == "the grammar allows no token"
    assert (samples[1].token, samples[1].error) == (1, "")


@pytest.mark.parametrize("bad", [float("nan"), float("inf"), float("-inf")])
def test_logits_that_are_not_finite_are_an_error_of_their_row(bad):
    logits = torch.stack([LOGITS, LOGITS])
    logits[0, 2] = bad
    samples = sample(logits, [of(Sampling(temperature=1.0)), of(Sampling())])
    assert "not finite" in samples[0].error
    assert samples[1].token == 1


def test_logprobs_are_the_models_own_with_any_filters():
    (one,) = sample(LOGITS[None], [of(Sampling(logprobs=2, temperature=0.1, top_k=1))])
    expected = LOGITS.log_softmax(-1)
    assert one.logprob is not None
    assert one.logprob.token == 1
    assert one.logprob.logprob == pytest.approx(float(expected[1]))
    assert [token for token, _ in one.logprob.top] == [1, 2]
    assert sum(math.exp(value) for _, value in one.logprob.top) < 1


@pytest.mark.parametrize(
    ("steering", "chosen"),
    [
        ({"sampling": Sampling(logprobs=2), "matcher": Only(3, 4)}, 4),
        ({"sampling": Sampling(logprobs=2, repetition_penalty=9.0), "prompt": (1,)}, 2),
    ],
)
def test_logprobs_are_read_before_grammar_and_penalties_steer(steering, chosen):
    (one,) = sample(LOGITS[None], [of(**steering)])
    expected = LOGITS.log_softmax(-1)
    assert one.logprob is not None
    assert (one.token, one.logprob.token) == (chosen, chosen)
    assert one.logprob.logprob == pytest.approx(float(expected[chosen]))
    assert [token for token, _ in one.logprob.top] == [1, 2]
    assert [value for _, value in one.logprob.top] == pytest.approx(expected[[1, 2]].tolist())


@pytest.mark.parametrize(
    "wish",
    [
        {"temperature": math.nan}, {"temperature": math.inf}, {"temperature": -1}, {"top_p": 0.0},
        {"top_p": 1.5}, {"min_p": -0.1}, {"top_k": -1}, {"max_tokens": 0}, {"repetition_penalty": 0.0},
        {"stop": ("",)}, {"logprobs": 1000}, {"presence_penalty": math.nan},
    ],
)  # fmt: skip
def test_invalid_sampling_is_refused(wish):
    with pytest.raises(RequestInvalidError):
        Sampling(**wish)


def test_an_empty_prompt_is_refused():
    with pytest.raises(RequestInvalidError):
        GenerationRequest(prompt=())
