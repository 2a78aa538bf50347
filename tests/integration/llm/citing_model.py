"""Trains a small mixture-of-experts model to look a word up, copy what stands there and cite it.

    python tests/integration/llm/citing_model.py

A fixture for measuring what rounding does to answers that depend on attention; no product. A text
holds records `key value value number`; then each key is asked for, and its values and number follow.
"""

import time

import torch
from torch.nn.functional import cross_entropy
from transformers import Qwen3MoeConfig, Qwen3MoeForCausalLM

NUMBERS, KEYS, VALUES = range(1, 9), range(10, 60), range(60, 124)
ASK, END, VOCABULARY = 124, 125, 128
RECORDS, VALUES_EACH = 4, 2
STEPS, BATCH, PEAK_RATE = 420, 32, 4e-3


def examples(count, generator):
    """Return `(count, t)` int64: the records, then each of them asked for and answered, in random order."""

    def draw(domain, size):
        noise = torch.rand(count, len(domain), generator=generator)
        return torch.tensor(domain)[noise.argsort(-1)[:, :size]]

    numbers, keys = draw(NUMBERS, RECORDS), draw(KEYS, RECORDS)
    values = torch.randint(VALUES[0], VALUES[-1] + 1, (count, RECORDS, VALUES_EACH), generator=generator)
    records = torch.cat([keys[:, :, None], values, numbers[:, :, None]], -1)
    order = torch.rand(count, RECORDS, generator=generator).argsort(-1)
    asked = records.gather(1, order[:, :, None].expand_as(records))
    ask, end = torch.full_like(order, ASK)[:, :, None], torch.full_like(order, END)[:, :, None]
    return torch.cat([records.flatten(1), torch.cat([ask, asked, end], -1).flatten(1)], -1)


def answer_mask(tokens):
    """Return which places of `(count, t)` belong to an answer."""
    place = torch.arange(tokens.shape[1]) - RECORDS * (VALUES_EACH + 2)
    return (place >= 0) & (place % (VALUES_EACH + 4) >= 2)


def untrained_model(seed=0):
    torch.manual_seed(seed)
    config = Qwen3MoeConfig(
        vocab_size=VOCABULARY, hidden_size=128, intermediate_size=256, moe_intermediate_size=64,
        num_hidden_layers=2, num_attention_heads=4, num_key_value_heads=2, head_dim=64, num_experts=24,
        num_experts_per_tok=2, max_position_embeddings=256, eos_token_id=END, bos_token_id=None,
        pad_token_id=None, tie_word_embeddings=True, norm_topk_prob=True, initializer_range=0.08,
    )  # fmt: skip
    return Qwen3MoeForCausalLM(config)


def train(steps=STEPS, seed=0, report=lambda step, loss, right: None):
    """Return the trained model; the same weights for the same seed, library and machine."""
    model, generator = untrained_model(seed).train(), torch.Generator().manual_seed(seed)
    optimizer = torch.optim.AdamW(model.parameters(), betas=(0.9, 0.95), weight_decay=0.01)
    for step in range(1, steps + 1):
        for group in optimizer.param_groups:
            group["lr"] = PEAK_RATE * min(step / 40, 1.05 - step / steps)
        tokens = examples(BATCH, generator)
        answers = answer_mask(tokens)
        logits = model(input_ids=tokens[:, :-1], use_cache=False).logits[:, answers[1:]]
        loss = cross_entropy(logits.flatten(0, 1), tokens[:, answers].flatten())
        loss.backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
        optimizer.zero_grad()
        if step % 20 == 0:
            report(
                step, float(loss.detach()), float((logits.argmax(-1) == tokens[:, answers]).float().mean())
            )
    return model.eval()


if __name__ == "__main__":
    torch.set_num_threads(1)
    began = time.monotonic()
    trained = train(
        report=lambda step, loss, right: print(
            f"{time.monotonic() - began:.0f} s: {step} {loss:.3f} {right:.1%}"
        )
    )
    print(f"{sum(parameter.numel() for parameter in trained.parameters()):,} parameters")
