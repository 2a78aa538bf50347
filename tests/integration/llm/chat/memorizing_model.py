"""Trains a small mixture-of-experts model that knows a few answers by heart.

It has learned nothing else: with it everything around a model can be shown on a real one, a true
answer, a false one, a refusal and one that does not end. No product.
"""

import torch
from integration.llm.tiny_tokenizer import tiny_tokenizer
from torch.nn.functional import cross_entropy
from transformers import Qwen3MoeConfig, Qwen3MoeForCausalLM

from llm.engine.text.tokens import TokenCodec

STEPS, PEAK_RATE = 60, 5e-3


def learn_by_heart(folder, lessons, endless=()):
    """Save a model to `folder` that answers each conversation in `lessons` with its text.

    After an answer that is `endless` it has not learned to stop.
    """
    tokenizer = tiny_tokenizer(
        [message.content for messages, _ in lessons for message in messages] + [text for _, text in lessons],
        vocabulary=800,
    )
    codec = TokenCodec(tokenizer)
    spoken = [tokenizer.backend_tokenizer.encode(text, add_special_tokens=False).ids for _, text in lessons]
    rows = [
        (codec.encode_chat(messages), answer if text in endless else [*answer, tokenizer.eos_token_id])
        for (messages, text), answer in zip(lessons, spoken, strict=True)
    ]
    model = _untrained(len(tokenizer), tokenizer.eos_token_id).train()
    optimizer = torch.optim.AdamW(model.parameters(), lr=PEAK_RATE)
    for step in range(STEPS):
        for group in optimizer.param_groups:
            group["lr"] = PEAK_RATE * min((step + 1) / 10, 1 - step / STEPS)
        loss = sum(_loss(model, list(prompt), answer) for prompt, answer in rows) / len(rows)
        loss.backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
        optimizer.zero_grad()
    model.eval().save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    return float(loss.detach())


def _loss(model, prompt, answer):
    tokens = torch.tensor([prompt + answer])
    logits = model(input_ids=tokens[:, :-1], use_cache=False, logits_to_keep=len(answer)).logits
    return cross_entropy(logits[0], tokens[0, -len(answer) :])


def _untrained(vocabulary, end):
    torch.manual_seed(0)
    config = Qwen3MoeConfig(
        vocab_size=vocabulary, hidden_size=64, intermediate_size=128, moe_intermediate_size=48,
        num_hidden_layers=2, num_attention_heads=4, num_key_value_heads=2, head_dim=32, num_experts=8,
        num_experts_per_tok=2, max_position_embeddings=4096, eos_token_id=end, bos_token_id=None,
        pad_token_id=None, tie_word_embeddings=True, initializer_range=0.08,
    )  # fmt: skip
    return Qwen3MoeForCausalLM(config)
