"""Trains a small mixture-of-experts model to look a word up, copy what stands there and cite it.

    python tests/integration/llm/chat/citing_model.py FILE.safetensors [grouped|latent]

A fixture for measuring what rounding does to answers that depend on attention; no product. A text
holds records `key value value number`; then each key is asked for, and its values and number follow.
"""

import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from filelock import FileLock
from safetensors.torch import load_model, save_model
from torch.nn.functional import cross_entropy
from transformers import AutoModelForCausalLM, DeepseekV3Config, Qwen3MoeConfig

NUMBERS, KEYS, VALUES = range(1, 9), range(10, 60), range(60, 124)
ASK, END, VOCABULARY = 124, 125, 128
VALUES_EACH, BATCH, PEAK_RATE = 2, 32, 4e-3
_COMMON = {
    "vocab_size": VOCABULARY, "hidden_size": 128, "intermediate_size": 256, "moe_intermediate_size": 64,
    "num_hidden_layers": 2, "num_attention_heads": 4, "num_experts_per_tok": 2,
    "max_position_embeddings": 256, "eos_token_id": END, "bos_token_id": None, "pad_token_id": None,
    "tie_word_embeddings": True, "norm_topk_prob": True, "initializer_range": 0.08,
}  # fmt: skip


@dataclass(frozen=True)
class Course:
    """A model, and how long it must train over texts of how many records."""

    config: Any
    records: int
    steps: int


COURSES = {
    "grouped": Course(Qwen3MoeConfig(**_COMMON, num_key_value_heads=2, head_dim=64, num_experts=24), 4, 420),
    "latent": Course(
        DeepseekV3Config(
            **_COMMON, num_key_value_heads=4, kv_lora_rank=128, q_lora_rank=None, qk_nope_head_dim=32,
            qk_rope_head_dim=32, v_head_dim=64, n_routed_experts=8, n_shared_experts=1, n_group=1,
            topk_group=1, first_k_dense_replace=1, routed_scaling_factor=1.0,
        ),
        2,
        1800,
    ),
}  # fmt: skip


def examples(count, generator, records=4):
    """Return `(count, t)` int64: the records, then each of them asked for and answered, in random order."""

    def draw(domain, size):
        noise = torch.rand(count, len(domain), generator=generator)
        return torch.tensor(domain)[noise.argsort(-1)[:, :size]]

    numbers, keys = draw(NUMBERS, records), draw(KEYS, records)
    values = torch.randint(VALUES[0], VALUES[-1] + 1, (count, records, VALUES_EACH), generator=generator)
    texts = torch.cat([keys[:, :, None], values, numbers[:, :, None]], -1)
    order = torch.rand(count, records, generator=generator).argsort(-1)
    asked = texts.gather(1, order[:, :, None].expand_as(texts))
    ask, end = torch.full_like(order, ASK)[:, :, None], torch.full_like(order, END)[:, :, None]
    return torch.cat([texts.flatten(1), torch.cat([ask, asked, end], -1).flatten(1)], -1)


def answer_mask(tokens, records=4):
    """Return which places of `(count, t)` belong to an answer."""
    place = torch.arange(tokens.shape[1]) - records * (VALUES_EACH + 2)
    return (place >= 0) & (place % (VALUES_EACH + 4) >= 2)


def train(course, seed=0):
    """Return the trained model; the same weights for the same seed, library and machine."""
    torch.manual_seed(seed)
    model, generator = (
        AutoModelForCausalLM.from_config(course.config).train(),
        torch.Generator().manual_seed(seed),
    )
    optimizer = torch.optim.AdamW(model.parameters(), betas=(0.9, 0.95), weight_decay=0.01)
    for step in range(1, course.steps + 1):
        for group in optimizer.param_groups:
            group["lr"] = PEAK_RATE * min(step / 40, 1.05 - step / course.steps)
        tokens = examples(BATCH, generator, course.records)
        answers = answer_mask(tokens, course.records)
        logits = model(input_ids=tokens[:, :-1], use_cache=False).logits[:, answers[1:]]
        loss = cross_entropy(logits.flatten(0, 1), tokens[:, answers].flatten())
        loss.backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
        optimizer.zero_grad()
    return model.eval()


def load(file, course):
    """Return the model whose weights the script saved."""
    model = AutoModelForCausalLM.from_config(course.config).eval()
    load_model(model, file)
    return model


def make(file, course):
    """Train and save a model, unless another process did or is at it; a file that is there is whole."""
    with FileLock(f"{file}.lock"):
        if not file.exists():
            part = file.with_suffix(".part")
            save_model(train(course), part)
            part.replace(file)


if __name__ == "__main__":
    torch.set_num_threads(1)
    make(Path(sys.argv[1]), COURSES[sys.argv[2] if len(sys.argv) > 2 else "grouped"])
