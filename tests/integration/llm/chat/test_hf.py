"""The fallback: what the engine refuses is answered by plain `generate`."""

import threading

import pytest
import torch
from integration.llm.tiny_models import tiny_model
from integration.llm.tiny_tokenizer import tiny_tokenizer
from transformers import AutoModelForCausalLM, GraniteMoeHybridConfig

from core.errors import (
    DeadlineExceededError,
    EngineClosedError,
    RequestInvalidError,
    RequestTooLongError,
    UnsupportedModelError,
)
from core.settings import EngineSettings, HfSettings
from llm.chat.hf import HfChat, open_hf
from llm.engine.loader import open_engine
from llm.engine.request import Delta, Finish, FinishReason, Guide, GuideKind, Sampling
from llm.engine.text.conversation import ChatRequest, Message
from llm.engine.text.tokens import TokenCodec

TOKENIZER = tiny_tokenizer()


@pytest.fixture(scope="module")
def model():
    model = tiny_model("qwen3_moe", vocab_size=len(TOKENIZER), eos_token_id=0)
    model.generation_config.eos_token_id = 0
    return model


@pytest.fixture
def chat(model):
    chat = HfChat("tiny", model, TokenCodec(TOKENIZER), HfSettings())
    yield chat
    chat.close()
    assert not chat._thread.is_alive()


def ask(text="Why?", **changes):
    sampling = changes.pop("sampling", Sampling(max_tokens=12))
    return ChatRequest(messages=(Message("user", text),), sampling=sampling, **changes)


def said(chat, request):
    *deltas, finish = chat.stream(request)
    return (
        "".join(delta.text for delta in deltas),
        [token for delta in deltas for token in delta.tokens],
        finish,
    )


def test_an_answer_is_what_generate_says(chat, model):
    prompt = TokenCodec(TOKENIZER).encode_chat(ask().messages)
    tokens = torch.tensor([prompt])
    expected = model.generate(
        tokens, attention_mask=torch.ones_like(tokens), max_new_tokens=12, do_sample=False, pad_token_id=0
    )[0, len(prompt) :].tolist()
    text, answer, finish = said(chat, ask())
    assert answer == expected
    assert text == TOKENIZER.decode([token for token in expected if token != 0])
    assert finish.usage.prompt_tokens == len(prompt)


def test_a_batch_gives_each_its_own_length(chat):
    alone = {n: said(chat, ask(f"Why {n}?", sampling=Sampling(max_tokens=n)))[1] for n in (2, 5, 9)}
    together = {}

    def one(n):
        together[n] = said(chat, ask(f"Why {n}?", sampling=Sampling(max_tokens=n)))[1]

    threads = [threading.Thread(target=one, args=(n,)) for n in alone]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert together == alone


def test_equal_seeds_give_equal_answers(chat):
    answers = [
        said(chat, ask(sampling=Sampling(max_tokens=12, temperature=1.0, seed=seed)))[1] for seed in (1, 1, 2)
    ]
    assert answers[0] == answers[1] != answers[2]


def test_stop_strings_end_the_text(chat):
    whole, _, _ = said(chat, ask())
    text, _, finish = said(chat, ask(sampling=Sampling(max_tokens=12, stop=(whole[3:5],))))
    assert text == whole[: whole.index(whole[3:5])]
    assert finish.reason is FinishReason.STOP


def test_what_generate_cannot_do_is_refused(chat):
    with pytest.raises(RequestInvalidError):
        said(chat, ask(guide=Guide(GuideKind.REGEX, "a")))
    with pytest.raises(RequestTooLongError):
        said(chat, ask(sampling=Sampling(max_tokens=10**6)))
    with pytest.raises(DeadlineExceededError):
        said(chat, ask(timeout_seconds=0.0, sampling=Sampling(max_tokens=200)))


def test_a_closed_fallback_says_so(model):
    chat = HfChat("tiny", model, TokenCodec(TOKENIZER), HfSettings())
    chat.close()
    with pytest.raises(EngineClosedError):
        said(chat, ask())


def test_a_hybrid_model_is_refused_by_the_engine_and_answered_by_the_fallback(tmp_path):
    config = GraniteMoeHybridConfig(
        vocab_size=len(TOKENIZER), hidden_size=32, intermediate_size=32, shared_intermediate_size=32,
        num_hidden_layers=2, layer_types=["mamba", "attention"], num_attention_heads=4, num_key_value_heads=2,
        num_local_experts=4, num_experts_per_tok=2, mamba_n_heads=8, mamba_d_head=8, mamba_d_state=8,
        mamba_expand=2, mamba_n_groups=1, max_position_embeddings=512, eos_token_id=0, pad_token_id=0,
    )  # fmt: skip
    torch.manual_seed(0)
    AutoModelForCausalLM.from_config(config).save_pretrained(tmp_path)
    TOKENIZER.save_pretrained(tmp_path)
    with pytest.raises(UnsupportedModelError, match="use the `hf` back end"):
        open_engine(tmp_path, EngineSettings())
    chat = open_hf(tmp_path, HfSettings())
    *deltas, finish = chat.stream(ask())
    assert all(isinstance(delta, Delta) for delta in deltas)
    assert isinstance(finish, Finish)
    assert finish.usage.completion_tokens > 0
    chat.close()
